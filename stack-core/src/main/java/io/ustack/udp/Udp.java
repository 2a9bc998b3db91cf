package io.ustack.udp;

import io.ustack.buffer.Packet;
import io.ustack.buffer.SipHash;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.IcmpError;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.Ipv4Output;
import io.ustack.ipv4.LocalAddresses;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.PortAllocator;
import io.ustack.ipv4.PortSharing;
import io.ustack.ipv4.TransportProtocol;
import io.ustack.ipv4.UnreachableSender;
import io.ustack.link.ReadyList;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The UDP of one shard: takes datagrams to the endpoint that has the port. Stack thread only. */
public final class Udp implements TransportProtocol {
  private static final int PORTS = 1 << 16;

  private final Ipv4Output ipv4;
  private final ReadyList ready;
  private final Counters counters;
  private final UdpEmission emission;
  private final UnreachableSender unreachable;
  private final PortAllocator allocator;
  private final long groupKey0;
  private final long groupKey1;
  private final PortAllocator.PortsInUse portsInUse =
      (address, port, remoteAddress, remotePort) -> conflicts(address, port, PortSharing.NONE);

  /** The endpoints of each port, the latest first. */
  private final @Nullable UdpEndpoint[] byPort = new @Nullable UdpEndpoint[PORTS];

  /** What arrives now. */
  private final DatagramInfo arriving = new DatagramInfo();

  private Failure lastFailure = Failure.NONE;

  /**
   * UDP over {@code ipv4}.
   *
   * @param secret0 and {@code secret1}: 128 secret bits behind the choice of ports and of members
   *     of groups
   */
  public Udp(
      final Ipv4Output ipv4,
      final ReadyList ready,
      final Counters counters,
      final UnreachableSender unreachable,
      final long secret0,
      final long secret1) {
    this.ipv4 = ipv4;
    this.ready = ready;
    this.counters = counters;
    emission = new UdpEmission(this, counters);
    this.unreachable = unreachable;
    this.allocator = new PortAllocator(secret0, secret1, ipv4.flows());
    groupKey0 = SipHash.hash(secret0, secret1, 0);
    groupKey1 = SipHash.hash(secret0, secret1, 1);
  }

  @Override
  public int protocol() {
    return Ipv4Header.PROTOCOL_UDP;
  }

  /** Why the last {@link #bind} gave null. */
  public Failure lastFailure() {
    return lastFailure;
  }

  /**
   * An endpoint with a port of its own.
   *
   * @param address one of ours, a broadcast address to hear only those, or 0 for all
   * @param port 0 for an ephemeral one
   * @param sharing whether others that say so too may have the same: with SO_REUSEADDR the latest
   *     receives, with SO_REUSEPORT who sends decides which of them does
   * @param observer told of READABLE for each datagram, WRITABLE after a full queue, FAILED
   * @return null when that can't be: ADDRESS_NOT_AVAILABLE or ADDRESS_IN_USE in {@link
   *     #lastFailure()}
   */
  public @Nullable UdpEndpoint bind(
      final int address,
      final int port,
      final PortSharing sharing,
      final ReadinessObserver observer) {
    if (!isBindable(address)) {
      return null;
    }
    final int chosen = choose(address, port, sharing);
    if (chosen == 0) {
      return null;
    }
    final UdpEndpoint endpoint = new UdpEndpoint(this, address, chosen, sharing, observer);
    link(endpoint);
    return endpoint;
  }

  /**
   * The same of an endpoint that has been {@linkplain #unbind(UdpEndpoint, int) unbound}. Returns
   * whether it could be
   */
  public boolean rebind(
      final UdpEndpoint endpoint, final int address, final int port, final PortSharing sharing) {
    if (!isBindable(address)) {
      return false;
    }
    final int chosen = choose(address, port, sharing);
    if (chosen == 0) {
      return false;
    }
    endpoint.boundAddress = address;
    endpoint.localPort = chosen;
    endpoint.sharing = sharing;
    endpoint.disconnect();
    link(endpoint);
    return true;
  }

  /**
   * Takes port and peer from an endpoint and leaves it what it has received. What it has still to
   * send leaves with the port that it has then.
   *
   * @param address what it is bound to without a port, or 0
   */
  public void unbind(final UdpEndpoint endpoint, final int address) {
    unbind(endpoint);
    endpoint.boundAddress = address;
    endpoint.disconnect();
  }

  private boolean isBindable(final int address) {
    final boolean bindable =
        address == Ipv4Address.ANY
            || ipv4.local().isLocal(address)
            || ipv4.local().isBroadcast(address);
    if (!bindable) {
      lastFailure = Failure.ADDRESS_NOT_AVAILABLE;
    }
    return bindable;
  }

