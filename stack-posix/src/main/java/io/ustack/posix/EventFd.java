package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * eventfd(2): a counter that can be waited for. Takes no lock, and may be written to by any thread
 * also in INLINE mode: it is how another thread wakes the one that runs the stack.
 */
final class EventFd extends NumberFd {
  /** The largest count; unsigned, as all of them. */
  private static final long MOST = -2;

  private static final VarHandle COUNT;

  static {
    try {
      COUNT = MethodHandles.lookup().findVarHandle(EventFd.class, "count", long.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final boolean semaphore;

  @SuppressWarnings("UnusedVariable") // through COUNT
  private volatile long count;

  EventFd(final SocketEngine engine, final int initial, final boolean semaphore) {
    super(engine);
    this.semaphore = semaphore;
    count = Integer.toUnsignedLong(initial);
  }

  /** As Linux eventfd_poll. */
  @Override
  public int readiness() {
    // Also INLINE another thread may add: what this thread wrote is seen before it looks.
    VarHandle.fullFence();
    final long now = count;
    return (now == 0 ? 0 : Epoll.EPOLLIN) | (now == MOST ? 0 : Epoll.EPOLLOUT);
  }

  /** Takes the count, or 1 of it. */
  @Override
  int take(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset) {
    while (true) {
      final long now = count;
      if (now == 0) {
        final int outcome = retry(Epoll.EPOLLIN);
        if (outcome != 0) {
          return outcome;
        }
      } else if (COUNT.compareAndSet(this, now, semaphore ? now - 1 : 0)) {
        put(buffer, array, ranges, offset, semaphore ? 1 : now);
        raise(Epoll.EPOLLOUT);
        return NativeLong.BYTES;
      }
    }
  }

  /**
   * Adds to the count. Returns 8, -EINVAL for fewer bytes or 2^64-1, -EAGAIN where it would pass
   * 2^64-2 (INLINE also where it would wait), -EINTR, -EBADF
   *
   * <p>DEVIATION: Linux, write(2) of more than 8 bytes to an eventfd: the first 8 count, as
   * eventfd(2) has it and kernels long did; newer ones say EINVAL.
   */
  @Override
  public int write(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length) {
    if (length < NativeLong.BYTES) {
      return -Errno.EINVAL;
    }
    return add(NativeLong.get(buffer, array, offset));
  }

  private int add(final long value) {
    if (value == -1) {
      return -Errno.EINVAL;
    }
    while (true) {
      final long now = count;
      if (Long.compareUnsigned(MOST - now, value) < 0) {
        // The thread that could read may be this one; and a foreign one must not run the stack.
        final int outcome =
            engine.execution instanceof InlineExecution ? -Errno.EAGAIN : retry(Epoll.EPOLLOUT);
        if (outcome != 0) {
          return outcome;
        }
      } else if (COUNT.compareAndSet(this, now, now + value)) {
        raise(Epoll.EPOLLIN);
        return NativeLong.BYTES;
      }
    }
  }

  private int retry(final int events) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    return isNonBlocking()
        ? -Errno.EAGAIN
        : engine.execution.await(this, events, Execution.FOREVER);
  }

  @Override
  void onClose() {}
}
