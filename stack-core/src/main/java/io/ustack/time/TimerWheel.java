package io.ustack.time;

import org.jspecify.annotations.Nullable;

/**
 * All timers of one shard: a hierarchical timing wheel (Varghese and Lauck, 1987), eight levels of
 * 64 slots over ticks of 65.5 µs, which covers every {@code long}.
 *
 * <p>Scheduling and cancelling are O(1) and allocate nothing. A timer fires at the first {@link
 * #advance} at or after its deadline, never before: ticks only decide where a timer waits.
 *
 * <p>Time is kept as the distance from the start, so a clock that wraps past {@link Long#MAX_VALUE}
 * is no event. Stack thread only.
 */
public final class TimerWheel {
  private static final int TICK_SHIFT = 16;
  private static final int SLOT_SHIFT = 6;
  private static final int SLOTS = 1 << SLOT_SHIFT;
  private static final int SLOT_MASK = SLOTS - 1;
  private static final int LEVELS = 8;

  /** The list of timers that {@link #advance} is firing just now. */
  private static final int EXPIRING = LEVELS * SLOTS;

  /** Further away than any deadline; the bound while nothing waits in a slot. */
  private static final long FAR_NS = 1L << 62;

  private final long originNs;
  private final @Nullable Timer[] heads = new @Nullable Timer[LEVELS * SLOTS + 1];

  /** One bit per slot that holds a timer. */
  private final long[] occupied = new long[LEVELS];

  /** One bit per level that holds a timer. */
  private int occupiedLevels;

  /**
   * The tick up to which everything due has fired. A timer waits on the level of the highest digit
   * (base 64) in which its tick differs from this one; so the lowest occupied slot of the lowest
   * occupied level is always the next one.
   */
  private long currentTick;

  private int scheduled;

  /** Not later than the next deadline, while anything is scheduled; keeps idle advances cheap. */
  private long boundNs;

  private @Nullable Timer expiringTail;

  /** An empty wheel that begins at {@code startNs}; no deadline may be 146 years away. */
  public TimerWheel(final long startNs) {
    originNs = startNs;
  }

  /** The number of timers that wait. */
  public int scheduled() {
    return scheduled;
  }

  /**
   * Lets the timer fire at {@code deadlineNs}, and at no other moment that it may have been
   * scheduled for. A deadline in the past fires at the next {@link #advance}, never inside this
   * call or inside an advance that is under way.
   */
  public void schedule(final Timer timer, final long deadlineNs) {
    if (scheduled == 0 || deadlineNs - boundNs < 0) {
      boundNs = deadlineNs;
    }
    timer.deadlineNs = deadlineNs;
    final int slot = slotFor(deadlineNs);
    if (timer.slot == slot) {
      return;
    }
    if (timer.slot == Timer.NOWHERE) {
      scheduled++;
    } else {
      unlink(timer);
    }
    link(timer, slot);
  }

  /** Takes the timer out; without effect when it isn't scheduled. */
  public void cancel(final Timer timer) {
    if (timer.slot != Timer.NOWHERE) {
      unlink(timer);
      scheduled--;
    }
  }

  /**
   * Fires every timer whose deadline is not after {@code nowNs}, ordered by tick; within one tick
   * in no promised order. Timers may schedule and cancel any timer from {@link Timer#onExpiry}.
   *
   * @return the number fired
   */
  public int advance(final long nowNs) {
    if (scheduled == 0 || (nowNs - boundNs < 0 && heads[EXPIRING] == null)) {
      return 0;
    }
    // After a timer threw, the rest of its advance is still in the expiring list and goes first.
    collect(nowNs);
    int fired = 0;
    for (Timer timer = heads[EXPIRING]; timer != null; timer = heads[EXPIRING]) {
      unlink(timer);
      scheduled--;
      fired++;
      timer.onExpiry(nowNs);
    }
    return fired;
  }

  /**
   * A moment that is not after the next deadline; the deadline itself when it is near. {@link
   * Long#MAX_VALUE} when nothing is scheduled, and only then: compare with that before subtracting.
   */
  public long nextDeadlineNs() {
    if (scheduled == 0) {
      return Long.MAX_VALUE;
    }
    return boundNs == Long.MAX_VALUE ? Long.MAX_VALUE - 1 : boundNs;
  }

