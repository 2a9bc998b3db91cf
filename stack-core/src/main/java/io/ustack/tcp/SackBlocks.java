package io.ustack.tcp;

/**
 * Which blocks our ACKs report (RFC 2018 4): first the one that the latest segment fell into, then
 * those of the segments before it, each block once. A segment that brought nothing new is reported
 * in front of all, once (D-SACK, RFC 2883 4).
 */
final class SackBlocks {
  /** What 40 bytes of options have room for. */
  static final int MAX_BLOCKS = 4;

  /** Sequence numbers of the latest segments out of order, the latest first. */
  private final int[] latest = new int[MAX_BLOCKS];

  private int remembered;

  private final int[] starts = new int[MAX_BLOCKS];
  private final int[] ends = new int[MAX_BLOCKS];
  private int selected;

  private boolean duplicate;
  private int duplicateStart;
  private int duplicateEnd;

  /** A segment that starts at {@code seq} was taken out of order. */
  void onOutOfOrder(final int seq) {
    final int kept = Math.min(remembered, MAX_BLOCKS - 1);
    System.arraycopy(latest, 0, latest, 1, kept);
    latest[0] = seq;
    remembered = kept + 1;
  }

  /**
   * So much of a segment had been received before. With one that is still to be reported it makes a
   * longer block where they touch (Linux tcp_dsack_extend); else there is room for the last alone.
   */
  void onDuplicate(final int from, final int to) {
    final boolean joins = duplicate && Seq.leq(from, duplicateEnd) && Seq.geq(to, duplicateStart);
    duplicateStart = joins ? Seq.min(duplicateStart, from) : from;
    duplicateEnd = joins ? Seq.max(duplicateEnd, to) : to;
    duplicate = true;
  }

  /** The ACK with what was selected has left. */
  void onSent() {
    duplicate = false;
  }

  /**
   * Chooses what to report in at most {@code max} blocks.
   *
   * @return how many there are: see {@link #start} and {@link #end}
   */
  int select(final OutOfOrder ranges, final int max) {
    selected = 0;
    if (duplicate && max > 0) {
      append(duplicateStart, duplicateEnd);
    }
    final int reported = selected;
    for (int i = 0; i < remembered && selected < max; i++) {
      final int range = ranges.find(latest[i]);
      if (range >= 0 && !isSelected(ranges.start(range), reported)) {
        append(ranges.start(range), ranges.end(range));
      }
    }
    return selected;
  }

  private void append(final int start, final int end) {
    starts[selected] = start;
    ends[selected] = end;
    selected++;
  }

  private boolean isSelected(final int start, final int from) {
    for (int i = from; i < selected; i++) {
      if (starts[i] == start) {
        return true;
      }
    }
    return false;
  }

  /** How many were selected. */
  int count() {
    return selected;
  }

  /** Left edge of a selected block. */
  int start(final int block) {
    return starts[block];
  }

  /** Right edge of a selected block, just past its last byte. */
  int end(final int block) {
    return ends[block];
  }
}
