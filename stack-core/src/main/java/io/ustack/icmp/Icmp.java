package io.ustack.icmp;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.MacAddress;
import io.ustack.ipv4.IcmpError;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.Ipv4Output;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.TransportProtocol;
import io.ustack.ipv4.TransportTable;
import io.ustack.ipv4.UnreachableSender;
import io.ustack.readiness.Failure;
import io.ustack.time.TokenBucket;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The ICMP of one shard. Stack thread only. */
public final class Icmp implements TransportProtocol, UnreachableSender {
  /** Linux's icmp_msgs_per_sec and icmp_msgs_burst. */
  static final int ERRORS_PER_SECOND = 1000;

  static final int ERRORS_BURST = 50;

  /** RFC 1812 4.3.2.3: an error quotes as much as fits a packet of this size. */
  static final int ERROR_PACKET_BYTES = 576;

  /** RFC 1812 4.3.2.5: errors go with precedence "internetwork control". */
  private static final int ERROR_PRECEDENCE = 0xC0;

  private static final int TYPE_OF_SERVICE_BITS = 0x1E;

  private final Ipv4Output ipv4;
  private final TransportTable transports;
  private final Counters counters;
  private final TokenBucket errors;
  private final IcmpError error = new IcmpError();
  private final EchoObservers observers = new EchoObservers();

  /** ICMP over {@code ipv4}, telling the transports of {@code transports} what did not arrive. */
  public Icmp(
      final Ipv4Output ipv4,
      final TransportTable transports,
      final Counters counters,
      final long startNs) {
    this.ipv4 = ipv4;
    this.transports = transports;
    this.counters = counters;
    this.errors = new TokenBucket(ERRORS_PER_SECOND, ERRORS_BURST, startNs);
  }

  @Override
  public int protocol() {
    return Ipv4Header.PROTOCOL_ICMP;
  }

  @Override
  public void input(
      final Packet packet, final int source, final int destination, final long nowNs) {
    final ByteBuffer bytes = packet.bytes();
    final int at = packet.transportOffset();
    final DropReason invalid = IcmpHeader.validate(bytes, at, packet.end() - at);
    if (invalid != null) {
      drop(packet, invalid);
      return;
    }
    // RFC 1122 3.2.2.6 lets a host ignore an echo request to everybody, as Linux does; and nothing
    // else that comes this way should be believed either.
    if (!ipv4.local().isLocal(destination)) {
      drop(packet, DropReason.ICMP_BROADCAST);
      return;
    }
    switch (IcmpHeader.type(bytes, at)) {
      case IcmpHeader.ECHO_REQUEST -> reply(packet, source, destination, nowNs);
      case IcmpHeader.ECHO_REPLY -> onReply(packet, source, nowNs);
      case IcmpHeader.DESTINATION_UNREACHABLE, IcmpHeader.TIME_EXCEEDED ->
          onError(packet, source, destination, nowNs);
      default -> drop(packet, DropReason.ICMP_TYPE_UNKNOWN);
    }
  }

  /** Turns a request into its reply, in place: same identifier, sequence and data. */
  private void reply(
      final Packet packet, final int source, final int destination, final long nowNs) {
    counters.increment(Counter.ICMP_ECHO_REQUESTS_IN);
    final Path path = ipv4.path(destination, source);
    if (path == null) {
      drop(packet, DropReason.IPV4_NO_ROUTE);
      return;
    }
    final ByteBuffer bytes = packet.bytes();
    final int at = packet.transportOffset();
    final int typeOfService = Ipv4Header.typeOfService(bytes, packet.networkOffset());
    packet.place(at, packet.end() - at);
    final int rest = (IcmpHeader.identifier(bytes, at) << 16) | IcmpHeader.sequence(bytes, at);
    IcmpHeader.write(bytes, at, IcmpHeader.ECHO_REPLY, 0, rest);
    IcmpHeader.fillChecksum(bytes, at, packet.length());
    if (path.send(packet, Ipv4Header.PROTOCOL_ICMP, typeOfService, false, nowNs)) {
      counters.increment(Counter.ICMP_ECHO_REPLIES_OUT);
    }
  }

