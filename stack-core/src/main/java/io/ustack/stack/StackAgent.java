package io.ustack.stack;

import io.ustack.time.Clock;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A thread of its own for one shard: runs the duty cycle until it is stopped or the stack is
 * closed, and rests when there is nothing to do, as {@link IdleStrategy} says.
 *
 * <p>What the stack throws does not end the thread (see {@link NetworkStack#errors()}), but for
 * errors after which nothing can be relied on, such as a class that can't be loaded. Whoever waits
 * for the stack has to hear of the end, however it comes: {@code atEnd} runs then.
 */
public final class StackAgent implements Runnable {
  private final NetworkStack stack;
  private final Clock clock;
  private final Runnable atEnd;
  private final IdleStrategy idle;
  private volatile boolean running = true;
  private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();

  /** An agent for {@code stack} that reads {@code clock} once per cycle. */
  public StackAgent(final NetworkStack stack, final Clock clock) {
    this(stack, clock, () -> {});
  }

  /**
   * As above.
   *
   * @param atEnd the last that the thread does, whatever has ended it
   */
  public StackAgent(final NetworkStack stack, final Clock clock, final Runnable atEnd) {
    this.stack = stack;
    this.clock = clock;
    this.atEnd = atEnd;
    idle = new IdleStrategy(stack.rest());
    stack.link().waker(idle::wake);
  }

  /** Starts the thread. Once only. */
  public void start() {
    final Thread started = new Thread(this, "ustack-" + stack.link().capabilities().name());
    if (!thread.compareAndSet(null, started)) {
      throw new IllegalStateException("started already");
    }
    started.setDaemon(true);
    started.start();
  }

  /**
   * Ends the thread after the cycle it is in, and waits for that; then the caller owns the stack.
   * From the stack thread itself it only asks for the end. Idempotent.
   */
  public void stop() {
    running = false;
    final Thread started = thread.get();
    if (started == null || started == Thread.currentThread()) {
      return;
    }
    LockSupport.unpark(started);
    boolean interrupted = false;
    while (started.isAlive()) {
      try {
        started.join();
      } catch (final InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void run() {
    try {
      final LongSupplier dueInNs = this::dueInNs;
      while (running && !stack.isClosed()) {
        idle.afterCycle(cycle(), dueInNs);
      }
    } catch (final Error e) {
      stack.errors().report("running a cycle, which ends the stack's thread", e);
    } finally {
      atEnd.run();
    }
  }

  private long dueInNs() {
    try {
      final long nowNs = clock.nanoTime();
      final long deadlineNs = stack.nextDeadlineNs(nowNs);
      return deadlineNs == Long.MAX_VALUE ? deadlineNs : deadlineNs - nowNs;
    } catch (final RuntimeException e) {
      stack.errors().report("looking for what is due", e);
      return 0;
    }
  }

  /** Work has been left for the stack, in its queue of commands: it looks soon. Any thread. */
  public void wake() {
    idle.wake();
  }

  private int cycle() {
    try {
      return stack.poll(clock.nanoTime());
    } catch (final RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
      stack.errors().report("running a cycle", e);
      return 0;
    }
  }
}
