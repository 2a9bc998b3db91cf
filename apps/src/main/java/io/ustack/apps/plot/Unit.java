package io.ustack.apps.plot;

/**
 * A unit in which the largest number is easy to read.
 *
 * @param name as {@code MB}
 * @param factor what a byte, or a nanosecond, is in it
 */
public record Unit(String name, double factor) {
  /** For bytes: B, kB or MB, which are powers of ten. */
  public static Unit ofBytes(final long largest) {
    if (largest < 10_000) {
      return new Unit("bytes", 1);
    }
    return largest < 3_000_000 ? new Unit("kB", 1e-3) : new Unit("MB", 1e-6);
  }

  /** For nanoseconds: µs, ms or s. */
  public static Unit ofTime(final long largestNs) {
    if (largestNs < 2_000_000) {
      return new Unit("µs", 1e-3);
    }
    return largestNs < 2_000_000_000L ? new Unit("ms", 1e-6) : new Unit("s", 1e-9);
  }
}
