package io.ustack.apps;

/**
 * A command can't do what it was asked. The message is one line that says what to do; the exit code
 * is 1, or 2 when what it was asked makes no sense.
 */
public final class CommandFailure extends Exception {
  private final int exitCode;

  public CommandFailure(final String message) {
    super(message);
    exitCode = Main.EXIT_FAILURE;
  }

  public CommandFailure(final String message, final Throwable cause) {
    this(message, cause, Main.EXIT_FAILURE);
  }

  private CommandFailure(final String message, final Throwable cause, final int exitCode) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** The command line is wrong, which only its use could tell. */
  static CommandFailure usage(final String message, final Throwable cause) {
    return new CommandFailure(message, cause, Main.EXIT_USAGE);
  }

  int exitCode() {
    return exitCode;
  }
}
