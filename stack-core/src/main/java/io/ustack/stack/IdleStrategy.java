package io.ustack.stack;

import java.util.concurrent.locks.LockSupport;

/**
 * What a thread that runs duty cycles does when there is no work: it spins, then yields, then
 * parks, from one microsecond up to a tenth of a millisecond. So a busy stack never sleeps, and an
 * idle one leaves its core to others. One thread; it may be unparked early.
 */
public final class IdleStrategy {
  private static final int SPINS = 1000;
  private static final int YIELDS = 100;
  private static final long SHORTEST_PARK_NS = 1_000;
  private static final long LONGEST_PARK_NS = 100_000;

  private int idleCycles;

  /**
   * After each cycle.
   *
   * @param work what the cycle did: 0 rests, a little longer each time
   */
  public void afterCycle(final int work) {
    if (work > 0) {
      idleCycles = 0;
    } else {
      rest();
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on who runs instead.
  private void rest() {
    if (idleCycles < SPINS) {
      Thread.onSpinWait();
    } else if (idleCycles < SPINS + YIELDS) {
      Thread.yield();
    } else {
      final int doublings = Math.min(idleCycles - SPINS - YIELDS, 30);
      LockSupport.parkNanos(Math.min(SHORTEST_PARK_NS << doublings, LONGEST_PARK_NS));
    }
    if (idleCycles < Integer.MAX_VALUE) {
      idleCycles++;
    }
  }
}
