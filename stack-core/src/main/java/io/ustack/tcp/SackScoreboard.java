package io.ustack.tcp;

import java.nio.ByteBuffer;

/**
 * Reads the SACK blocks of an ACK into the {@link RetransmitQueue} (RFC 2018 5, RFC 2883 5, RFC
 * 6675 4). A block marks the segments that it covers wholly; one that can't be true is counted out.
 */
final class SackScoreboard {
  private static final int BLOCK_LENGTH_BYTES = 8;

  private SackScoreboard() {}

  /**
   * Applies what the segment reports.
   *
   * @param sndUna after its ACK was taken
   * @param oldestDuplicate no duplicate that a peer could report begins before
   * @return false when a block was not believed
   */
  static boolean apply(
      final TcpSegment segment,
      final RetransmitQueue queue,
      final int sndUna,
      final int sndNxt,
      final int oldestDuplicate,
      final Delivery delivery) {
    final ByteBuffer bytes = segment.bytes;
    boolean credible = true;
    for (int i = 0; i < segment.sackBlocks; i++) {
      final int at = segment.sackOffset + i * BLOCK_LENGTH_BYTES;
      final int start = bytes.getInt(at);
      final int end = bytes.getInt(at + 4);
      if (Seq.geq(start, end) || Seq.gt(end, sndNxt) || Seq.lt(start, oldestDuplicate)) {
        credible = false;
      } else if (i == 0 && isDuplicate(segment, start, end)) {
        delivery.onDuplicate(start, end);
      } else {
        // An ACK that was overtaken may begin a block below what has been acknowledged since.
        mark(queue, Seq.max(start, sndUna), end, delivery);
      }
    }
    return credible;
  }

  /** RFC 2883 4.1 and 4.2: the first block lies below the ACK, or inside the second block. */
  private static boolean isDuplicate(final TcpSegment segment, final int start, final int end) {
    if (Seq.lt(start, segment.ack)) {
      return true;
    }
    if (segment.sackBlocks < 2) {
      return false;
    }
    final int second = segment.sackOffset + BLOCK_LENGTH_BYTES;
    return Seq.leq(segment.bytes.getInt(second), start)
        && Seq.geq(segment.bytes.getInt(second + 4), end);
  }

  /** The first segment that begins at or after {@code seq}, by halving; the end when none does. */
  static int find(final RetransmitQueue queue, final int seq) {
    int low = queue.first();
    int count = queue.segments();
    while (count > 0) {
      final int half = count >>> 1;
      if (Seq.lt(queue.seq(low + half), seq)) {
        low += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    return low;
  }

  private static void mark(
      final RetransmitQueue queue, final int start, final int end, final Delivery delivery) {
    int p = queue.notSackedFrom(find(queue, start));
    while (p != queue.end() && Seq.leq(queue.endSeq(p), end)) {
      final int before = delivery.bytes;
      queue.markSacked(p, delivery);
      delivery.sackedBytes += delivery.bytes - before;
      p = queue.notSackedFrom(p + 1);
    }
  }
}
