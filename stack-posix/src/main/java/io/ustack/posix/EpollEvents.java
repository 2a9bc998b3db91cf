package io.ustack.posix;

/**
 * Where {@code epoll_wait} puts what it found: made once, used for every call. One thread at a
 * time.
 */
public final class EpollEvents {
  private final int[] events;
  private final long[] data;

  /** Room for {@code capacity} events. */
  public EpollEvents(final int capacity) {
    events = new int[capacity];
    data = new long[capacity];
  }

  /** How many events fit. */
  public int capacity() {
    return events.length;
  }

  /** The {@code EPOLL} bits of event {@code index} of the last wait. */
  public int events(final int index) {
    return events[index];
  }

  /** What the caller gave {@code epoll_ctl} for event {@code index} of the last wait. */
  public long data(final int index) {
    return data[index];
  }

  void set(final int index, final int bits, final long user) {
    events[index] = bits;
    data[index] = user;
  }
}