  /** The port, or a free one for 0; 0 when it is taken. */
  private int choose(final int address, final int port, final PortSharing sharing) {
    final int chosen = port == 0 ? allocator.allocate(address, portsInUse) : port;
    if (chosen == 0 || conflicts(address, chosen, sharing)) {
      lastFailure = Failure.ADDRESS_IN_USE;
      return 0;
    }
    return chosen;
  }

  private void link(final UdpEndpoint endpoint) {
    endpoint.nextOnPort = byPort[endpoint.localPort];
    byPort[endpoint.localPort] = endpoint;
  }

  /** The same with or without SO_REUSEADDR. */
  public @Nullable UdpEndpoint bind(
      final int address, final int port, final boolean reuse, final ReadinessObserver observer) {
    return bind(address, port, PortSharing.of(reuse, false), observer);
  }

  private boolean conflicts(final int address, final int port, final PortSharing sharing) {
    for (UdpEndpoint other = byPort[port]; other != null; other = other.nextOnPort) {
      final boolean overlap =
          address == Ipv4Address.ANY
              || other.localAddress() == Ipv4Address.ANY
              || other.localAddress() == address;
      if (overlap && !sharing.agreesWith(other.sharing(), false)) {
        return true;
      }
    }
    return false;
  }

  /** Idempotent. */
  void unbind(final UdpEndpoint endpoint) {
    final int port = endpoint.localPort();
    UdpEndpoint before = null;
    UdpEndpoint at = byPort[port];
    while (at != null && at != endpoint) {
      before = at;
      at = at.nextOnPort;
    }
    if (before == null) {
      byPort[port] = endpoint.nextOnPort;
    } else {
      before.nextOnPort = endpoint.nextOnPort;
    }
    endpoint.nextOnPort = null;
  }

  UdpEmission emission() {
    return emission;
  }

  Counters counters() {
    return counters;
  }

  void wantsToSend(final UdpEndpoint endpoint) {
    ready.add(endpoint);
  }

  @Nullable Path path(final int localAddress, final int remoteAddress) {
    return ipv4.local().isBroadcast(remoteAddress)
        ? ipv4.broadcastPath(localAddress, remoteAddress)
        : ipv4.path(localAddress, remoteAddress);
  }

  /** Any thread. */
  LocalAddresses local() {
    return ipv4.local();
  }

  /** Any thread. */
  boolean hasRoute(final int localAddress, final int remoteAddress) {
    return ipv4.local().isBroadcast(remoteAddress)
        ? ipv4.hasBroadcastRoute(localAddress, remoteAddress)
        : ipv4.hasRoute(localAddress, remoteAddress);
  }

  /** The most bytes a datagram can carry without fragments. Any thread. */
  public int largestPayloadBytes() {
    return ipv4.mtuBytes() - Ipv4Header.LENGTH_BYTES - UdpHeader.LENGTH_BYTES;
  }

  @Override
  public void input(
      final Packet packet, final int source, final int destination, final long nowNs) {
    final ByteBuffer bytes = packet.bytes();
    final int at = packet.transportOffset();
    final DropReason invalid = check(packet, bytes, at);
    if (invalid != null) {
      drop(packet, invalid);
      return;
    }
    counters.increment(Counter.UDP_DATAGRAMS_IN);
    arriving.to(source, UdpHeader.sourcePort(bytes, at)).from(destination);
    final int network = packet.networkOffset();
    arriving.typeOfService = Ipv4Header.typeOfService(bytes, network);
    arriving.timeToLive = Ipv4Header.timeToLive(bytes, network);
    if (ipv4.local().isBroadcast(destination)) {
      deliverToAll(bytes, at);
      packet.release();
      return;
    }
    final int port = UdpHeader.destinationPort(bytes, at);
    final UdpEndpoint endpoint = find(destination, port, source, arriving.port);
    if (endpoint == null) {
      unreachable.portUnreachable(packet, nowNs);
      drop(packet, DropReason.UDP_NO_SOCKET);
      return;
    }
    final int payload = at + UdpHeader.LENGTH_BYTES;
    if (!endpoint.deliver(arriving, packet, payload, payloadBytes(bytes, at))) {
      packet.release();
    }
  }

  private static int payloadBytes(final ByteBuffer bytes, final int at) {
    return UdpHeader.length(bytes, at) - UdpHeader.LENGTH_BYTES;
  }

