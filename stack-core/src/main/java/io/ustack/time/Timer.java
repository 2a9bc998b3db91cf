package io.ustack.time;

import org.jspecify.annotations.Nullable;

/**
 * Something that happens later. A timer is its own node in the {@link TimerWheel}, so scheduling
 * allocates nothing; it belongs to one wheel and one thread.
 */
public abstract class Timer {
  /** The list that {@link #slot} names when the timer waits nowhere. */
  static final int NOWHERE = -1;

  @Nullable Timer previous;
  @Nullable Timer next;
  int slot = NOWHERE;
  long deadlineNs;

  /** The deadline passed. The timer is no longer scheduled and may schedule itself again. */
  protected abstract void onExpiry(long nowNs);

  /** Whether it waits in a wheel. */
  public final boolean isScheduled() {
    return slot != NOWHERE;
  }

  /** The deadline it was last scheduled for. */
  public final long deadlineNs() {
    return deadlineNs;
  }
}
