package io.ustack.apps.http;

import org.jspecify.annotations.Nullable;

/**
 * A part of something, RFC 9110 14.
 *
 * @param first position of the first byte
 * @param length bytes, at least 1, unless it is {@link #UNSATISFIABLE}
 */
record ByteRange(long first, long length) {
  /** The request asks for bytes that there are none of: 416. */
  static final ByteRange UNSATISFIABLE = new ByteRange(0, 0);

  private static final String UNIT = "bytes=";

  /** Longer numbers would not fit a long; nothing has so many bytes. */
  private static final int MOST_DIGITS = 18;

  /**
   * Understands {@code bytes=0-99}, {@code bytes=100-} and {@code bytes=-50}.
   *
   * @param field value of the Range field
   * @param total bytes that there are
   * @return null when the field is to be ignored (RFC 9110 14.2): another unit, several ranges, no
   *     sense
   */
  static @Nullable ByteRange parse(final String field, final long total) {
    if (!field.regionMatches(true, 0, UNIT, 0, UNIT.length())) {
      return null;
    }
    final String range = field.substring(UNIT.length()).strip();
    final int dash = range.indexOf('-');
    if (dash < 0) {
      return null;
    }
    final String from = range.substring(0, dash);
    final String to = range.substring(dash + 1);
    if (from.isEmpty()) {
      return isNumber(to) ? suffix(number(to), total) : null;
    }
    if (!isNumber(from) || !(to.isEmpty() || isNumber(to))) {
      return null;
    }
    final long first = number(from);
    final long last = to.isEmpty() ? Long.MAX_VALUE : number(to);
    if (last < first) {
      return null;
    }
    return first >= total
        ? UNSATISFIABLE
        : new ByteRange(first, Math.min(last, total - 1) - first + 1);
  }

  private static ByteRange suffix(final long length, final long total) {
    final long available = Math.min(length, total);
    return available == 0 ? UNSATISFIABLE : new ByteRange(total - available, available);
  }

  private static boolean isNumber(final String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static long number(final String digits) {
    final String significant = digits.replaceFirst("^0+(?=.)", "");
    return significant.length() > MOST_DIGITS ? Long.MAX_VALUE - 1 : Long.parseLong(significant);
  }
}
