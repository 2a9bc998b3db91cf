package io.ustack.stack;

import io.ustack.buffer.SpacedLongs;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a thread that runs duty cycles does when there is no work: it spins, then yields, then
 * parks, from one microsecond up to what {@link Rest} says. So a busy stack never sleeps, and an
 * idle one leaves its core to others.
 *
 * <p>Silence is the sum of the parks since the last work; no clock is read. One thread; only {@link
 * #wake} is for others.
 */
public final class IdleStrategy {
  private static final int SPINS = 1000;
  private static final int YIELDS = 100;
  private static final long SHORTEST_PARK_NS = 1_000;

  /** What a frame, a timer or a command may wait for without anybody's doing. */
  static final long SHORT_PARK_NS = 100_000;

  static final long LONG_PARK_NS = 1_000_000;
  static final long LONGEST_PARK_NS = 5_000_000;
  static final long DEEP_SILENCE_NS = 1_000_000_000;
  static final int SILENCE_PER_PARK = 16;

  // What the resting thread writes in each idle cycle, away from what others look at to wake it.
  private static final int IDLE_CYCLES = 0;
  private static final int SILENCE_NS = 1;

  private final Rest rest;
  private final LongConsumer parker;
  private final SpacedLongs own = new SpacedLongs(2);

  /** Who rests longer than {@link #SHORT_PARK_NS} now. */
  private volatile @Nullable Thread sleeper;

  public IdleStrategy(final Rest rest) {
    this(rest, LockSupport::parkNanos);
  }

  /** With other means to let time pass. */
  IdleStrategy(final Rest rest, final LongConsumer parker) {
    this.rest = rest;
    this.parker = parker;
  }

  /**
   * After each cycle.
   *
   * @param work what the cycle did: 0 rests, a little longer each time
   * @param dueInNs in how many nanoseconds there is something to do as far as is known, {@link
   *     Long#MAX_VALUE} when nothing is; asked before long parks only, and when {@link #wake} works
   *     already: what it does not see wakes
   */
  public void afterCycle(final int work, final LongSupplier dueInNs) {
    if (work > 0) {
      own.setPlain(IDLE_CYCLES, 0);
      own.setPlain(SILENCE_NS, 0);
    } else {
      rest(dueInNs);
    }
  }

  /** Ends a long park; a short one ends soon by itself. Any thread, after it has left work. */
  public void wake() {
    final Thread thread = sleeper;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on who runs instead.
  private void rest(final LongSupplier dueInNs) {
    final long idleCycles = own.getPlain(IDLE_CYCLES);
    if (idleCycles < SPINS || rest == Rest.NEVER) {
      Thread.onSpinWait();
    } else if (idleCycles < SPINS + YIELDS) {
      Thread.yield();
    } else {
      final long longNs = longParkNs();
      if (longNs > SHORT_PARK_NS) {
        parkLong(longNs, dueInNs);
      } else {
        final int doublings = (int) Math.min(idleCycles - SPINS - YIELDS, 30);
        park(Math.min(SHORTEST_PARK_NS << doublings, SHORT_PARK_NS));
      }
    }
    own.setPlain(IDLE_CYCLES, idleCycles + 1);
  }

  private long longParkNs() {
    if (rest != Rest.LONG) {
      return 0;
    }
    final long silenceNs = own.getPlain(SILENCE_NS);
    final long most = silenceNs < DEEP_SILENCE_NS ? LONG_PARK_NS : LONGEST_PARK_NS;
    return Math.min(silenceNs / SILENCE_PER_PARK, most);
  }

  private void parkLong(final long longNs, final LongSupplier dueInNs) {
    sleeper = Thread.currentThread();
    // What is due and can't be done now, as sending into a full ring, is no reason to spin.
    park(Math.max(SHORT_PARK_NS, Math.min(longNs, dueInNs.getAsLong())));
    sleeper = null;
  }

  private void park(final long ns) {
    own.setPlain(SILENCE_NS, own.getPlain(SILENCE_NS) + ns);
    parker.accept(ns);
  }
}
