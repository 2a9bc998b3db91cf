package io.ustack.tcp.congestion;

/**
 * A congestion control algorithm that the class path offers can't be used: it can't be loaded or
 * made, or its name is none. The message is one line for whoever put it there.
 */
public final class UnusableAlgorithmException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  UnusableAlgorithmException(final String message, final Throwable cause) {
    super(message, cause);
  }

  UnusableAlgorithmException(final String message) {
    super(message);
  }
}
