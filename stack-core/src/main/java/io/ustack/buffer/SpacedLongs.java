package io.ustack.buffer;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Longs each of which has a cache line to itself, wherever the garbage collector puts them: for
 * what one thread writes often while others read or write what would lie beside it. Who may touch
 * which is up to its owner.
 */
public final class SpacedLongs {
  /** Two lines of 64 bytes: processors fetch them in pairs. */
  static final int DISTANCE_BYTES = 128;

  private static final int DISTANCE = DISTANCE_BYTES / Long.BYTES;

  private final AtomicLongArray words;

  /** So many of them, all 0. */
  public SpacedLongs(final int count) {
    words = new AtomicLongArray((count + 1) * DISTANCE);
  }

  /** Where one lies among the words of the array, whose rest is empty. */
  static int place(final int index) {
    return (index + 1) * DISTANCE;
  }

  /** The length of the array. */
  int length() {
    return words.length();
  }

  /** As of a volatile. */
  public long get(final int index) {
    return words.get(place(index));
  }

  /** As of a plain field. */
  public long getPlain(final int index) {
    return words.getPlain(place(index));
  }

  /** As of a plain field. */
  public void setPlain(final int index, final long value) {
    words.setPlain(place(index), value);
  }

  /** Whoever sees it sees what was written before. */
  public void setRelease(final int index, final long value) {
    words.setRelease(place(index), value);
  }

  /** As of a volatile, if it is as expected; returns whether it was. */
  public boolean compareAndSet(final int index, final long expected, final long value) {
    return words.compareAndSet(place(index), expected, value);
  }
}