  private void onReply(final Packet packet, final int source, final long nowNs) {
    counters.increment(Counter.ICMP_ECHO_REPLIES_IN);
    final ByteBuffer bytes = packet.bytes();
    final int at = packet.transportOffset();
    final EchoObserver observer = observers.find(IcmpHeader.identifier(bytes, at));
    if (observer == null) {
      drop(packet, DropReason.ICMP_NO_MATCH);
      return;
    }
    final int payload = at + IcmpHeader.LENGTH_BYTES;
    observer.onReply(
        source,
        IcmpHeader.sequence(bytes, at),
        Ipv4Header.timeToLive(bytes, packet.networkOffset()),
        bytes,
        payload,
        packet.end() - payload,
        nowNs);
    packet.release();
  }

  private void onError(
      final Packet packet, final int source, final int destination, final long nowNs) {
    counters.increment(Counter.ICMP_UNREACHABLE_IN);
    final ByteBuffer bytes = packet.bytes();
    final int at = packet.transportOffset();
    final int type = IcmpHeader.type(bytes, at);
    final int quote = at + IcmpHeader.LENGTH_BYTES;
    final int quoteBytes = packet.end() - quote;
    if (type == IcmpHeader.DESTINATION_UNREACHABLE
        && IcmpHeader.code(bytes, at) == IcmpHeader.FRAGMENTATION_NEEDED) {
      final int mtu = IcmpHeader.nextHopMtu(bytes, at);
      error.set(Failure.MESSAGE_TOO_LONG, type, IcmpHeader.FRAGMENTATION_NEEDED, mtu, source);
      settle(packet, transports.report(error, bytes, quote, quoteBytes, destination, nowNs));
      return;
    }
    final Failure failure =
        type == IcmpHeader.TIME_EXCEEDED
            ? Failure.HOST_UNREACHABLE
            : unreachableFailure(IcmpHeader.code(bytes, at));
    if (failure == Failure.NONE) {
      drop(packet, DropReason.ICMP_TYPE_UNKNOWN);
      return;
    }
    error.set(failure, type, IcmpHeader.code(bytes, at), 0, source);
    settle(packet, transports.report(error, bytes, quote, quoteBytes, destination, nowNs));
  }

  /** An error was told on, or was worth nothing for that reason. */
  private void settle(final Packet packet, final @Nullable DropReason worthless) {
    if (worthless != null) {
      counters.drop(worthless);
    }
    packet.release();
  }

  /**
   * What a code of "destination unreachable" means to a transport, as Linux's icmp_err_convert has
   * it.
   *
   * <p>DEVIATION: RFC 1122 4.2.3.9, protocol unreachable: a refusal too, ECONNREFUSED, where Linux
   * says ENOPROTOOPT; and source route failed, host unknown, host isolated: EHOSTUNREACH, where
   * Linux says EOPNOTSUPP, EHOSTDOWN, ENONET: fewer failures in the core's vocabulary. Type and
   * code are told as they came (IP_RECVERR).
   */
  private static Failure unreachableFailure(final int code) {
    return switch (code) {
      case IcmpHeader.PROTOCOL_UNREACHABLE, IcmpHeader.PORT_UNREACHABLE ->
          Failure.CONNECTION_REFUSED;
      // Networks: unreachable, unknown, prohibited, not for this type of service.
      case 0, 6, 9, 11 -> Failure.NETWORK_UNREACHABLE;
      // Hosts: the same, isolated, down, and what filters say (RFC 1812 5.2.7.1).
      case 1, 5, 7, 8, 10, 12, 13, 14, 15 -> Failure.HOST_UNREACHABLE;
      default -> Failure.NONE;
    };
  }

  /** Lets {@code observer} hear of echo requests with an identifier; null lets nobody. */
  public void observe(final int identifier, final @Nullable EchoObserver observer) {
    observers.set(identifier, observer);
  }

