package io.ustack.dpdk;

/**
 * DPDK, a port or the machine does not allow what was asked. The message is one line for the person
 * who runs the program, and says what to do.
 */
public final class DpdkException extends Exception {
  private final String log;

  DpdkException(final String message) {
    this(message, "");
  }

  DpdkException(final String message, final String log) {
    super(message);
    this.log = log;
  }

  /** What DPDK logged last before this happened; several lines, may be empty. */
  public String log() {
    return log;
  }
}
