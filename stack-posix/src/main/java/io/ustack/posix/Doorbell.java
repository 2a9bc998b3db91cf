package io.ustack.posix;

import io.ustack.stack.Command;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Requests of application threads to the stack that nobody waits for: "I read", "I wrote", "close".
 * They coalesce: the bell is in the command queue at most once, however often it rings before the
 * stack answers.
 */
abstract class Doorbell implements Command {
  private static final VarHandle REQUESTS;

  static {
    try {
      REQUESTS = MethodHandles.lookup().findVarHandle(Doorbell.class, "requests", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @SuppressWarnings("UnusedVariable") // through REQUESTS
  private int requests;

  /** Serves requests, bits; stack thread. */
  abstract void serve(int bits, long nowNs);

  /**
   * Notes requests for the stack. Any thread.
   *
   * @return true when the caller must now put the bell into the command queue
   */
  final boolean note(final int bits) {
    return (int) REQUESTS.getAndBitwiseOr(this, bits) == 0;
  }

  @Override
  public final void execute(final long nowNs) {
    serve((int) REQUESTS.getAndSet(this, 0), nowNs);
  }
}
