package io.ustack.posix;

import io.ustack.time.Clock;

/**
 * Moves by ten microseconds each time somebody looks: whoever waits in a loop sees time pass, and a
 * test repeats exactly.
 */
final class TickingClock implements Clock {
  private static final long TICK_NS = 10_000;

  // Just under the end, so that comparisons which do not wrap are found out.
  private long nowNs = Long.MAX_VALUE - 50_000_000;

  @Override
  public long nanoTime() {
    nowNs += TICK_NS;
    return nowNs;
  }
}