  private static @Nullable DropReason check(
      final Packet packet, final ByteBuffer bytes, final int at) {
    final DropReason invalid = UdpHeader.validate(bytes, at, packet.end() - at);
    if (invalid != null) {
      return invalid;
    }
    // RFC 768: the link does not flag a checksum of 0, which means that there is none.
    return (packet.flags() & Packet.RX_L4_CHECKSUM_BAD) != 0 ? DropReason.UDP_CHECKSUM : null;
  }

  /** A broadcast goes to everybody who has the port; nobody having it is no error. */
  private void deliverToAll(final ByteBuffer bytes, final int at) {
    boolean delivered = false;
    UdpEndpoint endpoint = byPort[UdpHeader.destinationPort(bytes, at)];
    while (endpoint != null) {
      final UdpEndpoint following = endpoint.nextOnPort;
      if (endpoint.fit(arriving.localAddress, arriving.address, arriving.port) >= 0) {
        endpoint.deliver(arriving, bytes, at + UdpHeader.LENGTH_BYTES, payloadBytes(bytes, at));
        delivered = true;
      }
      endpoint = following;
    }
    if (!delivered) {
      counters.drop(DropReason.UDP_NO_SOCKET);
    }
  }

  private @Nullable UdpEndpoint find(
      final int destination, final int port, final int source, final int sourcePort) {
    UdpEndpoint best = null;
    int bestFit = -1;
    for (UdpEndpoint endpoint = byPort[port]; endpoint != null; endpoint = endpoint.nextOnPort) {
      final int fit = endpoint.fit(destination, source, sourcePort);
      if (fit > bestFit) {
        best = endpoint;
        bestFit = fit;
      }
    }
    return best == null || best.isConnected() || !best.sharing().port()
        ? best
        : member(best, destination, source, sourcePort);
  }

  /** SO_REUSEPORT: the same one for a sender, as long as the group stays as it is. */
  private UdpEndpoint member(
      final UdpEndpoint first, final int destination, final int source, final int sourcePort) {
    int members = 0;
    for (UdpEndpoint e = first; e != null; e = e.nextOnPort) {
      members += e.isInGroupOf(first) ? 1 : 0;
    }
    final long ends = (long) destination << 32 | (source & 0xFFFF_FFFFL);
    final long hash =
        SipHash.hash(groupKey0, groupKey1, ends, (long) first.localPort() << 16 | sourcePort);
    int left = (int) (((hash >>> 32) * members) >>> 32);
    UdpEndpoint member = first;
    for (UdpEndpoint e = first; e != null && left >= 0; e = e.nextOnPort) {
      if (e.isInGroupOf(first)) {
        member = e;
        left--;
      }
    }
    return member;
  }

  /**
   * RFC 1122 4.1.3.3: a connected endpoint hears what is hard, as on Linux; one that keeps errors
   * (IP_RECVERR) hears all, connected or not, and is shown what was quoted.
   */
  @Override
  public void onIcmpError(
      final IcmpError error, final ByteBuffer bytes, final int quote, final int quoteBytes) {
    final int at = quote + Ipv4Header.headerBytes(bytes, quote);
    final int remoteAddress = Ipv4Header.destination(bytes, quote);
    final int remotePort = UdpHeader.destinationPort(bytes, at);
    final int localAddress = Ipv4Header.source(bytes, quote);
    final int localPort = UdpHeader.sourcePort(bytes, at);
    final UdpEndpoint endpoint = find(localAddress, localPort, remoteAddress, remotePort);
    if (endpoint == null) {
      return;
    }
    if (endpoint.errors().areKept()) {
      final int payload = at + UdpHeader.LENGTH_BYTES;
      final int payloadBytes = quote + quoteBytes - payload;
      if (!endpoint.errors().add(error, remoteAddress, remotePort, bytes, payload, payloadBytes)) {
        counters.drop(DropReason.UDP_ERROR_QUEUE_FULL);
      }
    } else if (!error.isHard() || !endpoint.isConnectedTo(remoteAddress, remotePort)) {
      return;
    }
    endpoint.fail(error.failure());
  }

  /** {@link #onIcmpError} has told what there is to tell. */
  @Override
  public void onUnreachable(
      final Failure failure,
      final int localAddress,
      final int localPort,
      final int remoteAddress,
      final int remotePort,
      final int quotedSequence,
      final long nowNs) {}

  /** The wire's device is gone: whoever waits for datagrams is told NETWORK_DOWN, once. */
  public void onWireGone() {
    for (final UdpEndpoint first : byPort) {
      for (UdpEndpoint e = first; e != null; e = e.nextOnPort) {
        e.fail(Failure.NETWORK_DOWN);
      }
    }
  }

  private void drop(final Packet packet, final DropReason reason) {
    counters.drop(reason);
    packet.release();
  }
}
