package io.ustack.posix;

import io.ustack.stack.Command;
import io.ustack.stack.CommandQueue;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.StackAgent;
import io.ustack.time.Clock;
import java.lang.invoke.VarHandle;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A thread of its own runs the stack; application threads send commands and park. When that thread
 * ends, for whatever reason, it wakes all who are parked: they find that the stack is over.
 */
final class DedicatedExecution implements Execution {
  /** Looks before parking: an answer that is on its way costs no sleep. */
  private static final int SPINS = 200;

  private static final int YIELDS = 100;
  private static final long FULL_QUEUE_PARK_NS = 50_000;

  /** How long a call sleeps before it looks whether there still is a stack thread. */
  private static final long ALIVE_CHECK_NS = 50_000_000;

  private final NetworkStack stack;
  private final Clock clock;
  private final CommandQueue commands;
  private final StackAgent agent;

  /** Where threads may be parked. */
  private final Set<WaitPoint> points = ConcurrentHashMap.newKeySet();

  private volatile boolean over;

  DedicatedExecution(final NetworkStack stack, final Clock clock) {
    this.stack = stack;
    this.clock = clock;
    commands = stack.commands();
    agent = new StackAgent(stack, clock, this::end);
    agent.start();
  }

  /**
   * The last act of the stack's thread. Who parks afterwards has registered where before it looked
   * at {@link #over}, or sees that it is over.
   */
  private void end() {
    over = true;
    VarHandle.fullFence();
    points.forEach(WaitPoint::wake);
  }

  @Override
  public boolean isOver() {
    return over;
  }

  @Override
  public boolean isShared() {
    return true;
  }

  @Override
  public void fence() {
    VarHandle.fullFence();
  }

  @Override
  public Lock newLock() {
    return new ReentrantLock();
  }

  @Override
  public void call(final StackCall call) {
    call.begin(Thread.currentThread());
    offer(call);
    boolean interrupted = false;
    for (int spins = 0; !call.isDone() && !over; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(call, ALIVE_CHECK_NS);
        // The call can't be taken back: whoever interrupts is heard at the next wait.
        interrupted |= Thread.interrupted();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void ring(final Doorbell bell, final int requests) {
    if (bell.note(requests)) {
      offer(bell);
    }
  }

  /** The queue is bounded, the stack takes from it in every cycle: wait until there is room. */
  @SuppressWarnings("ThreadPriorityCheck") // Nothing depends on who runs instead.
  private void offer(final Command command) {
    for (int tries = 0; !commands.offer(command) && !over; tries++) {
      if (tries < SPINS) {
        Thread.onSpinWait();
      } else if (tries < SPINS + YIELDS) {
        Thread.yield();
      } else {
        LockSupport.parkNanos(this, FULL_QUEUE_PARK_NS);
      }
    }
  }

  @Override
  public void turn() {}

  @Override
  public int await(
      final Awaitable awaited, final int events, final int bytes, final long timeoutNs) {
    for (int spins = 0; spins < SPINS; spins++) {
      if (awaited.isReady(events, bytes)) {
        return 0;
      }
      Thread.onSpinWait();
    }
    final Thread self = Thread.currentThread();
    awaited.enter(events, self);
    try {
      return parkUntil(awaited, events, bytes, timeoutNs, self);
    } finally {
      awaited.leave(events, self);
    }
  }

  private int parkUntil(
      final Awaitable awaited,
      final int events,
      final int bytes,
      final long timeoutNs,
      final Thread self) {
    final long startNs = clock.nanoTime();
    while (true) {
      if (awaited.isReady(events, bytes)) {
        return 0;
      }
      if (over) {
        return -Errno.EIO;
      }
      if (self.isInterrupted()) {
        return -Errno.EINTR;
      }
      if (timeoutNs < 0) {
        LockSupport.park(awaited);
        continue;
      }
      final long remainingNs = timeoutNs - (clock.nanoTime() - startNs);
      if (remainingNs <= 0) {
        return -Errno.EAGAIN;
      }
      LockSupport.parkNanos(awaited, remainingNs);
    }
  }

  @Override
  public void watch(final WaitPoint point) {
    points.add(point);
  }

  @Override
  public void forget(final WaitPoint point) {
    points.remove(point);
  }

  @Override
  public void close() {
    final boolean broken = over;
    agent.stop();
    if (!broken) {
      // The stack is this thread's now: what was asked last is done, and what closing sends leaves.
      stack.poll(clock.nanoTime());
    }
  }
}
