package io.ustack.testing;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what the current thread allocates on the heap. */
public final class Allocation {
  private Allocation() {}

  /** Batches that are measured; what the JVM itself does once happens in one of them. */
  private static final int BATCHES = 4;

  /**
   * Bytes allocated by {@code rounds} of {@code round} when everything is warm: the least of a few
   * batches, since what every round allocates shows in all of them.
   *
   * @param rounds in all, a multiple of 4
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
    long least = Long.MAX_VALUE;
    for (int batch = 0; batch < BATCHES; batch++) {
      final long start = threads.getThreadAllocatedBytes(self);
      for (int i = 0; i < rounds / BATCHES; i++) {
        round.run();
      }
      least = Math.min(least, threads.getThreadAllocatedBytes(self) - start - cost);
    }
    return least;
  }
}
