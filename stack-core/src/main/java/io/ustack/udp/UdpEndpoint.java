package io.ustack.udp;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.PortSharing;
import io.ustack.link.Emitter;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A bound UDP port with a queue of datagrams in each direction.
 *
 * <p>Two threads touch it: the stack thread, and the application's (one at a time), which only
 * calls what is marked so. After sending, the application lets the stack thread call {@link
 * #onSendBufferWritten}.
 */
public final class UdpEndpoint extends Emitter {
  /** What {@code receive} says when there is no datagram: EAGAIN. */
  public static final int NOTHING = -1;

  /** Linux's net.core.rmem_default and wmem_default. */
  private static final int QUEUE_BYTES = 212_992;

  private final Udp udp;

  /** These three are {@link Udp}'s to change. */
  volatile int boundAddress;

  int localPort;
  PortSharing sharing;
  private final ReadinessObserver observer;
  private final DatagramRing incoming = new DatagramRing(QUEUE_BYTES);
  private final DatagramRing outgoing = new DatagramRing(QUEUE_BYTES);
  private final AtomicReference<Failure> failure = new AtomicReference<>(Failure.NONE);

  private final EndpointErrors errors = new EndpointErrors();

  /** The application found no room and wants to hear when there is. */
  private volatile boolean sendBlocked;

  private int localAddress;
  private int remoteAddress;
  private int remotePort;
  private boolean connected;
  private boolean closed;

  /** Where the last datagram went, and for a connected endpoint the next one will. */
  @Nullable Path lastPath;

  /** The next endpoint with the same port. */
  @Nullable UdpEndpoint nextOnPort;

  UdpEndpoint(
      final Udp udp,
      final int address,
      final int port,
      final PortSharing sharing,
      final ReadinessObserver observer) {
    this.udp = udp;
    this.boundAddress = address;
    this.localAddress = address;
    this.localPort = port;
    this.sharing = sharing;
    this.observer = observer;
  }

  /** Our address: 0 while bound to all of them and not connected. Stack thread. */
  public int localAddress() {
    return localAddress;
  }

  public int localPort() {
    return localPort;
  }

  /** The peer's address, 0 while not connected. Stack thread. */
  public int remoteAddress() {
    return remoteAddress;
  }

  /** The peer's port, 0 while not connected. Stack thread. */
  public int remotePort() {
    return remotePort;
  }

  public boolean isConnected() {
    return connected;
  }

  PortSharing sharing() {
    return sharing;
  }

  // ---- The application's side

  /**
   * Takes the oldest datagram and copies as much of it as fits; the rest is gone, as recvfrom(2)
   * has it. Application.
   *
   * @param info filled in unless the result is {@link #NOTHING}
   * @return bytes copied, 0 for an empty datagram too
   */
  public int receive(
      final ByteBuffer target, final int offset, final int length, final DatagramInfo info) {
    final int count = peek(target, offset, length, info);
    if (count != NOTHING) {
      incoming.remove(info);
    }
    return count;
  }

  /** As above, into an array. */
  public int receive(
      final byte[] target, final int offset, final int length, final DatagramInfo info) {
    final int count = peek(target, offset, length, info);
    if (count != NOTHING) {
      incoming.remove(info);
    }
    return count;
  }

  /** As {@link #receive}, but leaves the datagram in the queue: MSG_PEEK. Application. */
  public int peek(
      final ByteBuffer target, final int offset, final int length, final DatagramInfo info) {
    if (!incoming.first(info)) {
      return NOTHING;
    }
    final int count = Math.min(length, info.lengthBytes);
    incoming.peek(target, offset, count);
    return count;
  }

  /** As above, into an array. */
  public int peek(
      final byte[] target, final int offset, final int length, final DatagramInfo info) {
    if (!incoming.first(info)) {
      return NOTHING;
    }
    final int count = Math.min(length, info.lengthBytes);
    incoming.peek(target, offset, count);
    return count;
  }

  /** Removes the oldest datagram, which {@link #peek} told of. Application. */
  public void discard(final DatagramInfo info) {
    incoming.remove(info);
  }

  /** As {@link #peek(byte[], int, int, DatagramInfo)}, over the first bytes of ranges. */
  public int peek(final ByteRanges target, final int length, final DatagramInfo info) {
    if (!incoming.first(info)) {
      return NOTHING;
    }
    final int count = Math.min(length, info.lengthBytes);
    incoming.peek(target, count);
    return count;
  }

  /** From now on datagrams stay in packets of {@code lent}. Application; idempotent. */
  public void keepIncoming(final LentPackets lent) {
    incoming.keepPackets(lent);
  }

  /** From now on packets of {@code lent} may be sent. Application; idempotent. */
  public void keepOutgoing(final LentPackets lent) {
    outgoing.keepPackets(lent);
  }

  /**
   * Takes the oldest datagram in the packet that it came in, placed on its bytes and lent to the
   * caller. Application.
   *
   * @return null when there is none that came so: it can be {@link #receive}d
   */
  public @Nullable Packet take(final DatagramInfo info) {
    return incoming.first(info) ? incoming.take() : null;
  }

  /**
   * Queues a datagram that is {@link #sendable}: the frame of a packet that is lent to the caller,
   * and the endpoint's if the answer is true. If not, there may be room for a copy. Application,
   * after {@link #keepOutgoing}.
   */
  public boolean send(final Packet packet, final DatagramInfo to) {
    return hasRoom(packet.length()) && outgoing.put(to, packet);
  }

  /**
   * Whether what was received last is void: the endpoint or the stack was closed meanwhile.
   * Application.
   */
  public boolean isVoid() {
    return incoming.isVoid();
  }

  /** Whether a datagram waits. Application. */
  public boolean isReadable() {
    return !incoming.isEmpty();
  }

  /**
   * Whether a datagram of any length that the link carries would be taken. When it says no,
   * WRITABLE is raised once it would say yes. Application.
   */
  public boolean isWritable() {
    return hasRoom(udp.largestPayloadBytes());
  }

  /** Whether what is sent there goes to everybody (RFC 1122 3.3.6). Any thread. */
  public boolean isBroadcast(final int address) {
    return udp.local().isBroadcast(address);
  }

  /** Whether it is this stack's. Any thread. */
  public boolean isLocal(final int address) {
    return udp.local().isLocal(address);
  }

  /** Whether what is sent there never leaves this stack. Any thread. */
  public boolean isInside(final int address) {
    return isLocal(address) || address == Ipv4Address.LOOPBACK_BROADCAST;
  }

  /** The address of ours that answers what was sent to {@code destination}. Any thread. */
  public int addressFor(final int destination) {
    if (!isBroadcast(destination)) {
      return destination;
    }
    return isInside(destination) ? Ipv4Address.LOOPBACK : udp.local().address();
  }

  /**
   * Whether a datagram can be sent at all. Any thread.
   *
   * @param to address, port and our own address of it
   * @return NONE; MESSAGE_TOO_LONG when it does not fit the link's MTU (nothing is fragmented yet);
   *     NETWORK_UNREACHABLE without route
   */
  public Failure sendable(final int lengthBytes, final DatagramInfo to) {
    final int local = to.localAddress == Ipv4Address.ANY ? boundAddress : to.localAddress;
    if (!udp.hasRoute(local, to.address)) {
      return Failure.NETWORK_UNREACHABLE;
    }
    // DEVIATION: Linux, datagrams longer than the MTU: EMSGSIZE; fragments are not built yet.
    return lengthBytes > udp.largestPayloadBytes() ? Failure.MESSAGE_TOO_LONG : Failure.NONE;
  }

  /**
   * Queues a datagram that is {@link #sendable}. Application.
   *
   * @param to where it goes, and how
   * @return false when there is no room now: EAGAIN, and WRITABLE is raised when there is
   */
  public boolean send(
      final ByteBuffer source, final int offset, final int lengthBytes, final DatagramInfo to) {
    if (!hasRoom(lengthBytes)) {
      return false;
    }
    outgoing.add(to, source, offset, lengthBytes);
    return true;
  }

  /** As above, from an array. */
  public boolean send(
      final byte[] source, final int offset, final int lengthBytes, final DatagramInfo to) {
    if (!hasRoom(lengthBytes)) {
      return false;
    }
    outgoing.add(to, source, offset, lengthBytes);
    return true;
  }

  /** As above, from the first bytes of ranges: one datagram, however many they are. */
  public boolean send(final ByteRanges source, final int lengthBytes, final DatagramInfo to) {
    if (!hasRoom(lengthBytes)) {
      return false;
    }
    outgoing.add(to, source, lengthBytes);
    return true;
  }

  /**
   * Stores a part of a datagram that {@link #sendStored} sends; parts may be stored anew until
   * then. Application.
   *
   * @param at how many bytes of it come before
   * @return false when there is no room now, as with {@link #send}
   */
  public boolean store(
      final int at, final ByteBuffer source, final int offset, final int lengthBytes) {
    if (!hasRoom(at + lengthBytes)) {
      return false;
    }
    outgoing.store(at, source, offset, lengthBytes);
    return true;
  }

  /** As above, from an array. */
  public boolean store(final int at, final byte[] source, final int offset, final int lengthBytes) {
    if (!hasRoom(at + lengthBytes)) {
      return false;
    }
    outgoing.store(at, source, offset, lengthBytes);
    return true;
  }

  /** As above, from the first bytes of ranges. */
  public boolean store(final int at, final ByteRanges source, final int lengthBytes) {
    if (!hasRoom(at + lengthBytes)) {
      return false;
    }
    outgoing.store(at, source, lengthBytes);
    return true;
  }

  /** Queues the datagram of {@code lengthBytes} whose parts were stored. Application. */
  public void sendStored(final DatagramInfo to, final int lengthBytes) {
    outgoing.addStored(to, lengthBytes);
  }

  private boolean hasRoom(final int lengthBytes) {
    if (outgoing.fits(lengthBytes)) {
      return true;
    }
    sendBlocked = true;
    // Either this second look sees what the stack thread took out, or that thread sees the flag.
    VarHandle.fullFence();
    return outgoing.fits(lengthBytes);
  }

  /** Takes what failed asynchronously (a refusal), NONE when nothing did. Any thread. */
  public Failure takeFailure() {
    return failure.get() == Failure.NONE ? Failure.NONE : failure.getAndSet(Failure.NONE);
  }

  /** Why datagrams did not arrive, for those who want to know. */
  public EndpointErrors errors() {
    return errors;
  }

  /** The largest packet on the link, IPv4 header included. Any thread. */
  public int mtuBytes() {
    return udp.largestPayloadBytes() + UdpHeader.LENGTH_BYTES + Ipv4Header.LENGTH_BYTES;
  }

  /** SO_SNDBUF, in bytes; not less than the largest datagram needs. Application. */
  public void sendCapacity(final int bytes) {
    sendCapacity(bytes, 0);
  }

  /** The same while parts of a datagram are stored that must still fit. Application. */
  public void sendCapacity(final int bytes, final int storedBytes) {
    final int least = udp.largestPayloadBytes() + DatagramRing.PREFIX_BYTES;
    outgoing.capacity(Math.max(Math.max(bytes, least), outgoing.usedBytes(storedBytes)));
  }

  /** SIOCOUTQ: what waits to be sent, with what is kept of each datagram. Any thread. */
  public int queuedBytes() {
    return outgoing.lengthBytes();
  }

  // ---- The stack thread's side

  /** SO_RCVBUF, in bytes; not less than the largest datagram needs. Stack thread. */
  public void receiveCapacity(final int bytes) {
    incoming.capacity(Math.max(bytes, udp.largestPayloadBytes() + DatagramRing.PREFIX_BYTES));
  }

  /**
   * Fixes the peer: only its datagrams are received, and its refusals are heard. What others sent
   * before stays in the queue. Stack thread.
   *
   * @return NONE or NETWORK_UNREACHABLE
   */
  public Failure connect(final int address, final int port) {
    final Path found = udp.path(boundAddress, address);
    if (found == null) {
      return Failure.NETWORK_UNREACHABLE;
    }
    lastPath = found;
    localAddress = found.localAddress();
    remoteAddress = found.remoteAddress();
    remotePort = port;
    connected = true;
    return Failure.NONE;
  }

  /** Forgets the peer: connect(2) with AF_UNSPEC. Stack thread. */
  public void disconnect() {
    connected = false;
    localAddress = boundAddress;
    remoteAddress = Ipv4Address.ANY;
    remotePort = 0;
  }

  /**
   * What IP_MTU reads: the largest packet that gets through to the peer, as far as the network
   * said; 0 without a peer. Stack thread.
   */
  public int pathMtuBytes(final long nowNs) {
    final Path found = connected ? udp.emission().pathTo(this, localAddress, remoteAddress) : null;
    return found == null ? 0 : found.pathMtuBytes(nowNs);
  }

  /** Joins the list of those that want to send. Stack thread. */
  public void onSendBufferWritten(final long nowNs) {
    udp.wantsToSend(this);
  }

  /** Lets go of the port. What is queued to send is still sent. Stack thread; idempotent. */
  public void close() {
    if (!closed) {
      closed = true;
      udp.unbind(this);
      incoming.givePacketsBack();
    }
  }

  /**
   * How well the endpoint fits a datagram: -1 not at all, else more for an address of its own and
   * for a peer of its own, as Linux decides.
   */
  int fit(final int destination, final int source, final int sourcePort) {
    final boolean foreign = localAddress != Ipv4Address.ANY && localAddress != destination;
    if (foreign || (connected && !isConnectedTo(source, sourcePort))) {
      return -1;
    }
    return (localAddress == Ipv4Address.ANY ? 0 : 2) + (connected ? 1 : 0);
  }

  /** Whether it shares the port with that one, and either may have what comes (SO_REUSEPORT). */
  boolean isInGroupOf(final UdpEndpoint other) {
    return sharing.port() && !connected && localAddress == other.localAddress;
  }

  boolean isConnectedTo(final int address, final int port) {
    return connected && remoteAddress == address && remotePort == port;
  }

  /** Copies a datagram into the queue, or counts that there was no room. */
  void deliver(
      final DatagramInfo about, final ByteBuffer bytes, final int offset, final int lengthBytes) {
    if (!incoming.fits(lengthBytes)) {
      udp.counters().drop(DropReason.UDP_RECEIVE_QUEUE_FULL);
      return;
    }
    incoming.add(about, bytes, offset, lengthBytes);
    observer.onReadiness(Readiness.READABLE);
  }

  /** The same with its packet, which is the queue's if the answer is true. */
  boolean deliver(
      final DatagramInfo about, final Packet packet, final int offset, final int lengthBytes) {
    if (incoming.fits(lengthBytes) && incoming.keep(about, packet, offset, lengthBytes)) {
      observer.onReadiness(Readiness.READABLE);
      return true;
    }
    deliver(about, packet.bytes(), offset, lengthBytes);
    return false;
  }

  void fail(final Failure reason) {
    failure.set(reason);
    observer.onReadiness(Readiness.FAILED);
  }

  @Override
  public boolean emit(final long nowNs) {
    if (outgoing.isEmpty()) {
      return false;
    }
    if (!udp.emission().emit(this, outgoing, nowNs)) {
      return true;
    }
    VarHandle.fullFence();
    if (sendBlocked && !closed) {
      sendBlocked = false;
      observer.onReadiness(Readiness.WRITABLE);
    }
    return !outgoing.isEmpty();
  }
}
