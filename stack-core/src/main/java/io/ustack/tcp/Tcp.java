package io.ustack.tcp;

import io.ustack.buffer.MemoryBudget;
import io.ustack.buffer.MemoryPressure;
import io.ustack.buffer.Packet;
import io.ustack.buffer.SipHash;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Output;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.PathMtuObserver;
import io.ustack.ipv4.PortAllocator;
import io.ustack.ipv4.PortSharing;
import io.ustack.ipv4.TransportProtocol;
import io.ustack.link.ReadyList;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.tcp.congestion.CongestionControls;
import io.ustack.time.TimerWheel;
import org.jspecify.annotations.Nullable;

/**
 * TCP of one shard: takes segments from IPv4 and finds their connection or listener; opens, listens
 * and binds for the socket engine. Stack thread only.
 */
public final class Tcp implements TransportProtocol {
  /** RFC 9293 3.7.1 (MUST-15): the MSS of a peer that names none. */
  static final int DEFAULT_MSS = 536;

  /** Linux TCP_MIN_SND_MSS: a smaller MSS is a peer that wants us to work (CVE-2019-11479). */
  static final int MIN_MSS = 48;

  // Uses of the secret beside ports and the table.
  private static final int SYN_COOKIES = 0;
  private static final int FAST_OPEN = 2;
  private static final int LISTENERS = 6;

  private final TcpConfig config;
  private final Ipv4Output ipv4;
  private final ReadyList readyList;
  private final Counters counters;
  private final IsnSource isnSource;
  private final long startNs;
  private final PortAllocator portAllocator;
  private final SegmentWriter writer;
  private final Handshake handshake = new Handshake(this);
  private final CongestionControls congestionControls;
  private final SpareTimers spareTimers;
  private final SegmentArrival arrival = new SegmentArrival(this);
  private final ActiveOpen activeOpen;
  private final PassiveOpen passiveOpen;
  private final FastOpenCache fastOpenCache;
  private final KeepAlive keepAlive = new KeepAlive(this);
  private final PathMtu pathMtu = new PathMtu(this);
  private final Emission emission = new Emission(this, pathMtu);
  private final ConnectionTable connections;
  private final LookAhead lookAhead;
  private final TcpPorts ports = new TcpPorts();
  private final ListenerTable listeners;
  private final TcpSegment segment = new TcpSegment();
  private final TcpOptions options = new TcpOptions();
  private final PortAllocator.PortsInUse portsInUse = this::isPortInUse;

  final ConnectionOptions connectionOptions = new ConnectionOptions(this);
  final ReceiverParts receiverParts;
  final SenderParts senderParts;
  final SpareHalves spareHalves = new SpareHalves(this);
  final MemoryPressure pressure;
  final ClosedConnections closedConnections;
  private Failure lastFailure = Failure.NONE;

  /**
   * TCP over {@code ipv4}.
   *
   * @param pressure on what all buffers share
   * @param secret0 and {@code secret1}: 128 secret bits, for ports and the connection table
   * @param startNs now, from which timestamps count
   */
  public Tcp(
      final TcpConfig config,
      final Ipv4Output ipv4,
      final ReadyList readyList,
      final TimerWheel wheel,
      final MemoryPressure pressure,
      final Counters counters,
      final IsnSource isnSource,
      final long secret0,
      final long secret1,
      final long startNs) {
    RareParts.load();
    this.config = config;
    this.ipv4 = ipv4;
    this.readyList = readyList;
    spareTimers = new SpareTimers(wheel);
    this.counters = counters;
    this.isnSource = isnSource;
    this.startNs = startNs;
    portAllocator = new PortAllocator(secret0, secret1, ipv4.flows());
    writer = new SegmentWriter(counters);
    receiverParts = new ReceiverParts(counters);
    senderParts = new SenderParts(counters);
    congestionControls = CongestionControls.load(new ControlFailures(counters));
    congestionControls.require(config.congestionControl());
    this.pressure = pressure;
    closedConnections = new ClosedConnections(config, counters);
    activeOpen = new ActiveOpen(this, ipv4.flows());
    passiveOpen =
        new PassiveOpen(
            this,
            new SynCookies(
                subkey(secret0, secret1, SYN_COOKIES),
                subkey(secret0, secret1, SYN_COOKIES + 1),
                startNs),
            new FastOpenCookies(
                subkey(secret0, secret1, FAST_OPEN),
                subkey(secret0, secret1, FAST_OPEN + 1),
                startNs));
    fastOpenCache =
        new FastOpenCache(
            subkey(secret0, secret1, FAST_OPEN + 2), subkey(secret0, secret1, FAST_OPEN + 3));
    listeners =
        new ListenerTable(
            subkey(secret0, secret1, LISTENERS), subkey(secret0, secret1, LISTENERS + 1));
    connections = new ConnectionTable(secret0 ^ Long.rotateLeft(secret1, 32));
    lookAhead = new LookAhead(connections, LookAhead.MANY_CONNECTIONS);
  }

