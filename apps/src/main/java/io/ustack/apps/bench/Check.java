package io.ustack.apps.bench;

import io.ustack.posix.Errno;

/** A call of the set-up must not fail; if one does, the measurement ends with its name. */
final class Check {
  private Check() {}

  /** Gives the result back, or throws when it is an errno. */
  static int call(final String name, final int result) {
    if (result < 0) {
      throw new IllegalStateException(name + ": " + Errno.name(-result));
    }
    return result;
  }
}
