package io.ustack.tcp;

/**
 * Which blocks our ACKs report (RFC 2018 4): first the one that the latest segment fell into, then
 * those of the segments before it, each block once. A segment that brought nothing new is reported
 * in front of all, once (D-SACK, RFC 2883 4).
 */
final class SackBlocks {
  /** What 40 bytes of options have room for. */
  static final int MAX_BLOCKS = 4;

  /** A sequence number in each of the blocks that grew last, the latest first. */
  private final int[] latest = new int[MAX_BLOCKS];

  private int remembered;

  private final int[] starts = new int[MAX_BLOCKS];
  private final int[] ends = new int[MAX_BLOCKS];
  private int selected;

  private boolean duplicate;
  private int duplicateStart;
  private int duplicateEnd;

  /** There is nothing to report any more. */
  void clear() {
    remembered = 0;
    duplicate = false;
  }

  /**
   * A segment that starts at {@code seq} was taken out of order, and {@code ranges} have it. It
   * stands for its block now: those before it in the same one, which would push other blocks out,
   * are forgotten.
   */
  void onOutOfOrder(final int seq, final OutOfOrder ranges) {
    final int grown = ranges.find(seq);
    int others = 0;
    for (int i = 0; i < remembered; i++) {
      final int range = ranges.find(latest[i]);
      if (range >= 0 && range != grown) {
        latest[others++] = latest[i];
      }
    }
    final int kept = Math.min(others, MAX_BLOCKS - 1);
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
   * Chooses what to report in at most {@code max} blocks: behind a duplicate the block that it lies
   * in, by which it is known as one (RFC 2883 4, (2)); then those that grew last, and where there
   * is room any other (RFC 2018 4: as many distinct blocks as possible).
   *
   * @return how many there are: see {@link #start} and {@link #end}
   */
  int select(final OutOfOrder ranges, final int max) {
    selected = 0;
    int firstRange = 0;
    if (duplicate && max > 0) {
      append(duplicateStart, duplicateEnd);
      firstRange = 1;
      appendRange(ranges, ranges.find(duplicateStart), firstRange, max);
    }
    for (int i = 0; i < remembered && selected < max; i++) {
      appendRange(ranges, ranges.find(latest[i]), firstRange, max);
    }
    for (int range = 0; range < ranges.ranges() && selected < max; range++) {
      appendRange(ranges, range, firstRange, max);
    }
    return selected;
  }

  /** Selects a range, unless there is none or it is selected already. */
  private void appendRange(
      final OutOfOrder ranges, final int range, final int firstRange, final int max) {
    if (range >= 0 && selected < max && !isSelected(ranges.start(range), firstRange)) {
      append(ranges.start(range), ranges.end(range));
    }
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
