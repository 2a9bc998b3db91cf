package io.ustack.posix;

import io.ustack.stack.IdleStrategy;
import io.ustack.stack.NetworkStack;
import io.ustack.stack.Rest;
import io.ustack.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.function.LongSupplier;

/**
 * No thread but the caller's: whoever has to wait runs the duty cycle until the answer is there.
 */
final class InlineExecution implements Execution {
  private final InlineShard[] shards;
  private final Clock clock;
  private final boolean waits;
  private final IdleStrategy idle;
  private final LongSupplier dueInNs = this::dueInNs;
  private long nowNs;

  /** When the wait that goes on began, and how long it may last; {@link #FOREVER} or less. */
  private long waitStartNs;

  private long waitNs;

  /**
   * Over stacks that have one address.
   *
   * @param waits false where only the caller moves the clock: a wait ends as soon as the stack has
   *     nothing to do at this moment
   */
  InlineExecution(final List<NetworkStack> stacks, final Clock clock, final boolean waits) {
    shards = stacks.stream().map(InlineShard::new).toArray(InlineShard[]::new);
    this.clock = clock;
    this.waits = waits;
    // Other clocks do not move while this thread sleeps: what is due would be slept over.
    idle = new IdleStrategy(clock == Clock.SYSTEM ? stacks.get(0).rest() : Rest.SHORT);
    nowNs = clock.nanoTime();
  }

  @Override
  public Lock newLock() {
    return NoLock.INSTANCE;
  }

  @Override
  public boolean isShared() {
    return false;
  }

  @Override
  public void fence() {}

  @Override
  public boolean isOver() {
    for (final InlineShard shard : shards) {
      if (shard.stack.isClosed()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public Shard[] shards() {
    return shards;
  }

  @Override
  public void turn() {
    poll();
  }

  int poll() {
    nowNs = clock.nanoTime();
    int work = 0;
    for (final InlineShard shard : shards) {
      work += shard.stack.poll(nowNs);
    }
    return work;
  }

  @Override
  public int await(
      final Awaitable awaited, final int events, final int bytes, final long timeoutNs) {
    if (timeoutNs >= 0) {
      nowNs = clock.nanoTime(); // the last turn may be long ago
    }
    final long startNs = nowNs;
    waitStartNs = startNs;
    waitNs = timeoutNs;
    while (true) {
      if (awaited.isReady(events, bytes)) {
        return 0;
      }
      if (isOver()) {
        return -Errno.EIO;
      }
      if (timeoutNs >= 0 && nowNs - startNs >= timeoutNs) {
        return -Errno.EAGAIN;
      }
      if (Thread.currentThread().isInterrupted()) {
        return -Errno.EINTR;
      }
      final int work = poll();
      if (!waits && work == 0 && !awaited.isReady(events, bytes)) {
        return -Errno.EAGAIN;
      }
      idle.afterCycle(work, dueInNs);
    }
  }

  private long dueInNs() {
    long dueNs = waitNs < 0 ? Long.MAX_VALUE : waitNs - (nowNs - waitStartNs);
    for (final InlineShard shard : shards) {
      final long deadlineNs = shard.stack.nextDeadlineNs(nowNs);
      if (deadlineNs != Long.MAX_VALUE) {
        dueNs = Math.min(dueNs, deadlineNs - nowNs);
      }
    }
    return dueNs;
  }

  @Override
  public void watch(final WaitPoint point) {}

  @Override
  public void forget(final WaitPoint point) {}

  @Override
  public void close() {
    poll();
  }

  /** Called where the stack runs. */
  private final class InlineShard extends Shard {
    InlineShard(final NetworkStack stack) {
      super(stack, NoLock.INSTANCE);
    }

    @Override
    void call(final StackCall call) {
      if (!isOver()) {
        nowNs = clock.nanoTime();
        stack.execute(call, nowNs);
      }
    }

    @Override
    void ring(final Doorbell bell, final int requests) {
      // The time of the last turn will do: what these requests plan is timed when it is sent.
      bell.serveAll(requests, nowNs);
    }
  }

  /** One thread needs no lock. */
  private enum NoLock implements Lock {
    INSTANCE;

    @Override
    public void lock() {}

    @Override
    public void lockInterruptibly() {}

    @Override
    public boolean tryLock() {
      return true;
    }

    @Override
    public boolean tryLock(final long time, final TimeUnit unit) {
      return true;
    }

    @Override
    public void unlock() {}

    @Override
    public Condition newCondition() {
      throw new UnsupportedOperationException("one thread has nobody to wait for");
    }
  }
}
