package io.ustack.posix;

/** What a thread waits for: a {@link Pollable}, or some of many. */
abstract class Awaitable {
  /** Whether one of {@code events} is true, or waiting is over. Any thread. */
  abstract boolean isReady(int events);

  /**
   * The thread looks whether it is ready next, and then parks: from here on it is woken when that
   * changes.
   */
  abstract void enter(int events, Thread self);

  /** The thread waits no more. */
  abstract void leave(int events, Thread self);
}
