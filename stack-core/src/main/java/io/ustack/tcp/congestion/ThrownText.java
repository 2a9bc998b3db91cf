package io.ustack.tcp.congestion;

/**
 * What an exception says that is not ours, in one line. Asking it is calling code of others, and
 * that may throw once more: then its class has to do.
 */
public final class ThrownText {
  private ThrownText() {}

  /** Its own words, or the name of its class. */
  public static String of(final Throwable thrown) {
    try {
      final String words = thrown.toString();
      if (words != null) {
        return oneLine(words);
      }
    } catch (final Throwable silent) {
      // Why it can't say it is nobody's business.
    }
    return oneLine(thrown.getClass().getName());
  }

  /** The same and where it was thrown, if that is known. */
  public static String withPlace(final Throwable thrown) {
    final String words = of(thrown);
    try {
      final StackTraceElement[] trace = thrown.getStackTrace();
      if (trace != null && trace.length > 0) {
        return words + " at " + oneLine(trace[0].toString());
      }
    } catch (final Throwable silent) {
      // It is said without.
    }
    return words;
  }

  /** The same and its cause, if there is one. */
  static String withCause(final Throwable thrown) {
    final String words = of(thrown);
    try {
      final Throwable cause = thrown.getCause();
      if (cause != null) {
        return words + ", because of " + of(cause);
      }
    } catch (final Throwable silent) {
      // It is said without.
    }
    return words;
  }

  /** {@code text} with what would end or move a line as Java writes it in a literal. */
  static String oneLine(final String text) {
    final StringBuilder line = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      final char c = text.charAt(i);
      if (endsOrMoves(c)) {
        line.append("\\u%04x".formatted((int) c));
      } else {
        line.append(c);
      }
    }
    return line.toString();
  }

  private static boolean endsOrMoves(final char c) {
    final int type = Character.getType(c);
    return type == Character.CONTROL
        || type == Character.FORMAT
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR;
  }
}
