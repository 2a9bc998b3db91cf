package io.ustack.testsupport.script;

/** A script that does not hold, or can't be read; the message begins with file and line. */
public final class ScriptFailure extends AssertionError {
  private static final long serialVersionUID = 1;

  private final boolean placed;

  ScriptFailure(final String message) {
    this(message, false);
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
    final ScriptFailure there =
        new ScriptFailure(name + ":" + line + ": " + text + "\n  " + getMessage(), true);
    there.setStackTrace(getStackTrace());
    return there;
  }
}
