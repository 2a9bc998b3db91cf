package io.ustack.posix;

import io.ustack.stack.NetworkStack;
import io.ustack.time.Clock;

/** The two ways to run a stack; the same tests run in both. */
enum Mode {
  INLINE,
  DEDICATED;

  /** Sockets of {@code stack} in this mode. */
  SocketEngine start(final NetworkStack stack, final Clock clock) {
    return this == INLINE
        ? SocketEngine.inline(stack, clock)
        : SocketEngine.dedicated(stack, clock);
  }
}
