package io.ustack.posix;

import io.ustack.stack.NetworkStack;
import io.ustack.time.Clock;
import java.lang.invoke.VarHandle;
import java.util.List;
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

  private final Clock clock;
  private final DedicatedShard[] shards;

  /** Where threads may be parked. */
  private final Set<WaitPoint> points = ConcurrentHashMap.newKeySet();

  private volatile boolean over;

  DedicatedExecution(final List<NetworkStack> stacks, final Clock clock) {
    this.clock = clock;
    shards =
        stacks.stream()
            .map(stack -> new DedicatedShard(stack, clock, this))
            .toArray(DedicatedShard[]::new);
    for (final DedicatedShard shard : shards) {
      shard.start();
    }
  }

  /**
   * The last act of the stack's thread. Who parks afterwards has registered where before it looked
   * at {@link #over}, or sees that it is over.
   */
  void end() {
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
  public Shard[] shards() {
    return shards;
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
    long leftNs = timeoutNs;
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
      if (leftNs <= 0) {
        return -Errno.EAGAIN;
      }
      LockSupport.parkNanos(awaited, leftNs);
      // Before the next look, as in Linux: what came before the time was seen to be over is found.
      leftNs = timeoutNs - (clock.nanoTime() - startNs);
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
    for (final DedicatedShard shard : shards) {
      shard.stop();
    }
    // They are this thread's now: what was asked last is done, and what closing sends leaves,
    // through the first ones where others have no queue.
    for (int i = shards.length - 1; i >= 0 && !broken; i--) {
      shards[i].stack.poll(clock.nanoTime());
    }
  }
}
