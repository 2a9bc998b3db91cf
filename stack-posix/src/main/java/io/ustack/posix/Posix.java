package io.ustack.posix;

import io.ustack.stack.NetworkStack;
import io.ustack.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The socket calls of POSIX and Linux over one stack: descriptors in, results or {@code -errno}
 * out. Never throws for what a peer or the network did, nor for arguments the kernel would refuse
 * with an error number.
 *
 * <p>Addresses are ints in network value (10.0.0.1 is 0x0A000001), ports 0..65535. A range of a
 * {@link ByteBuffer} is absolute: position and limit are left alone, and the range must lie below
 * the limit. A null buffer or a range outside it is -EFAULT, a negative offset or length -EINVAL, a
 * number that is no descriptor -EBADF, a descriptor of the wrong kind -ENOTSOCK (or -EINVAL where
 * an epoll set is wanted). Semantics, where nothing else is said, are Linux's. There is no SIGPIPE:
 * -EPIPE is all.
 *
 * <p>A call that waits ends with -EBADF when another thread closes the descriptor, and with -EINTR
 * when its thread is interrupted; the interrupt stays set. Once the stack is over (it is closed, or
 * its thread has died of an error), calls that need it give -EIO, and so do those that wait; what
 * has been received can still be read.
 */
public final class Posix extends WaitCalls implements AutoCloseable {
  /** Descriptors that one instance gives out at most. */
  public static final int MAX_DESCRIPTORS = 1 << 20;

  private final @Nullable InlineExecution inline;

  private Posix(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
    inline = engine.execution instanceof InlineExecution execution ? execution : null;
  }

  /** One thread makes all calls, and those that wait run the stack. */
  public static Posix inline(final NetworkStack stack, final Clock clock) {
    return new Posix(SocketEngine.inline(stack, clock), MAX_DESCRIPTORS);
  }

  /**
   * As {@link #inline}, for a clock that only the caller moves: what would wait gives -EAGAIN
   * instead, see {@link SocketEngine#stepped}.
   */
  public static Posix stepped(final NetworkStack stack, final Clock clock) {
    return new Posix(SocketEngine.stepped(stack, clock), MAX_DESCRIPTORS);
  }

  /** A thread of its own, started here, runs the stack; any thread makes calls. */
  public static Posix dedicated(final NetworkStack stack, final Clock clock) {
    return new Posix(SocketEngine.dedicated(stack, clock), MAX_DESCRIPTORS);
  }

  /**
   * As {@link #dedicated(NetworkStack, Clock)}, over several stacks that have one address together.
   */
  public static Posix dedicated(final List<NetworkStack> shards, final Clock clock) {
    return new Posix(SocketEngine.dedicated(shards, clock), MAX_DESCRIPTORS);
  }

  /**
   * The same calls on an engine that may have other faces, with {@code descriptors} numbers at
   * most.
   */
  public static Posix on(final SocketEngine engine, final int descriptors) {
    return new Posix(engine, descriptors);
  }

  /**
   * INLINE: runs one duty cycle of the stack. Returns the work done; 0 in DEDICATED mode, where the
   * stack runs by itself
   */
  public int poll() {
    return inline == null ? 0 : inline.poll();
  }

  /**
   * Closes all descriptors and stops the stack thread, if there is one. The stack itself stays with
   * whoever made it.
   */
  @Override
  public void close() {
    table.close();
    for (int fd = 0; fd < table.end(); fd++) {
      close(fd);
    }
    engine.close();
  }
}
