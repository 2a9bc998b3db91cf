package io.ustack.posix;

/** Threads of tests. */
final class Threads {
  private Threads() {}

  /** Waits until the thread sleeps: it has come as far as it can on its own. */
  static void awaitParked(final Thread thread) {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
  }
}
