package io.ustack.apps.live;

import io.ustack.buffer.Packet;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.link.ForwardingLink;
import io.ustack.link.LinkDevice;
import io.ustack.tcp.TcpHeader;
import java.nio.ByteBuffer;

/**
 * Another link, and a count of the segments on it that report a duplicate (D-SACK, RFC 2883), read
 * from the bytes alone: what neither end's counters can be wrong about.
 */
final class SackWatch extends ForwardingLink {
  private static final int KIND_NOP = 1;
  private static final int KIND_SACK = 5;
  private static final int MOST_FRAMES = 64;

  private final boolean[] reports = new boolean[MOST_FRAMES];
  private long received;
  private long transmitted;

  /** A watch on {@code link}, which it owns and closes. */
  SackWatch(final LinkDevice link) {
    super(link);
  }

  /** Received segments that report a duplicate. */
  long received() {
    return received;
  }

  /** The same of those that the link took. */
  long transmitted() {
    return transmitted;
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    final int count = link.receive(frames, max, nowNs);
    for (int i = 0; i < count; i++) {
      received += reportsDuplicate(frames[i]) ? 1 : 0;
    }
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    final int most = Math.min(count, MOST_FRAMES);
    for (int i = 0; i < most; i++) {
      reports[i] = reportsDuplicate(frames[i]); // afterwards it is the link's
    }
    final int taken = link.transmit(frames, most, nowNs);
    for (int i = 0; i < taken; i++) {
      transmitted += reports[i] ? 1 : 0;
    }
    return taken;
  }

  private static boolean reportsDuplicate(final Packet frame) {
    final ByteBuffer bytes = frame.bytes();
    final int ip = frame.offset() + EthernetHeader.LENGTH_BYTES;
    if (frame.length()
            < EthernetHeader.LENGTH_BYTES + Ipv4Header.LENGTH_BYTES + TcpHeader.MIN_LENGTH_BYTES
        || EthernetHeader.type(bytes, frame.offset()) != EthernetHeader.TYPE_IPV4
        || Ipv4Header.protocol(bytes, ip) != Ipv4Header.PROTOCOL_TCP) {
      return false;
    }
    final int tcp = ip + Ipv4Header.headerBytes(bytes, ip);
    final int end = tcp + TcpHeader.lengthBytes(bytes, tcp);
    int at = tcp + TcpHeader.MIN_LENGTH_BYTES;
    while (at < end && bytes.get(at) != 0) {
      if (bytes.get(at) == KIND_SACK) {
        return isDuplicate(
            bytes, at + 2, bytes.get(at + 1) / 8, TcpHeader.acknowledgment(bytes, tcp));
      }
      at += bytes.get(at) == KIND_NOP ? 1 : bytes.get(at + 1);
    }
    return false;
  }

  /** RFC 2883 4: the first block lies below the ACK or inside the second. */
  private static boolean isDuplicate(
      final ByteBuffer bytes, final int first, final int blocks, final int ack) {
    final int start = bytes.getInt(first);
    if (start - ack < 0) {
      return true;
    }
    final int second = first + 8;
    return blocks > 1
        && start - bytes.getInt(second) >= 0
        && bytes.getInt(first + 4) - bytes.getInt(second + 4) <= 0;
  }
}
