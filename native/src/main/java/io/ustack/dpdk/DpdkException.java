package io.ustack.dpdk;

/**
 * DPDK, a port or the machine does not allow what was asked. The message is one line for the person
 * who runs the program, and says what to do.
 */
public final class DpdkException extends Exception {
  private final String log;
  private final boolean wrongArgument;

  DpdkException(final String message) {
    this(message, "");
  }

  DpdkException(final String message, final String log) {
    this(message, log, false);
  }

  DpdkException(final String message, final String log, final boolean wrongArgument) {
    super(message);
    this.log = log;
    this.wrongArgument = wrongArgument;
  }

  /** Whether an EAL argument makes no sense, rather than the machine lacking something. */
  public boolean isWrongArgument() {
    return wrongArgument;
  }

  /** What DPDK logged last before this happened; several lines, may be empty. */
  public String log() {
    return log;
  }
}
