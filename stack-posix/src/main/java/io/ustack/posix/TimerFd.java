package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.time.Timer;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * timerfd_create(2): a timer that can be waited for. It waits in the stack's timer wheel and
 * expires on the stack thread, which counts; whoever reads takes the count.
 */
final class TimerFd extends NumberFd {
  private static final VarHandle EXPIRATIONS;

  static {
    try {
      EXPIRATIONS = MethodHandles.lookup().findVarHandle(TimerFd.class, "expirations", long.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** 36 years: what is later never comes (Linux KTIME_MAX, what the wheel can hold). */
  private static final long FAR_NS = 1L << 60;

  private final Lock control;

  /** Under the control lock. */
  private final Call call = new Call();

  private final Expiry expiry = new Expiry();

  @SuppressWarnings("UnusedVariable") // through EXPIRATIONS
  private volatile long expirations;

  TimerFd(final SocketEngine engine) {
    super(engine);
    control = engine.execution.newLock();
  }

  /** As Linux timerfd_poll. */
  @Override
  public int readiness() {
    return expirations == 0 ? 0 : Epoll.EPOLLIN;
  }

  /**
   * timerfd_settime(2).
   *
   * @param flags TFD_TIMER_ABSTIME or not
   * @param valueNs until it expires, or the moment of the engine's clock when it does; 0 disarms
   * @param old receives what was set before
   * @return 0, -EINVAL, -EBADF, -EIO
   */
  int set(
      final int flags, final long valueNs, final long intervalNs, final @Nullable TimerSpec old) {
    return run(true, (flags & SocketOption.TFD_TIMER_ABSTIME) != 0, valueNs, intervalNs, old);
  }

  /** timerfd_gettime(2). Returns 0, -EBADF, -EIO */
  int get(final TimerSpec now) {
    return run(false, false, 0, 0, now);
  }

  private int run(
      final boolean sets,
      final boolean absolute,
      final long valueNs,
      final long intervalNs,
      final @Nullable TimerSpec old) {
    control.lock();
    try {
      if (isClosed()) {
        return -Errno.EBADF;
      }
      call.sets = sets;
      call.absolute = absolute;
      call.valueNs = valueNs;
      call.intervalNs = intervalNs;
      call.result = -Errno.EIO;
      engine.shard.call(call);
      if (call.result == 0 && old != null) {
        old.valueNs = call.oldValueNs;
        old.intervalNs = call.oldIntervalNs;
      }
      return call.result;
    } finally {
      control.unlock();
    }
  }

  @Override
  boolean canBeWritten() {
    return false;
  }

  /** Takes the number of expirations. */
  @Override
  int take(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset) {
    boolean looked = false;
    while (true) {
      final long taken = (long) EXPIRATIONS.getAndSet(this, 0L);
      if (taken != 0) {
        put(buffer, array, ranges, offset, taken);
        return NativeLong.BYTES;
      }
      final int outcome = retry(looked);
      if (outcome != 0) {
        return outcome;
      }
      looked = true;
    }
  }

  private int retry(final boolean looked) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    if (!isNonBlocking()) {
      return engine.execution.await(this, Epoll.EPOLLIN, Execution.FOREVER);
    }
    if (looked) {
      return -Errno.EAGAIN;
    }
    engine.execution.turn();
    return 0;
  }

  @Override
  void onClose() {
    control.lock();
    try {
      call.sets = true;
      call.valueNs = 0;
      engine.shard.call(call);
    } finally {
      control.unlock();
    }
  }

  /** What the stack is asked while the caller waits. */
  private final class Call extends StackCall {
    private boolean sets;
    private boolean absolute;
    private long valueNs;
    private long intervalNs;
    private long oldValueNs;
    private long oldIntervalNs;
    private int result;

    @Override
    void run(final long nowNs) {
      oldValueNs = expiry.isScheduled() ? Math.max(1, expiry.deadlineNs() - nowNs) : 0;
      oldIntervalNs = expiry.intervalNs;
      if (sets) {
        engine.shard.stack.timers().cancel(expiry);
        expirations = 0;
        expiry.intervalNs = Math.min(intervalNs, FAR_NS);
        if (valueNs != 0) {
          final long aheadNs = absolute ? valueNs - nowNs : valueNs;
          engine.shard.stack.timers().schedule(expiry, nowNs + Math.min(aheadNs, FAR_NS));
        }
      }
      result = 0;
    }
  }

  /** In the wheel; stack thread. */
  private final class Expiry extends Timer {
    private long intervalNs;

    @Override
    protected void onExpiry(final long nowNs) {
      long periods = 1;
      if (intervalNs > 0) {
        // What was missed is counted, as Linux hrtimer_forward does.
        periods += (nowNs - deadlineNs()) / intervalNs;
        engine.shard.stack.timers().schedule(this, deadlineNs() + periods * intervalNs);
      }
      EXPIRATIONS.getAndAdd(TimerFd.this, periods);
      raise(Epoll.EPOLLIN);
    }
  }
}
