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

  /** The number that it was added by. */
  final int descriptor;

  /** What for and how. Written under the set's lock, read by whoever raises. */
  volatile int interest;

  /** The caller's; under the set's lock. */
  long data;

  /** Written under the set's lock. */
  volatile boolean removed;

  /** The pollable's list; written under the topology lock, walked by whoever raises. */
  volatile @Nullable Watch nextOfPollable;

  /** The same backwards; under the topology lock. */
  @Nullable Watch previousOfPollable;

  /** The {@link InterestList}'s; under the topology lock. */
  @Nullable Watch nextInBucket;

  /**
   * Inbox or ready list; the first belongs to whoever puts it there, the second to the set's lock.
   */
  @Nullable Watch nextReady;

  @Nullable Watch previousReady;
  boolean inReadyList;

  /** Whoever changes the pollable is the one who waits: nothing is shared with another thread. */
  private final boolean unshared;

  private int pending; // also through PENDING

  Watch(
      final EpollSet set,
      final Pollable pollable,
      final int descriptor,
      final int interest,
      final long data) {
    this.set = set;
    this.pollable = pollable;
    this.descriptor = descriptor;
    this.interest = interest;
    this.data = data;
    unshared = !pollable.isShared();
  }

  /** EPOLLEXCLUSIVE. */
  boolean isExclusive() {
    return (interest & Epoll.EPOLLEXCLUSIVE) != 0;
  }

  /**
   * Something of {@code key} changed (0: anything). Any thread, after a full fence.
   *
   * @return whether that is enough: with EPOLLEXCLUSIVE, when a thread waits for the set and comes
   *     to look because of this
   */
  boolean raise(final int key) {
    final int wanted = interest & ~Epoll.HOW;
    if (wanted == 0 || (key != 0 && (key & wanted) == 0) || !becomePending()) {
      return false;
    }
    if (unshared) {
      set.appendRaised(this);
    } else {
      set.push(this);
    }
    // Who waits now looks after the push. Who has looked and left already is not seen: one more is
    // told, which does no harm.
    return isExclusive() && set.isAwaited();
  }

  /**
   * It was taken out of the pollable's list. With EPOLLEXCLUSIVE an event that it was told of, and
   * that nobody has taken, may have been told to it alone: the next one is told.
   */
  void handOn() {
    if (isExclusive() && (int) PENDING.getOpaque(this) != 0) {
      pollable.raise(interest & ~Epoll.HOW);
    }
  }

  /** True for the one caller that may put it into the inbox or the ready list. */
  boolean becomePending() {
    if (unshared) {
      if (removed || pending != 0) {
        return false;
      }
      pending = 1;
      return true;
    }
    return !removed && (int) PENDING.getOpaque(this) == 0 && PENDING.compareAndSet(this, 0, 1);
  }

  /** Whether nothing changes between two looks of one thread. */
  boolean isUnshared() {
    return unshared;
  }

  /** It is in no list any more; the caller looks at the pollable next. */
  void stopPending() {
    if (unshared) {
      pending = 0;
      return;
    }
    PENDING.setRelease(this, 0);
    set.engine.execution.fence();
  }
}
