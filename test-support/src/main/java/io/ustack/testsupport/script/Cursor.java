package io.ustack.testsupport.script;

/** A place in a text that is being read. */
final class Cursor {
  /** What is nested deeper than this is a mistake, and would end in an overflow of the stack. */
  private static final int MOST_DEPTH = 100;

  private static final int MOST_OF_REST = 60;

  private final String text;
  private int at;
  private int depth;

  Cursor(final String text) {
    this.text = text;
  }

  void skipSpace() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  /** Whether nothing but space is left. */
  boolean isAtEnd() {
    skipSpace();
    return at == text.length();
  }

  /** The next character that is no space; 0 at the end. */
  char peek() {
    skipSpace();
    return at < text.length() ? text.charAt(at) : 0;
  }

  /** Steps over {@code wanted} if it comes next. */
  boolean accept(final String wanted) {
    skipSpace();
    if (!text.startsWith(wanted, at)) {
      return false;
    }
    at += wanted.length();
    return true;
  }

  /** Steps over a word if it comes next, and not as the beginning of a longer one. */
  boolean acceptWord(final String wanted) {
    skipSpace();
    final int end = at + wanted.length();
    if (!text.startsWith(wanted, at) || (end < text.length() && isWord(text.charAt(end)))) {
      return false;
    }
    at = end;
    return true;
  }

  void expect(final String wanted) {
    if (!accept(wanted)) {
      throw error("expected '" + wanted + "'");
    }
  }

  private static boolean isWord(final char c) {
    return Character.isLetterOrDigit(c) || c == '_';
  }

  /** Letters, digits and underscores; empty when none come next. */
  String word() {
    skipSpace();
    final int from = at;
    while (at < text.length() && isWord(text.charAt(at))) {
      at++;
    }
    return text.substring(from, at);
  }

  /** What comes next up to a space. */
  String token() {
    skipSpace();
    final int from = at;
    while (at < text.length() && !Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return text.substring(from, at);
  }

  /** Up to a character, which is stepped over. */
  String until(final String end) {
    final int found = text.indexOf(end, at);
    if (found < 0) {
      throw error("expected '" + end + "' somewhere");
    }
    final String between = text.substring(at, found);
    at = found + end.length();
    return between;
  }

  /** A decimal or hexadecimal number, perhaps negative; what is out of bounds is refused. */
  long number(final Bounds bounds) {
    final String sign = accept("-") ? "-" : "";
    return bounds.read(sign + word());
  }

  /** A parenthesis, or whatever else nests, begins. */
  void down() {
    depth++;
    if (depth > MOST_DEPTH) {
      throw error("nested deeper than " + MOST_DEPTH);
    }
  }

  /** It ends. */
  void up() {
    depth--;
  }

  /** What is left. */
  String rest() {
    return text.substring(at).strip();
  }

  ScriptFailure error(final String what) {
    final String rest = rest();
    return new ScriptFailure(
        what
            + " at '"
            + (rest.length() > MOST_OF_REST ? rest.substring(0, MOST_OF_REST) + "..." : rest)
            + "'");
  }
}
