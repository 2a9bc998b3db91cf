package io.ustack.testsupport.script;

import java.math.BigDecimal;
import java.util.regex.Pattern;

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

  /** Four months; some of them in a row still fit the clock. */
  private static final BigDecimal MOST_SECONDS = BigDecimal.valueOf(10_000_000);

  private static final Pattern TIME = Pattern.compile("\\+?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)");

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
    final long fromNs = nanoseconds(text.substring(0, split));
    final long toNs = nanoseconds(second);
    if (toNs < fromNs || (second.startsWith("+") && !relative)) {
      throw new ScriptFailure("'" + text + "' ends before it begins, or counts from nowhere");
    }
    return new When(relative, fromNs, toNs, dots >= 0);
  }

  private static long nanoseconds(final String text) {
    if (!TIME.matcher(text).matches()) {
      throw new ScriptFailure("'" + text + "' is no time");
    }
    final BigDecimal seconds = new BigDecimal(text);
    if (seconds.compareTo(MOST_SECONDS) > 0 || seconds.scale() > 9) {
      throw new ScriptFailure("a time has at most nine decimals and is at most " + MOST_SECONDS);
    }
    return seconds.movePointRight(9).longValueExact();
  }

  static String seconds(final long ns) {
    return BigDecimal.valueOf(ns, 9).stripTrailingZeros().toPlainString();
  }
}
