package io.ustack.apps;

/** Who runs the stack. */
public enum Mode {
  /** The thread that makes the socket calls: the waiting ones run the stack. */
  INLINE,
  /** A thread of its own. */
  DEDICATED
}
