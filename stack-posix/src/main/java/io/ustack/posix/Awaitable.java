package io.ustack.posix;

/** What a thread waits for: a {@link Pollable}, or some of many. */
abstract class Awaitable {
  /** Readable is what is told so. */
  static final int AS_TOLD = 0;

  /** Whether one of {@code events} is true, or waiting is over. Any thread. */
  abstract boolean isReady(int events);

  /**
   * The same for who has an idea of its own of a stream that can be read.
   *
   * @param bytes how much data that takes, or {@link #AS_TOLD}
   */
  boolean isReady(final int events, final int bytes) {
    return isReady(events);
  }

  /**
   * The thread looks whether it is ready next, and then parks: from here on it is woken when that
   * changes.
   */
  abstract void enter(int events, Thread self);

  /** The thread waits no more. */
  abstract void leave(int events, Thread self);
}
