package io.ustack.testsupport.trace;

import java.util.Arrays;

/**
 * A value over time. Bounded: when it is full, every second sample is forgotten, and from then on
 * every second one is kept.
 */
public final class Samples {
  private static final int MOST = 1 << 17;

  private long[] atNs = new long[64];
  private long[] values = new long[64];
  private int count;
  private int stride = 1;
  private long offered;

  /** No samples yet. */
  public Samples() {}

  /** The value at a moment, not before that of the last one. */
  public void add(final long whenNs, final long value) {
    if (offered++ % stride != 0) {
      return;
    }
    if (count == MOST) {
      thinOut();
    } else if (count == atNs.length) {
      atNs = Arrays.copyOf(atNs, 2 * count);
      values = Arrays.copyOf(values, 2 * count);
    }
    atNs[count] = whenNs;
    values[count++] = value;
  }

  private void thinOut() {
    for (int i = 0; i < count / 2; i++) {
      atNs[i] = atNs[2 * i];
      values[i] = values[2 * i];
    }
    count /= 2;
    stride *= 2;
  }

  /** How many are kept. */
  public int count() {
    return count;
  }

  /** How many there were. */
  public long offered() {
    return offered;
  }

  /** When sample {@code index} was taken. */
  public long atNs(final int index) {
    return atNs[index];
  }

  /** Its value. */
  public long value(final int index) {
    return values[index];
  }

  /** The last value, or {@code otherwise} when there is none. */
  public long last(final long otherwise) {
    return count == 0 ? otherwise : values[count - 1];
  }
}
