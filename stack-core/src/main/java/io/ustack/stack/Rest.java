package io.ustack.stack;

/** How long a thread that runs a stack rests at most while nothing happens. */
public enum Rest {
  /** Never: a core is the stack's alone. */
  NEVER,
  /** A tenth of a millisecond. */
  SHORT,
  /**
   * A sixteenth of the silence so far, a millisecond at most, and five once there was a second of
   * silence.
   */
  LONG
}
