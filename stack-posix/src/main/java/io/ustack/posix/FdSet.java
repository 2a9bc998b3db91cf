package io.ustack.posix;

import java.util.Arrays;

/** A set of descriptors for select(2), its {@code fd_set}; of any size. One thread at a time. */
public final class FdSet {
  /** Linux FD_SETSIZE. */
  public static final int FD_SETSIZE = 1024;

  private final long[] bits;

  /** An empty set for descriptors below {@link #FD_SETSIZE}. */
  public FdSet() {
    this(FD_SETSIZE);
  }

  /** An empty set for descriptors below {@code size}. */
  public FdSet(final int size) {
    bits = new long[(size + 63) >> 6];
  }

  /** Descriptors below this one fit. */
  public int size() {
    return bits.length << 6;
  }

  /** FD_SET. */
  public void set(final int fd) {
    bits[fd >> 6] |= 1L << fd;
  }

  /** FD_CLR. */
  public void clear(final int fd) {
    bits[fd >> 6] &= ~(1L << fd);
  }

  /** FD_ISSET. */
  public boolean isSet(final int fd) {
    return (bits[fd >> 6] & 1L << fd) != 0;
  }

  /** FD_ZERO. */
  public void zero() {
    Arrays.fill(bits, 0);
  }
}
