package io.ustack.tcp;

import java.util.ArrayDeque;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Parts of one kind that no connection of the stack needs just now: one that is idle has none, and
 * one that wakes up allocates nothing.
 */
final class Spares<T> {
  private final Supplier<T> maker;
  private final int most;
  private final ArrayDeque<T> idle = new ArrayDeque<>();

  /**
   * None yet.
   *
   * @param most that are kept; what is given back beyond that is forgotten
   */
  Spares(final Supplier<T> maker, final int most) {
    this.maker = maker;
    this.most = most;
  }

  /** One that is as its last user left it. */
  T take() {
    final T part = idle.pollLast();
    return part == null ? maker.get() : part;
  }

  /** Gives it back, if there is one; its owner forgets it. */
  void give(final @Nullable T part) {
    if (part != null && idle.size() < most) {
      idle.addLast(part);
    }
  }
}
