package io.ustack.ipv4;

import io.ustack.buffer.Packet;
import io.ustack.readiness.Failure;
import java.nio.ByteBuffer;

/**
 * Who takes the payload of received packets of one IPv4 protocol, and hears when sending failed.
 */
public interface TransportProtocol {
  /** The number in the IPv4 header's protocol field. */
  int protocol();

  /**
   * Takes over a validated packet: {@code networkOffset()} is its IPv4 header, {@code
   * transportOffset()} the first byte behind it, {@code end()} the end of the IPv4 packet. The
   * source is a unicast address; the destination is ours or a broadcast address.
   */
  void input(Packet packet, int source, int destination, long nowNs);

  /**
   * A packet that we sent did not arrive: an ICMP error came whose quote is well-formed, or address
   * resolution gave up on it. Whether the flow exists, and whether the quoted sequence number makes
   * sense (RFC 5927 4.1), is the protocol's to check.
   *
   * @param localAddress the packet's source
   * @param remoteAddress the packet's destination
   * @param quotedSequence the sequence field for TCP; the type for ICMP, whose ports are an echo's
   *     identifier and sequence; 0 for UDP
   */
  void onUnreachable(
      Failure failure,
      int localAddress,
      int localPort,
      int remoteAddress,
      int remotePort,
      int quotedSequence,
      long nowNs);

  /**
   * All that an ICMP error says, told before {@link #onUnreachable} or the {@link PathMtuObserver}
   * is.
   *
   * @param quote where the IPv4 header of the packet of ours begins, which has at least 8 bytes
   *     behind it
   * @param quoteBytes how much of that packet there is
   */
  default void onIcmpError(
      final IcmpError error, final ByteBuffer bytes, final int quote, final int quoteBytes) {}

  /** Who hears that a packet of this protocol was too big for its path. */
  default PathMtuObserver pathMtuObserver() {
    return PathMtuObserver.NONE;
  }
}
