package io.ustack.posix;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * One epoll set's interest in one pollable. Its links are part of it, so that becoming ready
 * allocates nothing.
 *
 * <p>{@code pending} says that it is in the set's inbox or ready list, once; whoever turns it from
 * 0 to 1 puts it there.
 */
final class Watch {
  private static final VarHandle PENDING;

  static {
    try {
      PENDING = MethodHandles.lookup().findVarHandle(Watch.class, "pending", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final EpollSet set;
  final Pollable pollable;

  /** What for and how. Written under the set's lock, read by whoever raises. */
  volatile int interest;

  /** The caller's; under the set's lock. */
  long data;

  /** Written under the set's lock. */
  volatile boolean removed;

  /** The pollable's list; written under the topology lock, walked by whoever raises. */
  volatile @Nullable Watch nextOfPollable;

  /** The set's list of all watches; under the set's lock. */
  @Nullable Watch previousOwned;

  @Nullable Watch nextOwned;

  /**
   * Inbox or ready list; the first belongs to whoever puts it there, the second to the set's lock.
   */
  @Nullable Watch nextReady;

  @Nullable Watch previousReady;
  boolean inReadyList;

  @SuppressWarnings("UnusedVariable") // through PENDING
  private int pending;

  Watch(final EpollSet set, final Pollable pollable, final int interest, final long data) {
    this.set = set;
    this.pollable = pollable;
    this.interest = interest;
    this.data = data;
  }

  /** Something of {@code key} changed (0: anything). Any thread, after a full fence. */
  void raise(final int key) {
    final int wanted = interest & ~Epoll.HOW;
    if (wanted != 0 && (key == 0 || (key & wanted) != 0)) {
      if (becomePending()) {
        set.push(this);
      }
    }
  }

  /** True for the one caller that may put it into the inbox or the ready list. */
  boolean becomePending() {
    return !removed && (int) PENDING.getOpaque(this) == 0 && PENDING.compareAndSet(this, 0, 1);
  }

  /** It is in no list any more; the caller looks at the pollable next. */
  void stopPending() {
    PENDING.setRelease(this, 0);
    set.engine.execution.fence();
  }
}
