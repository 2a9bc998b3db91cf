package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WorkMeterTest {
  private static final long MS = 1_000_000;

  private static void work(final AtomicBoolean ended) {
    while (!ended.get()) {
      Thread.onSpinWait();
    }
  }

  /** The CPU time of a thread that runs the stack is the server's; that of others is not. */
  @Test
  @Timeout(60)
  void theThreadsOfAStackCount() throws InterruptedException {
    final AtomicBoolean ended = new AtomicBoolean();
    final Thread stack = new Thread(() -> work(ended), "ustack-test");
    final Thread other = new Thread(() -> work(ended), "somebody");
    stack.start();
    other.start();
    final WorkMeter meter = new WorkMeter();
    Work work = meter.work();
    while (of("ustack-test", work) < 50 * MS || of("somebody", work) < 50 * MS) {
      Thread.sleep(1);
      work = meter.work();
    }
    ended.set(true);
    stack.join();
    other.join();
    final String seen = work.toString();
    assertTrue(work.cpuNs() >= of("ustack-test", work) / 2, seen);
    // What it is made of is read before that of single threads, in which this one is a "java".
    final long mostNs = of("ustack-test", work) + of("java", work) + 10 * MS;
    assertTrue(work.cpuNs() < mostNs, seen);
  }

  private static long of(final String thread, final Work work) {
    return work.threadsNs().getOrDefault(thread, 0L);
  }

  @Test
  void allocationAndCollectionsCount() {
    final WorkMeter meter = new WorkMeter();
    final byte[] kept = new byte[1 << 20];
    System.gc();
    final Work work = meter.work();
    assertTrue(work.allocatedBytes() >= kept.length, work::toString);
    assertTrue(work.collections() >= 1, work::toString);
  }

  @Test
  void threadsOfOneNameAreOne() {
    final Work one = new Work(1, 2, 3, 4, Map.of("a", 5L));
    final Work other = new Work(10, 20, 30, 40, Map.of("a", 50L, "b", 60L));
    assertEquals(new Work(11, 22, 33, 44, Map.of("a", 55L, "b", 60L)), one.plus(other));
  }
}
