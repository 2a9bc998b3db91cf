package io.ustack.posix;

import io.ustack.stack.NetworkStack;
import io.ustack.time.Clock;

/** The two ways to run a stack; the same tests run in both. */
enum Mode {
  INLINE,
  DEDICATED;

  /** The socket calls of {@code stack} in this mode. */
  Posix start(final NetworkStack stack, final Clock clock) {
    return this == INLINE ? Posix.inline(stack, clock) : Posix.dedicated(stack, clock);
  }
}
