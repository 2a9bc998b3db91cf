package io.ustack.apps.measure;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class ProcessorWaitTest {
  private volatile boolean over;

  private static double spin() {
    final ProcessorWait wait = new ProcessorWait();
    final long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(300);
    while (System.nanoTime() - endNs < 0) {
      Thread.onSpinWait();
    }
    return wait.share();
  }

  /** More of them than processors: some wait for others. */
  @Test
  void whoSharesAProcessorWaits() throws Exception {
    final List<FutureTask<Double>> spinners = new ArrayList<>();
    for (int i = 0; i <= 2 * Runtime.getRuntime().availableProcessors(); i++) {
      final FutureTask<Double> spinner = new FutureTask<>(ProcessorWaitTest::spin);
      spinners.add(spinner);
      new Thread(spinner).start();
    }
    double most = 0;
    for (final FutureTask<Double> spinner : spinners) {
      final double share = spinner.get();
      assertTrue(share >= 0 && share <= 1, () -> "share " + share);
      most = Math.max(most, share);
    }
    assertTrue(most > 0);
  }

  /** A stack's threads count, whoever asks. */
  @Test
  void whoseStackWaitsWaits() throws InterruptedException {
    final List<Thread> stacks = new ArrayList<>();
    for (int i = 0; i <= 2 * Runtime.getRuntime().availableProcessors(); i++) {
      final Thread stack = new Thread(this::spinUntilOver, "ustack-" + i);
      stacks.add(stack);
      stack.start();
    }
    final ProcessorWait wait = new ProcessorWait();
    TimeUnit.MILLISECONDS.sleep(300);
    final double share = wait.share();
    over = true;
    for (final Thread stack : stacks) {
      stack.join();
    }
    // Each has less than half a processor; whoever sleeps waits for one only when it wakes up.
    assertTrue(share > 0.2, () -> "share " + share);
  }

  private void spinUntilOver() {
    while (!over) {
      Thread.onSpinWait();
    }
  }
}
