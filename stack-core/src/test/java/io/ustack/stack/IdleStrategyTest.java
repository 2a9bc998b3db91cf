package io.ustack.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How often an idle stack looks, on a clock that its parks move. */
@Timeout(60)
class IdleStrategyTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1_000 * MS;
  private static final long NEVER = Long.MAX_VALUE;

  private long nowNs;
  private long lastParkNs;

  private IdleStrategy strategy(final Rest rest) {
    return new IdleStrategy(
        rest,
        ns -> {
          nowNs += ns;
          lastParkNs = ns;
        });
  }

  /** Lets a stack do nothing for so long; returns how often it looked. */
  private int idle(final IdleStrategy idle, final long forNs) {
    final long endNs = nowNs + forNs;
    int cycles = 0;
    while (nowNs - endNs < 0) {
      idle.afterCycle(0, () -> NEVER);
      cycles++;
    }
    return cycles;
  }

  @Test
  void aBusyStackNeverSleeps() {
    final IdleStrategy idle = strategy(Rest.LONG);
    for (int i = 0; i < 100_000; i++) {
      idle.afterCycle(i % 1000 == 0 ? 1 : 0, () -> NEVER);
    }
    assertEquals(0, nowNs);
  }

  @Test
  void restsNoLongerThanASixteenthOfTheSilence() {
    final IdleStrategy idle = strategy(Rest.LONG);
    while (nowNs < SECOND) {
      final long silenceNs = nowNs;
      idle.afterCycle(0, () -> NEVER);
      final long parkNs = nowNs - silenceNs;
      assertTrue(
          parkNs <= Math.max(IdleStrategy.SHORT_PARK_NS, silenceNs / 16), () -> parkNs + " ns");
      assertTrue(parkNs <= MS, () -> parkNs + " ns");
    }
    assertEquals(MS, lastParkNs);
    idle.afterCycle(0, () -> NEVER);
    assertEquals(5 * MS, lastParkNs);
  }

  /** The figure behind "under 2 % CPU": a look costs some ten microseconds with its wake-up. */
  @Test
  void anIdleStackLooksTwoHundredTimesASecond() {
    final IdleStrategy idle = strategy(Rest.LONG);
    idle(idle, SECOND);
    assertEquals(200 * 60, idle(idle, 60 * SECOND));
  }

  @Test
  void oneFrameWakesItUpAltogether() {
    final IdleStrategy idle = strategy(Rest.LONG);
    idle(idle, 2 * SECOND);
    idle.afterCycle(1, () -> NEVER);
    final long beforeNs = nowNs;
    for (int i = 0; i < 1100; i++) {
      idle.afterCycle(0, () -> NEVER);
    }
    assertEquals(beforeNs, nowNs);
    idle.afterCycle(0, () -> NEVER);
    assertEquals(1_000, lastParkNs);
  }

  @Test
  void sleepsUntilSomethingIsDue() {
    final IdleStrategy idle = strategy(Rest.LONG);
    idle(idle, 2 * SECOND);
    idle.afterCycle(0, () -> 2 * MS);
    assertEquals(2 * MS, lastParkNs);
    // Overdue, and nothing could be done: no reason to spin.
    idle.afterCycle(0, () -> -5);
    assertEquals(IdleStrategy.SHORT_PARK_NS, lastParkNs);
  }

  @Test
  void asShortOrAsLittleAsTold() {
    idle(strategy(Rest.SHORT), 2 * SECOND);
    assertEquals(IdleStrategy.SHORT_PARK_NS, lastParkNs);
    final long beforeNs = nowNs;
    final IdleStrategy never = strategy(Rest.NEVER);
    for (int i = 0; i < 100_000; i++) {
      never.afterCycle(0, () -> NEVER);
    }
    assertEquals(beforeNs, nowNs);
  }

  /** Work that is left at the last moment, after the look for it, is not slept over. */
  @Test
  void whoLeavesWorkWakesTheSleeper() {
    final long[] slept = {0};
    final IdleStrategy idle =
        new IdleStrategy(
            Rest.LONG,
            ns -> {
              if (nowNs++ < 1_000_000) {
                return; // silence, quickly
              }
              final long startNs = System.nanoTime();
              LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(30));
              slept[0] = System.nanoTime() - startNs;
            });
    while (slept[0] == 0) {
      idle.afterCycle(
          0,
          () -> {
            idle.wake();
            return NEVER;
          });
    }
    assertTrue(slept[0] < TimeUnit.SECONDS.toNanos(20), "slept over work");
  }
}
