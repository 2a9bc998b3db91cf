package io.ustack.tcp;

import java.util.Arrays;

/**
 * The segments of a {@link RetransmitQueue} that are in the network, in the order in which they
 * left last (Linux tsorted_sent_queue): RACK looks at those that may be lost and at no others. Of
 * segments that a SACK block reported it says instead how far such segments go on, so that a block
 * that grows is not read from its beginning each time. A peer can't make an ACK cost a window.
 *
 * <p>Linked by position, which stays what it is when the memory grows.
 */
final class TransmitOrder {
  private int[] next;
  private int[] previous;
  private int oldest;
  private int newest;
  private int count;

  TransmitOrder(final int capacity) {
    next = new int[capacity];
    previous = new int[capacity];
  }

  private int index(final int position) {
    return position & (next.length - 1);
  }

  /** Segments in it. */
  int count() {
    return count;
  }

  /** The segment that left first; there is one. */
  int oldest() {
    return oldest;
  }

  /** The segment that left after this one, or where a run of SACKed ones goes on. */
  int after(final int position) {
    return next[index(position)];
  }

  /** The segment left, after all others. */
  void append(final int position) {
    if (count == 0) {
      oldest = position;
    } else {
      next[index(newest)] = position;
      previous[index(position)] = newest;
    }
    newest = position;
    count++;
  }

  /** The segment is one again that left before {@code successor}. */
  void insertBefore(final int successor, final int position) {
    next[index(position)] = successor;
    if (successor == oldest) {
      oldest = position;
    } else {
      final int before = previous[index(successor)];
      next[index(before)] = position;
      previous[index(position)] = before;
    }
    previous[index(successor)] = position;
    count++;
  }

  private void insertAfter(final int predecessor, final int position) {
    if (predecessor == newest) {
      append(position);
    } else {
      insertBefore(after(predecessor), position);
    }
  }

  /** The segment is not in the network any more. */
  void remove(final int position) {
    if (position == oldest) {
      oldest = next[index(position)];
    } else if (position == newest) {
      newest = previous[index(position)];
    } else {
      final int before = previous[index(position)];
      final int behind = next[index(position)];
      next[index(before)] = behind;
      previous[index(behind)] = before;
    }
    count--;
  }

  /** All segments from one that is not in it to before {@code to} are SACKed. */
  void skip(final int position, final int to) {
    next[index(position)] = to;
  }

  void clear() {
    count = 0;
  }

  /** Twice the memory, for segments from {@code first} to before {@code end}. */
  void grow(final int first, final int end) {
    final int size = next.length;
    next = Arrays.copyOf(next, 2 * size);
    previous = Arrays.copyOf(previous, 2 * size);
    for (int position = first; position != end; position++) {
      next[index(position)] = next[position & (size - 1)];
      previous[index(position)] = previous[position & (size - 1)];
    }
  }

  /**
   * The segment became two: those behind it moved by one.
   *
   * @param end just past the last, after the move
   * @param inNetwork it is in here, and so is the second half
   */
  void onSplit(final int position, final int first, final int end, final boolean inNetwork) {
    for (int p = end - 1; p != position; p--) {
      next[index(p)] = next[index(p - 1)];
      previous[index(p)] = previous[index(p - 1)];
    }
    for (int p = first; p != end; p++) {
      next[index(p)] = moved(next[index(p)], position);
      previous[index(p)] = moved(previous[index(p)], position);
    }
    oldest = moved(oldest, position);
    newest = moved(newest, position);
    if (inNetwork) {
      insertAfter(position, position + 1);
    }
  }

  private static int moved(final int link, final int position) {
    return link - position > 0 ? link + 1 : link;
  }
}