  private static long subkey(final long secret0, final long secret1, final int use) {
    return SipHash.hash(secret0, secret1, use);
  }

  /** The defaults of this stack. */
  public TcpConfig config() {
    return config;
  }

  /** The algorithms that {@link TcpConfig#congestionControl} may name. */
  public CongestionControls congestionControls() {
    return congestionControls;
  }

  Counters counters() {
    return counters;
  }

  ReadyList readyList() {
    return readyList;
  }

  Handshake handshake() {
    return handshake;
  }

  SpareTimers spareTimers() {
    return spareTimers;
  }

  SegmentArrival arrival() {
    return arrival;
  }

  Emission emission() {
    return emission;
  }

  KeepAlive keepAlive() {
    return keepAlive;
  }

  SegmentWriter writer() {
    return writer;
  }

  /** Connections in whatever state, TIME_WAIT included. */
  public int connections() {
    return connections.count();
  }

  /** Why the last {@link #bind}, {@link #listen} or {@link #connect} on this stack gave null. */
  public Failure lastFailure() {
    return lastFailure;
  }

  MemoryBudget memory() {
    return pressure.memory();
  }

  /** Bytes that the buffers of all connections hold; any thread. */
  public long bufferBytes() {
    return memory().used();
  }

  FastOpenCache fastOpenCache() {
    return fastOpenCache;
  }

  /** For who knows which connections come next; stack thread. */
  public LookAhead lookAhead() {
    return lookAhead;
  }

  ConnectionTable connectionTable() {
    return connections;
  }

  // ---- For the socket engine

  /**
   * bind(2).
   *
   * <p>DEVIATION: Linux, a stream bound to a broadcast or multicast address: refused, since no
   * connection can come of it.
   *
   * @param address one of this stack's, or 0 for all
   * @param port 0 for an ephemeral one
   * @param sharing SO_REUSEADDR and SO_REUSEPORT
   * @return null when the address is not ours or the port is taken: see {@link #lastFailure()}
   */
  public @Nullable TcpBinding bind(final int address, final int port, final PortSharing sharing) {
    if (address != 0 && !ipv4.local().isLocal(address)) {
      return failBinding(Failure.ADDRESS_NOT_AVAILABLE);
    }
    final int chosen = port == 0 ? portAllocator.allocate(address, portsInUse) : port;
    final TcpBinding binding =
        chosen == 0 || ports.isHeldByConnection(address, chosen, sharing)
            ? null
            : ports.bind(address, chosen, sharing);
    return binding == null ? failBinding(Failure.ADDRESS_IN_USE) : binding;
  }

  /** The same with an ephemeral port to which the answers of a peer come back. */
  public @Nullable TcpBinding bind(
      final int address, final int remoteAddress, final int remotePort, final PortSharing sharing) {
    final int port = portAllocator.allocate(address, remoteAddress, remotePort, portsInUse);
    return port == 0 ? failBinding(Failure.PORTS_EXHAUSTED) : bind(address, port, sharing);
  }

  /** The same with or without SO_REUSEADDR. */
  public @Nullable TcpBinding bind(final int address, final int port, final boolean reuseAddress) {
    return bind(address, port, PortSharing.of(reuseAddress, false));
  }

