package io.ustack.apps;

/**
 * A command can't do what it was asked. The message is one line that says what to do; the exit code
 * is 1.
 */
public final class CommandFailure extends Exception {
  public CommandFailure(final String message) {
    super(message);
  }

  public CommandFailure(final String message, final Throwable cause) {
    super(message, cause);
  }
}
