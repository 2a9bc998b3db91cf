package io.ustack.testsupport.script;

/**
 * The time in front of an event: {@code 1.5}, {@code +.1}, {@code 0.2~0.3}, {@code +0~+0.1}, {@code
 * *} or, for a call that blocks, {@code 0...0.2}. Nanoseconds; a relative one counts from the event
 * before.
 *
 * @param relative counts from the event before
 * @param fromNs the earliest, or the only one
 * @param toNs the latest, or when the call returns
 * @param blocks it is a call that blocks from one to the other
 */
record When(boolean relative, long fromNs, long toNs, boolean blocks) {
  /** The same moment as the event before. */
  static final When AT_ONCE = new When(true, 0, 0, false);

  private static final long FOREVER_NS = 1_000_000_000_000L;

  /** Reads a time, as far as there is one. */
  static When read(final Cursor cursor) {
    if (cursor.accept("*")) {
      return new When(true, 0, FOREVER_NS, false);
    }
    final char first = cursor.peek();
    if (first != '+' && first != '.' && !Character.isDigit(first)) {
      return AT_ONCE;
    }
    final String text = cursor.token();
    final boolean relative = text.startsWith("+");
    final int dots = text.indexOf("...");
    final int tilde = text.indexOf('~');
    final int split = dots >= 0 ? dots : tilde;
    if (split < 0) {
      final long ns = nanoseconds(text);
      return new When(relative, ns, ns, false);
    }
    final String second = text.substring(split + (dots >= 0 ? 3 : 1));
    return new When(
        relative, nanoseconds(text.substring(0, split)), nanoseconds(second), dots >= 0);
  }

  private static long nanoseconds(final String text) {
    try {
      return Math.round(Double.parseDouble(text) * 1e9);
    } catch (final NumberFormatException e) {
      throw new ScriptFailure("'" + text + "' is no time");
    }
  }

  static String seconds(final long ns) {
    return java.math.BigDecimal.valueOf(ns, 9).stripTrailingZeros().toPlainString();
  }
}
