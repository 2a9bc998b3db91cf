package io.ustack.apps.http;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The date format of HTTP (RFC 9110 5.6.7): {@code Sun, 06 Nov 1994 08:49:37 GMT}. Seconds since
 * 1970 in, seconds out.
 */
final class HttpDate {
  /** A date that can't be read; earlier than any file. */
  static final long INVALID = Long.MIN_VALUE;

  /** The years that four digits can say. */
  private static final long FIRST = Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();

  private static final long LAST = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private HttpDate() {}

  /** Dates outside the years 0 to 9999, which a file may claim, are told as the nearest inside. */
  static String format(final long epochSeconds) {
    return FORMAT.format(Instant.ofEpochSecond(Math.max(FIRST, Math.min(epochSeconds, LAST))));
  }

  /**
   * Reads the format above; the two obsolete ones count as {@link #INVALID}, which means that a
   * condition is ignored.
   */
  static long parse(final String text) {
    try {
      return FORMAT.parse(text, Instant::from).getEpochSecond();
    } catch (final DateTimeException e) {
      return INVALID;
    }
  }
}
