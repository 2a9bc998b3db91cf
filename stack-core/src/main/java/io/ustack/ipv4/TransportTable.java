package io.ustack.ipv4;

import io.ustack.arp.UnresolvedObserver;
import io.ustack.buffer.Packet;
import io.ustack.counter.DropReason;
import io.ustack.readiness.Failure;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Who takes which protocol: the one place that knows all transports. What arrived goes up through
 * it, and so does the news that something sent did not arrive. Stack thread only.
 */
public final class TransportTable implements UnresolvedObserver {
  /** RFC 792: a quote holds the header and at least this much of what follows it. */
  private static final int QUOTED_BYTES = 8;

  /** RFC 1812 4.3.2.3: what fits an error of 576 bytes. */
  private static final int QUOTE_LIMIT_BYTES = 576 - Ipv4Header.LENGTH_BYTES - QUOTED_BYTES;

  private final IcmpError unresolved = new IcmpError();

  private final @Nullable TransportProtocol[] byNumber = new @Nullable TransportProtocol[256];

  /** Lets {@code transport} have the packets of its protocol. */
  public void register(final TransportProtocol transport) {
    byNumber[transport.protocol()] = transport;
  }

  /** The transport of a protocol number, or null. */
  public @Nullable TransportProtocol find(final int protocol) {
    return byNumber[protocol];
  }

  /**
   * Tells a transport that a packet of ours did not arrive, or was too big for its path (RFC 1191),
   * from the beginning of that packet.
   *
   * @param offset where the packet's IPv4 header begins
   * @param lengthBytes how much of the packet there is
   * @param localAddress who must have sent it, so that the quote is ours
   * @return null when the transport was told, else why the quote is worth nothing
   */
  public @Nullable DropReason report(
      final IcmpError error,
      final ByteBuffer bytes,
      final int offset,
      final int lengthBytes,
      final int localAddress,
      final long nowNs) {
    final DropReason worthless = judge(bytes, offset, lengthBytes, localAddress);
    final TransportProtocol transport = worthless == null ? transportOf(bytes, offset) : null;
    if (transport != null) {
      transport.onIcmpError(error, bytes, offset, lengthBytes);
      tell(transport, error, bytes, offset, nowNs);
    }
    return worthless;
  }

  private @Nullable DropReason judge(
      final ByteBuffer bytes, final int offset, final int lengthBytes, final int localAddress) {
    if (lengthBytes < Ipv4Header.LENGTH_BYTES + QUOTED_BYTES
        || (bytes.get(offset) & 0xF0) != 0x40
        || Ipv4Header.source(bytes, offset) != localAddress) {
      return DropReason.ICMP_QUOTE_MALFORMED;
    }
    final int headerBytes = Ipv4Header.headerBytes(bytes, offset);
    final int quotedBytes = headerBytes + QUOTED_BYTES;
    if (headerBytes < Ipv4Header.LENGTH_BYTES
        || lengthBytes < quotedBytes
        || Ipv4Header.totalLength(bytes, offset) < quotedBytes
        || (Ipv4Header.fragmentField(bytes, offset) & Ipv4Header.FRAGMENT_OFFSET) != 0) {
      return DropReason.ICMP_QUOTE_MALFORMED;
    }
    return transportOf(bytes, offset) == null ? DropReason.ICMP_NO_MATCH : null;
  }

  private @Nullable TransportProtocol transportOf(final ByteBuffer bytes, final int offset) {
    return byNumber[Ipv4Header.protocol(bytes, offset)];
  }

  /** Ports are the first four bytes of TCP and UDP; for ICMP, an echo's identifier and sequence. */
  private static void tell(
      final TransportProtocol transport,
      final IcmpError error,
      final ByteBuffer bytes,
      final int network,
      final long nowNs) {
    final int transportOffset = network + Ipv4Header.headerBytes(bytes, network);
    final int protocol = transport.protocol();
    final int ports = transportOffset + (protocol == Ipv4Header.PROTOCOL_ICMP ? 4 : 0);
    final int sequence =
        switch (protocol) {
          case Ipv4Header.PROTOCOL_TCP -> bytes.getInt(transportOffset + 4);
          case Ipv4Header.PROTOCOL_ICMP -> bytes.get(transportOffset) & 0xFF;
          default -> 0;
        };
    final int local = Ipv4Header.source(bytes, network);
    final int remote = Ipv4Header.destination(bytes, network);
    final int localPort = bytes.getShort(ports) & 0xFFFF;
    final int remotePort = bytes.getShort(ports + 2) & 0xFFFF;
    final Failure failure = error.failure();
    if (failure == Failure.MESSAGE_TOO_LONG) {
      transport
          .pathMtuObserver()
          .onTooBig(error.mtuBytes(), local, localPort, remote, remotePort, sequence, nowNs);
    } else {
      transport.onUnreachable(failure, local, localPort, remote, remotePort, sequence, nowNs);
    }
  }

  @Override
  public void onUnresolved(final Packet packet, final long nowNs) {
    final int at = packet.offset();
    final int source = Ipv4Header.source(packet.bytes(), at);
    // A packet of ours is never malformed; one of a protocol without ports has nobody to tell.
    // Linux ipv4_link_failure: as if a router had said so, who quotes no more.
    unresolved.set(Failure.HOST_UNREACHABLE, 3, 1, 0, source);
    final int quotedBytes = Math.min(packet.length(), QUOTE_LIMIT_BYTES);
    report(unresolved, packet.bytes(), at, quotedBytes, source, nowNs);
  }
}