  private @Nullable TcpBinding failBinding(final Failure failure) {
    lastFailure = failure;
    return null;
  }

  /**
   * listen(2), the passive open of RFC 9293 3.10.1. The binding stays with the caller.
   *
   * @param backlog how many established connections may wait for accept, as Linux counts
   * @param listenConfig of the connections that come in
   * @param observer told READABLE for each connection that can be accepted
   * @return null when another socket listens there: ADDRESS_IN_USE
   */
  public @Nullable TcpListener listen(
      final TcpBinding binding,
      final int backlog,
      final TcpConfig listenConfig,
      final ReadinessObserver observer) {
    if (ports.hasOtherListener(binding)) {
      lastFailure = Failure.ADDRESS_IN_USE;
      return null;
    }
    congestionControls.require(listenConfig.congestionControl());
    final TcpListener listener = new TcpListener(this, binding, backlog, listenConfig, observer);
    binding.listening = true;
    listeners.add(listener);
    return listener;
  }

  /**
   * connect(2), the active open of RFC 9293 3.10.1. The SYN leaves at the next emission; the
   * observer hears WRITABLE or FAILED.
   *
   * @param binding where the socket is bound, or null to choose address and port; the connection
   *     owns it from here on
   * @return null at once without route, port or room: see {@link #lastFailure()}
   */
  public @Nullable TcpConnection connect(
      final @Nullable TcpBinding binding,
      final int remoteAddress,
      final int remotePort,
      final TcpConfig connectConfig,
      final ReadinessObserver observer,
      final long nowNs) {
    return activeOpen.open(
        binding, remoteAddress, remotePort, connectConfig, observer, /* fast= */ false, nowNs);
  }

  /**
   * The same with fast open (RFC 7413; Linux TCP_FASTOPEN_CONNECT). When we have a cookie of the
   * remote host, the SYN waits for the first data and brings it ({@link
   * TcpConnection#isSynDeferred}); else it leaves at once and asks for a cookie. Only for data that
   * may arrive twice: a SYN can be repeated by the network (RFC 7413 2.1).
   */
  public @Nullable TcpConnection connectFast(
      final @Nullable TcpBinding binding,
      final int remoteAddress,
      final int remotePort,
      final TcpConfig connectConfig,
      final ReadinessObserver observer,
      final long nowNs) {
    return activeOpen.open(
        binding, remoteAddress, remotePort, connectConfig, observer, /* fast= */ true, nowNs);
  }

  /** Why the call that gives null now does so. */
  void lastFailure(final Failure failure) {
    lastFailure = failure;
  }

  private boolean isPortInUse(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    return ports.isBound(localPort) || ports.hasConnections(localPort);
  }

  /** A port for a connection between these; 0 when there is none. */
  int ephemeralPort(
      final int localAddress,
      final int remoteAddress,
      final int remotePort,
      final PortAllocator.PortsInUse inUse) {
    return portAllocator.allocate(localAddress, remoteAddress, remotePort, inUse);
  }

  TcpPorts ports() {
    return ports;
  }

  // ---- Input

  @Override
  public int protocol() {
    return TcpHeader.PROTOCOL;
  }

  @Override
  public void input(
      final Packet packet, final int source, final int destination, final long nowNs) {
    counters.add(Counter.TCP_SEGMENTS_IN, packet.segments());
    final DropReason reason = validate(packet, destination);
    if (reason == null) {
      segment.read(packet, source, destination);
      dispatch(nowNs);
      final Packet rest = segment.packet; // the others stand in a receive buffer
      if (rest != null) {
        rest.release();
      }
    } else {
      counters.drop(reason);
      packet.release();
    }
  }

  private @Nullable DropReason validate(final Packet packet, final int destination) {
    if ((packet.flags() & Packet.RX_L4_CHECKSUM_BAD) != 0) {
      return DropReason.TCP_CHECKSUM;
    }
    if (!ipv4.local().isLocal(destination)) {
      // RFC 9293 3.9.2.3 (MUST-57): never to a broadcast or multicast address.
      return DropReason.TCP_NOT_UNICAST;
    }
    final int available = packet.end() - packet.transportOffset();
    return TcpHeader.validate(packet.bytes(), packet.transportOffset(), available);
  }

