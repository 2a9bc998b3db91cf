package io.ustack.posix;

import io.ustack.stack.Command;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Something that an application thread has the stack do while it waits. Arguments are written
 * before it is handed over, results before it is done; {@code done} publishes both ways.
 */
abstract class StackCall implements Command {
  private @Nullable Thread caller;
  private volatile boolean done;

  /** What to do; stack thread. */
  abstract void run(long nowNs);

  @Override
  public final void execute(final long nowNs) {
    final Thread waiting = caller;
    try {
      run(nowNs);
    } finally {
      done = true;
      LockSupport.unpark(waiting);
    }
  }

  /** The calling thread is about to hand it over and to wait. */
  final void begin(final Thread self) {
    caller = self;
    done = false;
  }

  final boolean isDone() {
    return done;
  }
}
