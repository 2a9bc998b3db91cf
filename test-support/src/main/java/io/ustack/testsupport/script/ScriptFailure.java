package io.ustack.testsupport.script;

/** A script that does not hold, or can't be read; the message begins with file and line. */
public final class ScriptFailure extends AssertionError {
  private static final long serialVersionUID = 1;

  private static final int MOST_OF_TEXT = 200;

  private final boolean placed;

  ScriptFailure(final String message) {
    this(message, false);
  }

  /** Something broke: a bug of the stack, or of the runner, shown by a script. */
  static ScriptFailure broken(final RuntimeException cause) {
    final ScriptFailure failure = new ScriptFailure("it broke: " + cause);
    failure.initCause(cause);
    return failure;
  }

  private ScriptFailure(final String message, final boolean placed) {
    super(message);
    this.placed = placed;
  }

  /** The same, said of a line; it stays with the first line that it was said of. */
  ScriptFailure at(final String name, final int line, final String text) {
    if (placed) {
      return this;
    }
    final String some =
        text.length() > MOST_OF_TEXT ? text.substring(0, MOST_OF_TEXT) + "..." : text;
    final ScriptFailure there =
        new ScriptFailure(name + ":" + line + ": " + some + "\n  " + getMessage(), true);
    if (getCause() != null) {
      there.initCause(getCause());
    }
    there.setStackTrace(getStackTrace());
    return there;
  }
}
