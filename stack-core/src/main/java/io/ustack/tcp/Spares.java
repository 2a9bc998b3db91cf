package io.ustack.tcp;

import java.util.ArrayDeque;
import java.util.function.Supplier;

/**
 * Parts of one kind that no connection of the stack needs just now: one that is idle has none, and
 * one that wakes up allocates nothing.
 */
final class Spares<T> {
  private static final int MOST = 1024;

  private final Supplier<T> maker;
  private final ArrayDeque<T> idle = new ArrayDeque<>();

  Spares(final Supplier<T> maker) {
    this.maker = maker;
  }

  /** One that is as its last user left it. */
  T take() {
    final T part = idle.pollLast();
    return part == null ? maker.get() : part;
  }

  /** Gives it back; its owner forgets it. */
  void give(final T part) {
    if (idle.size() < MOST) {
      idle.addLast(part);
    }
  }
}