  private void dispatch(final long nowNs) {
    final TcpConnection connection =
        connections.find(
            segment.destinationAddress,
            segment.destinationPort,
            segment.sourceAddress,
            segment.sourcePort);
    if (connection != null && !TimeWait.yieldsTo(connection, segment, this)) {
      connection.onSegment(segment, nowNs);
      return;
    }
    final TcpListener listener =
        listeners.find(
            segment.destinationAddress,
            segment.destinationPort,
            segment.sourceAddress,
            segment.sourcePort);
    if (listener == null) {
      if (connection != null) {
        connection.onSegment(segment, nowNs);
      } else {
        onSegmentToNobody(segment, DropReason.TCP_NO_CONNECTION, nowNs);
      }
      return;
    }
    passiveOpen.onSegment(listener, connection, segment, nowNs);
  }

  /** RFC 9293 3.10.7.1. */
  void onSegmentToNobody(final TcpSegment segment, final DropReason reason, final long nowNs) {
    counters.drop(reason);
    if (!segment.has(TcpHeader.RST)) {
      writer.writeReset(pathBack(segment), config, segment, nowNs);
    }
  }

  /** The path to where a segment came from; null without route. */
  @Nullable Path pathBack(final TcpSegment segment) {
    return path(segment.destinationAddress, segment.sourceAddress);
  }

  /** The path from here, or with 0 from wherever is best; null without route. */
  @Nullable Path path(final int localAddress, final int remoteAddress) {
    return ipv4.path(localAddress, remoteAddress);
  }

  /** The secret of {@link Timestamps} between these two hosts. */
  int timestampOffset(final int localAddress, final int remoteAddress) {
    return isnSource.timestampOffset(localAddress, remoteAddress);
  }

  /** For how long the stack is there: what timestamps count. */
  long uptimeNs(final long nowNs) {
    return nowNs - startNs;
  }

  /** The ISN of a new connection between these. */
  int newIss(
      final int localAddress,
      final int localPort,
      final int remoteAddress,
      final int remotePort,
      final long nowNs) {
    return isnSource.isn(localAddress, localPort, remoteAddress, remotePort, nowNs);
  }

  /** Whether the stack has all the connections it may have. */
  boolean isFull() {
    return connections.count() >= config.maxConnections();
  }

  /** A segment's options, valid until the next call; lengths that lie end them, and count. */
  TcpOptions parseOptions(final TcpSegment segment) {
    if (!options.parse(segment.bytes, segment.optionsOffset, segment.payloadOffset)) {
      counters.increment(Counter.TCP_OPTIONS_MALFORMED);
    }
    return options;
  }

  @Override
  public PathMtuObserver pathMtuObserver() {
    return pathMtu;
  }

  @Override
  public void onUnreachable(
      final Failure failure,
      final int localAddress,
      final int localPort,
      final int remoteAddress,
      final int remotePort,
      final int quotedSequence,
      final long nowNs) {
    final TcpConnection connection =
        connections.find(localAddress, localPort, remoteAddress, remotePort);
    if (connection != null) {
      connection.onUnreachable(failure, quotedSequence);
    }
  }

  /** What can be done to all of them at once. */
  public AllConnections all() {
    return new AllConnections(connections);
  }

  // ---- Bookkeeping for connections and listeners

  void add(final TcpConnection connection) {
    connections.add(connection);
    ports.add(connection);
  }

  void onConnectionGone(final TcpConnection connection, final boolean wasTimeWait) {
    connections.remove(connection);
    ports.remove(connection);
    closedConnections.onGone(wasTimeWait);
  }

  /** Takes the listener out and forgets the handshakes that came in through it. */
  void removeListener(final TcpListener listener, final long nowNs) {
    listeners.remove(listener);
    listener.binding().listening = false;
    TcpConnection connection = ports.connections(listener.port());
    while (connection != null) {
      final TcpConnection next = connection.nextOnPort;
      if (connection.listener() == listener && connection.state() == TcpState.SYN_RECEIVED) {
        connection.abort(nowNs);
      }
      connection = next;
    }
  }
}
