package io.ustack.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what the current thread allocates on the heap. */
public final class Allocation {
  private Allocation() {}

  /**
   * Bytes allocated by the last of many rounds of {@code round}: what remains when everything is
   * warm.
   */
  public static long bytesOfWarmRounds(
      final int warmUpRounds, final int rounds, final Runnable round) {
    final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long self = Thread.currentThread().getId();
    for (int i = 0; i < warmUpRounds; i++) {
      round.run();
    }
    // Asking allocates too, the first time.
    threads.getThreadAllocatedBytes(self);
    final long before = threads.getThreadAllocatedBytes(self);
    final long cost = threads.getThreadAllocatedBytes(self) - before;
    final long start = threads.getThreadAllocatedBytes(self);
    for (int i = 0; i < rounds; i++) {
      round.run();
    }
    return threads.getThreadAllocatedBytes(self) - start - cost;
  }
}
