package io.ustack.posix;

import io.ustack.stack.Command;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Requests of application threads to the stack that nobody waits for: "I read", "I wrote", "close".
 * They coalesce: the bell is in the command queue at most once, however often it rings before the
 * stack answers. Each request is served by itself: what one of them throws is a bug of ours and
 * keeps no other from being served.
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

  /** Whose stack serves it. */
  final Shard shard;

  @SuppressWarnings("UnusedVariable") // through REQUESTS
  private int requests;

  Doorbell(final Shard shard) {
    this.shard = shard;
  }

  /** Has the stack serve requests soon. Any thread that makes calls. */
  final void ring(final int bits) {
    shard.ring(this, bits);
  }

  /** Serves one request, a bit; stack thread. */
  abstract void serve(int request, long nowNs);

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
    serveAll((int) REQUESTS.getAndSet(this, 0), nowNs);
  }

  /** Serves requests, bits, the lowest first; stack thread. */
  final void serveAll(final int bits, final long nowNs) {
    final int request = Integer.lowestOneBit(bits);
    try {
      serve(request, nowNs);
    } catch (final RuntimeException | OutOfMemoryError e) {
      shard.stack.errors().report("serving a socket", e);
    } finally {
      final int rest = bits & ~request;
      if (rest != 0) {
        serveAll(rest, nowNs);
      }
    }
  }
}
