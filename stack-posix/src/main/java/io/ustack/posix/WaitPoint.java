package io.ustack.posix;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Where threads park until something changes. One waiter costs nothing; more than one at a time
 * share a queue that allocates.
 *
 * <p>A waiter enters, then looks at its condition, then parks; whoever changes the condition
 * changes it first and wakes afterwards. A full fence on both sides between the two steps lets at
 * least one of them see the other, so no wake-up is lost.
 */
final class WaitPoint {
  private static final VarHandle FIRST;
  private static final VarHandle OTHERS;
  private static final VarHandle SHARING;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      FIRST = lookup.findVarHandle(WaitPoint.class, "first", Thread.class);
      OTHERS = lookup.findVarHandle(WaitPoint.class, "others", ConcurrentLinkedQueue.class);
      SHARING = lookup.findVarHandle(WaitPoint.class, "sharing", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("UnusedVariable") // through FIRST
  private volatile @Nullable Thread first;

  private volatile @Nullable ConcurrentLinkedQueue<Thread> others;

  /** Waiters that only look, and leave what came to others. */
  @SuppressWarnings("UnusedVariable") // through SHARING
  private volatile int sharing;

  /** The calling thread will look at its condition next. */
  void enter(final Thread self) {
    if (!FIRST.compareAndSet(this, null, self)) {
      queue().add(self);
    }
    VarHandle.fullFence();
  }

  /** The calling thread waits no more. */
  void leave(final Thread self) {
    final ConcurrentLinkedQueue<Thread> queue = others;
    if (!FIRST.compareAndSet(this, self, null) && queue != null) {
      queue.remove(self);
    }
  }

  /** As {@link #enter}, of a thread that will not take what it waits for. */
  void enterSharing(final Thread self) {
    SHARING.getAndAdd(this, 1);
    enter(self);
  }

  /** As {@link #leave}, after {@link #enterSharing}. */
  void leaveSharing(final Thread self) {
    leave(self);
    SHARING.getAndAdd(this, -1);
  }

  /**
   * Lets one waiter look again, the one that has waited longest. It takes what it finds, and wakes
   * the next when it leaves something. The caller has changed the condition and passed a full
   * fence.
   */
  void wakeOne() {
    final ConcurrentLinkedQueue<Thread> queue = others;
    if (sharing != 0) {
      wake();
    } else if (first != null) {
      LockSupport.unpark(first);
    } else if (queue != null) {
      LockSupport.unpark(queue.peek());
    }
  }

  /** Lets every waiter look again. The caller has changed the condition and passed a full fence. */
  void wake() {
    final Thread waiter = first;
    if (waiter != null) {
      LockSupport.unpark(waiter);
    }
    final ConcurrentLinkedQueue<Thread> queue = others;
    if (queue != null && !queue.isEmpty()) {
      queue.forEach(LockSupport::unpark);
    }
  }

  private ConcurrentLinkedQueue<Thread> queue() {
    final ConcurrentLinkedQueue<Thread> present = others;
    if (present != null) {
      return present;
    }
    final ConcurrentLinkedQueue<Thread> created = new ConcurrentLinkedQueue<>();
    if (OTHERS.compareAndSet(this, null, created)) {
      return created;
    }
    return java.util.Objects.requireNonNull(others);
  }
}