  /**
   * Sends an echo request.
   *
   * @param localAddress one of ours, or 0 to choose
   * @param payload copied from its first {@code payloadBytes} bytes
   * @return NONE when it is on its way; NETWORK_UNREACHABLE, MESSAGE_TOO_LONG, or NO_RESOURCES when
   *     no packet or no room is left
   */
  public Failure ping(
      final int localAddress,
      final int remoteAddress,
      final int identifier,
      final int sequence,
      final byte[] payload,
      final int payloadBytes,
      final long nowNs) {
    final Path path = ipv4.path(localAddress, remoteAddress);
    if (path == null) {
      return Failure.NETWORK_UNREACHABLE;
    }
    final int length = IcmpHeader.LENGTH_BYTES + payloadBytes;
    if (length > path.maxTransportBytes()) {
      return Failure.MESSAGE_TOO_LONG;
    }
    final Packet packet = path.transmitRoom() == 0 ? null : path.allocateReserved();
    if (packet == null) {
      return Failure.NO_RESOURCES;
    }
    final ByteBuffer bytes = packet.bytes();
    final int at = packet.append(length);
    IcmpHeader.write(bytes, at, IcmpHeader.ECHO_REQUEST, 0, (identifier << 16) | sequence);
    bytes.put(at + IcmpHeader.LENGTH_BYTES, payload, 0, payloadBytes);
    IcmpHeader.fillChecksum(bytes, at, length);
    counters.increment(Counter.ICMP_ECHO_REQUESTS_OUT);
    return path.send(packet, Ipv4Header.PROTOCOL_ICMP, 0, true, nowNs)
        ? Failure.NONE
        : Failure.NO_RESOURCES;
  }

  /** An echo request of ours did not arrive; see {@link TransportProtocol}. */
  @Override
  public void onUnreachable(
      final Failure failure,
      final int localAddress,
      final int localPort,
      final int remoteAddress,
      final int remotePort,
      final int quotedSequence,
      final long nowNs) {
    final EchoObserver observer = observers.find(localPort);
    if (observer != null && quotedSequence == IcmpHeader.ECHO_REQUEST) {
      observer.onUnreachable(failure, remoteAddress, remotePort, nowNs);
    }
  }

  @Override
  public void portUnreachable(final Packet offending, final long nowNs) {
    sendUnreachable(offending, IcmpHeader.PORT_UNREACHABLE, nowNs);
  }

  @Override
  public void protocolUnreachable(final Packet offending, final long nowNs) {
    sendUnreachable(offending, IcmpHeader.PROTOCOL_UNREACHABLE, nowNs);
  }

  private void sendUnreachable(final Packet offending, final int code, final long nowNs) {
    final ByteBuffer bytes = offending.bytes();
    final int quoted = offending.networkOffset();
    if (!deservesError(offending, bytes, quoted)) {
      return;
    }
    final Path path =
        ipv4.path(Ipv4Header.destination(bytes, quoted), Ipv4Header.source(bytes, quoted));
    if (path == null) {
      return;
    }
    if (!errors.take(nowNs)) {
      counters.increment(Counter.ICMP_RATE_LIMITED);
      return;
    }
    final Packet packet = path.allocateReserved();
    if (packet == null) {
      return;
    }
    final int quoteBytes = Math.min(offending.end() - quoted, quoteLimit(path));
    final int length = IcmpHeader.LENGTH_BYTES + quoteBytes;
    final int at = packet.append(length);
    final ByteBuffer target = packet.bytes();
    IcmpHeader.write(target, at, IcmpHeader.DESTINATION_UNREACHABLE, code, 0);
    target.put(at + IcmpHeader.LENGTH_BYTES, bytes, quoted, quoteBytes);
    IcmpHeader.fillChecksum(target, at, length);
    final int typeOfService =
        (Ipv4Header.typeOfService(bytes, quoted) & TYPE_OF_SERVICE_BITS) | ERROR_PRECEDENCE;
    if (path.send(packet, Ipv4Header.PROTOCOL_ICMP, typeOfService, false, nowNs)) {
      counters.increment(Counter.ICMP_UNREACHABLE_OUT);
    }
  }

  private static int quoteLimit(final Path path) {
    return Math.min(ERROR_PACKET_BYTES, path.mtuBytes())
        - Ipv4Header.LENGTH_BYTES
        - IcmpHeader.LENGTH_BYTES;
  }

  /**
   * RFC 1122 3.2.2: none about ICMP errors, later fragments or link broadcasts. Nor about packets
   * to groups, from where no path leads back.
   */
  private static boolean deservesError(
      final Packet offending, final ByteBuffer bytes, final int quoted) {
    final int fragment = Ipv4Header.fragmentField(bytes, quoted);
    return Ipv4Header.protocol(bytes, quoted) != Ipv4Header.PROTOCOL_ICMP
        && (fragment & Ipv4Header.FRAGMENT_OFFSET) == 0
        && EthernetHeader.destination(bytes, offending.offset()) != MacAddress.BROADCAST;
  }

  private void drop(final Packet packet, final DropReason reason) {
    counters.drop(reason);
    packet.release();
  }
}
