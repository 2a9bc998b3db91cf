package io.ustack.shard;

/** Wakes a shard that may sleep: told by its thread before the others run, used by them. */
final class Waker {
  private volatile Runnable sleeper = () -> {};

  /** From now on this wakes it. */
  void set(final Runnable newSleeper) {
    sleeper = newSleeper;
  }

  /** Costs little where nobody sleeps. */
  void wake() {
    sleeper.run();
  }
}
