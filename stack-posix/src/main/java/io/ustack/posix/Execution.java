package io.ustack.posix;

import java.util.concurrent.locks.Lock;

/**
 * How calls reach the stack and how they wait for it: all that differs between a stack that runs
 * inside the calls ({@link InlineExecution}) and one that has a thread of its own ({@link
 * DedicatedExecution}).
 */
interface Execution {
  /** A timeout that never ends. */
  long FOREVER = -1;

  /** A lock for what only application threads share; the stack never takes one. */
  Lock newLock();

  /** Whether threads share the stack's sockets; otherwise one does everything. */
  boolean isShared();

  /**
   * What the calling thread wrote before is seen by every other one before the caller reads what
   * follows. Nothing where there is no other.
   */
  void fence();

  /**
   * Whether nobody will run the stack any more: it is closed, or its thread has ended. Then nothing
   * that waits will ever come; calls give -EIO. Any thread.
   */
  boolean isOver();

  /** The stacks that it runs, at least one; nobody changes the array. */
  Shard[] shards();

  /**
   * The last look before a call says that it would block, and the flush after a blocking write: one
   * duty cycle if nobody else runs it.
   */
  void turn();

  /**
   * Waits until one of {@code events} is true of what is awaited, or it is closed.
   *
   * @param timeoutNs nanoseconds, or {@link #FOREVER}
   * @return 0; -EAGAIN when the time is up; -EINTR when the thread is interrupted (and stays so);
   *     -EIO when the stack is over
   */
  default int await(final Awaitable awaited, final int events, final long timeoutNs) {
    return await(awaited, events, Awaitable.AS_TOLD, timeoutNs);
  }

  /** The same, where to be readable takes so many bytes: {@link Awaitable#isReady}. */
  int await(Awaitable awaited, int events, int bytes, long timeoutNs);

  /** Threads will park there: they are woken when the stack is over. */
  void watch(WaitPoint point);

  /** Nobody will park there any more. */
  void forget(WaitPoint point);

  /** Lets go of what it runs; nobody calls or waits any more. */
  void close();
}