  /** Moves what is due to the expiring list, and the current tick to now. */
  private void collect(final long nowNs) {
    final long nowTick = (nowNs - originNs) >>> TICK_SHIFT;
    while (occupiedLevels != 0) {
      final int level = Integer.numberOfTrailingZeros(occupiedLevels);
      final long startTick = firstOccupiedTick(level);
      if (startTick > nowTick) {
        break;
      }
      currentTick = startTick;
      final int slot = level * SLOTS + Long.numberOfTrailingZeros(occupied[level]);
      if (level > 0) {
        cascade(slot);
      } else {
        expire(slot, nowNs);
        if (startTick == nowTick) {
          break;
        }
      }
    }
    if (nowTick > currentTick) {
      currentTick = nowTick;
    }
    boundNs = nextBoundNs(nowNs);
  }

  /** Deals the timers of a slot whose time has begun to the levels below. */
  private void cascade(final int slot) {
    for (Timer timer = heads[slot]; timer != null; timer = heads[slot]) {
      unlink(timer);
      link(timer, slotFor(timer.deadlineNs));
    }
  }

  private void expire(final int slot, final long nowNs) {
    Timer timer = heads[slot];
    while (timer != null) {
      final Timer following = timer.next;
      if (timer.deadlineNs - nowNs <= 0) {
        unlink(timer);
        appendExpiring(timer);
      }
      timer = following;
    }
  }

  private long nextBoundNs(final long nowNs) {
    if (occupiedLevels == 0) {
      return nowNs + FAR_NS;
    }
    final int level = Integer.numberOfTrailingZeros(occupiedLevels);
    if (level > 0) {
      return originNs + (firstOccupiedTick(level) << TICK_SHIFT);
    }
    final Timer first = heads[Long.numberOfTrailingZeros(occupied[0])];
    long earliest = first == null ? nowNs : first.deadlineNs;
    for (Timer timer = first; timer != null; timer = timer.next) {
      if (timer.deadlineNs - earliest < 0) {
        earliest = timer.deadlineNs;
      }
    }
    return earliest;
  }

  /** The tick at which the first occupied slot of a level begins. */
  private long firstOccupiedTick(final int level) {
    final int shift = level * SLOT_SHIFT;
    final long block = (currentTick >>> shift) & ~(long) SLOT_MASK;
    return (block | Long.numberOfTrailingZeros(occupied[level])) << shift;
  }

  private int slotFor(final long deadlineNs) {
    final long currentNs = originNs + (currentTick << TICK_SHIFT);
    final long tick =
        deadlineNs - currentNs < 0 ? currentTick : (deadlineNs - originNs) >>> TICK_SHIFT;
    final long difference = tick ^ currentTick;
    final int level =
        difference == 0 ? 0 : (63 - Long.numberOfLeadingZeros(difference)) / SLOT_SHIFT;
    return level * SLOTS + ((int) (tick >>> (level * SLOT_SHIFT)) & SLOT_MASK);
  }

  private void link(final Timer timer, final int slot) {
    final Timer head = heads[slot];
    timer.slot = slot;
    timer.previous = null;
    timer.next = head;
    if (head != null) {
      head.previous = timer;
    }
    heads[slot] = timer;
    final int level = slot >>> SLOT_SHIFT;
    occupied[level] |= 1L << (slot & SLOT_MASK);
    occupiedLevels |= 1 << level;
  }

  private void appendExpiring(final Timer timer) {
    final Timer tail = expiringTail;
    timer.slot = EXPIRING;
    timer.next = null;
    timer.previous = tail;
    if (tail == null) {
      heads[EXPIRING] = timer;
    } else {
      tail.next = timer;
    }
    expiringTail = timer;
  }

  private void unlink(final Timer timer) {
    final int slot = timer.slot;
    final Timer before = timer.previous;
    final Timer after = timer.next;
    if (before == null) {
      heads[slot] = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    } else if (slot == EXPIRING) {
      expiringTail = before;
    }
    timer.previous = null;
    timer.next = null;
    timer.slot = Timer.NOWHERE;
    if (slot != EXPIRING && heads[slot] == null) {
      final int level = slot >>> SLOT_SHIFT;
      occupied[level] &= ~(1L << (slot & SLOT_MASK));
      if (occupied[level] == 0) {
        occupiedLevels &= ~(1 << level);
      }
    }
  }
}
