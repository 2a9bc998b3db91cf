package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * Which sequence ranges beyond {@code rcvNxt} have arrived. The bytes themselves already lie in the
 * receive buffer, at their place; this remembers only where the holes are.
 *
 * <p>Ranges are kept sorted, disjoint and not touching. Memory is allocated at the first hole and
 * bounded: a peer that makes more holes than {@link #MAX_RANGES} loses the segment that would make
 * one more.
 */
final class OutOfOrder {
  /** Holes a peer may keep open; Linux bounds the bytes instead. */
  static final int MAX_RANGES = 64;

  private static final int[] NONE = new int[0];

  /** How they are reported to a peer that understands it. */
  final SackBlocks blocks = new SackBlocks();

  private int[] starts = NONE;
  private int[] ends = NONE;
  private int count;

  boolean isEmpty() {
    return count == 0;
  }

  /** Forgets all of it. */
  void clear() {
    count = 0;
  }

  /** Ranges now. */
  int ranges() {
    return count;
  }

  /** The sequence number just past everything that arrived; only when not empty. */
  int lastEnd() {
    return ends[count - 1];
  }

  int start(final int range) {
    return starts[range];
  }

  int end(final int range) {
    return ends[range];
  }

  /** The range that holds the byte with this sequence number, or -1. */
  int find(final int seq) {
    for (int i = 0; i < count; i++) {
      if (Seq.lt(seq, ends[i])) {
        return Seq.leq(starts[i], seq) ? i : -1;
      }
    }
    return -1;
  }

  /** RFC 2883 4.2: of a segment that had arrived in part the first such part is told. */
  void reportOverlap(final int from, final int to, final @Nullable SackBlocks reported) {
    final int known = reported == null ? -1 : overlap(from, to);
    if (reported != null && known >= 0) {
      reported.onDuplicate(Seq.max(from, starts[known]), Seq.min(to, ends[known]));
    }
  }

  /** The first range that has some of the bytes from {@code from} to before {@code to}; or -1. */
  int overlap(final int from, final int to) {
    for (int i = 0; i < count && Seq.lt(starts[i], to); i++) {
      if (Seq.gt(ends[i], from)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Adds {@code [from, to)}, which lies wholly beyond {@code rcvNxt}, joining whatever it overlaps
   * or touches.
   *
   * @return false when that would be one range too many; nothing changed
   */
  boolean add(final int from, final int to) {
    int first = 0;
    while (first < count && Seq.lt(ends[first], from)) {
      first++;
    }
    int last = first;
    while (last < count && Seq.leq(starts[last], to)) {
      last++;
    }
    if (first == last) {
      return insert(first, from, to);
    }
    starts[first] = Seq.min(starts[first], from);
    ends[first] = Seq.max(ends[last - 1], to);
    remove(first + 1, last);
    return true;
  }

  private boolean insert(final int at, final int from, final int to) {
    if (count == MAX_RANGES) {
      return false;
    }
    if (starts.length == 0) {
      starts = new int[MAX_RANGES];
      ends = new int[MAX_RANGES];
    }
    System.arraycopy(starts, at, starts, at + 1, count - at);
    System.arraycopy(ends, at, ends, at + 1, count - at);
    starts[at] = from;
    ends[at] = to;
    count++;
    return true;
  }

  private void remove(final int from, final int to) {
    System.arraycopy(starts, to, starts, from, count - to);
    System.arraycopy(ends, to, ends, from, count - to);
    count -= to - from;
  }

  /**
   * Forgets everything that {@code rcvNxt} reaches.
   *
   * @return {@code rcvNxt}, moved over the ranges that became contiguous with it
   */
  int absorb(final int rcvNxt) {
    int reached = rcvNxt;
    int used = 0;
    while (used < count && Seq.leq(starts[used], reached)) {
      reached = Seq.max(reached, ends[used]);
      used++;
    }
    if (used > 0) {
      remove(0, used);
    }
    return reached;
  }
}
