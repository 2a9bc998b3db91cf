package io.ustack.stack;

/** Something that another thread wants done on the stack thread. */
@FunctionalInterface
public interface Command {
  /** Runs at the beginning of a duty cycle. */
  void execute(long nowNs);
}
