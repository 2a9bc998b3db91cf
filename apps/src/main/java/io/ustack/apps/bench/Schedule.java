package io.ustack.apps.bench;

import io.ustack.apps.load.DueTimes;
import java.util.stream.LongStream;

/** The requests of an open loop that are due in one block. */
final class Schedule {
  private final long ratePerSec;
  private DueTimes times;
  private long left;

  Schedule(final long ratePerSec) {
    this.ratePerSec = ratePerSec;
    times = new DueTimes(ratePerSec, 0);
  }

  /** Requests are due from now on for so long; those of before that nobody took are none of it. */
  void begin(final long nowNs, final long durationNs) {
    times = new DueTimes(ratePerSec, nowNs);
    left = times.waiting(nowNs + durationNs);
  }

  /** Whether some are left. */
  boolean hasMore() {
    return left > 0;
  }

  /** Whether the next one should be on its way. */
  boolean isDue(final long nowNs) {
    return hasMore() && nowNs - times.nextNs() >= 0;
  }

  /** Takes the next one; when it was due. */
  long take() {
    left--;
    return times.take();
  }

  /** Takes all that are left: when each was due. */
  LongStream takeAll() {
    final long all = left;
    left = 0;
    return LongStream.range(0, all).map(i -> times.take());
  }
}
