package io.ustack.apps.live;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import java.nio.ByteBuffer;

/**
 * Another link, and a count of the segments on it that report a duplicate (D-SACK, RFC 2883), read
 * from the bytes alone: what neither end's counters can be wrong about.
 */
final class SackWatch implements LinkDevice {
  private static final int ETHERTYPE_OFFSET = 12;
  private static final int ETHERTYPE_IPV4 = 0x0800;
  private static final int IPV4_OFFSET = 14;
  private static final int PROTOCOL_OFFSET = 9;
  private static final int PROTOCOL_TCP = 6;
  private static final int ACK_OFFSET = 8;
  private static final int DATA_OFFSET_OFFSET = 12;
  private static final int OPTIONS_OFFSET = 20;
  private static final int KIND_NOP = 1;
  private static final int KIND_SACK = 5;
  private static final int MOST_FRAMES = 64;

  private final LinkDevice link;
  private final boolean[] reports = new boolean[MOST_FRAMES];
  private long received;
  private long transmitted;

  /** A watch on {@code link}, which it owns and closes. */
  SackWatch(final LinkDevice link) {
    this.link = link;
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
    final int ip = frame.offset() + IPV4_OFFSET;
    if (frame.length() < IPV4_OFFSET + 40
        || bytes.getShort(frame.offset() + ETHERTYPE_OFFSET) != ETHERTYPE_IPV4
        || bytes.get(ip + PROTOCOL_OFFSET) != PROTOCOL_TCP) {
      return false;
    }
    final int tcp = ip + (bytes.get(ip) & 0xF) * 4;
    final int end = tcp + (bytes.get(tcp + DATA_OFFSET_OFFSET) >> 4 & 0xF) * 4;
    int at = tcp + OPTIONS_OFFSET;
    while (at < end && bytes.get(at) != 0) {
      if (bytes.get(at) == KIND_SACK) {
        return isDuplicate(bytes, at + 2, bytes.get(at + 1) / 8, bytes.getInt(tcp + ACK_OFFSET));
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

  @Override
  public LinkCapabilities capabilities() {
    return link.capabilities();
  }

  @Override
  public PacketPool pool() {
    return link.pool();
  }

  @Override
  public long lostFrames() {
    return link.lostFrames();
  }

  @Override
  public long nextArrivalNs() {
    return link.nextArrivalNs();
  }

  @Override
  public void close() {
    link.close();
  }
}
