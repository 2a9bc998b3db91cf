package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * Between what a setting can be. A number that makes no sense is refused where it is told, in one
 * line that says what would do: later it would be an overflow somewhere, and look like a bug.
 */
final class Bounds {
  static final long HOUR_NS = 3_600_000_000_000L;

  /** 30 days: more than TCP_USER_TIMEOUT can say, and many of them still fit a deadline. */
  static final long MONTH_NS = 720 * HOUR_NS;

  /** No buffer holds more: positions in it are compared modulo 2^32. */
  static final long GIB = 1 << 30;

  private Bounds() {}

  /** Complains unless {@code value} is {@code least} to {@code most}. */
  static void check(final String name, final long value, final long least, final long most) {
    if (value < least || value > most) {
      throw refused(name, value, least + " to " + most);
    }
  }

  /** The same when another setting is the upper bound. */
  static void checkUpTo(
      final String name,
      final long value,
      final long least,
      final String mostName,
      final long most) {
    if (value < least || value > most) {
      throw refused(name, value, least + " to " + most + ", which is " + mostName);
    }
  }

  /** Complains when there is no value. */
  static void checkGiven(final String name, final @Nullable Object value) {
    if (value == null) {
      throw new IllegalArgumentException("TcpConfig: " + name + " is null");
    }
  }

  private static IllegalArgumentException refused(
      final String name, final long value, final String bounds) {
    return new IllegalArgumentException("TcpConfig: " + name + " is " + value + ", not " + bounds);
  }
}
