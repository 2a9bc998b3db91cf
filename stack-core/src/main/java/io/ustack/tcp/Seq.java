package io.ustack.tcp;

/**
 * Arithmetic on sequence numbers, modulo 2^32 (RFC 9293 3.4). The only place that compares them.
 *
 * <p>A comparison means something only for numbers less than 2^31 apart.
 */
final class Seq {
  private Seq() {}

  /** {@code a < b}. */
  static boolean lt(final int a, final int b) {
    return a - b < 0;
  }

  /** {@code a <= b}. */
  static boolean leq(final int a, final int b) {
    return a - b <= 0;
  }

  /** {@code a > b}. */
  static boolean gt(final int a, final int b) {
    return a - b > 0;
  }

  /** {@code a >= b}. */
  static boolean geq(final int a, final int b) {
    return a - b >= 0;
  }

  /** The later of two. */
  static int max(final int a, final int b) {
    return lt(a, b) ? b : a;
  }

  /** The earlier of two. */
  static int min(final int a, final int b) {
    return lt(a, b) ? a : b;
  }

  /** {@code from <= value < from + length}, with {@code length} up to 2^31 - 1. */
  static boolean inWindow(final int value, final int from, final int length) {
    return value - from >= 0 && value - from < length;
  }
}
