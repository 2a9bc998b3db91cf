package io.ustack.pcap;

/**
 * One interface of a pcapng section (draft-ietf-opsawg-pcapng 4.2).
 *
 * @param linkTypeCode LINKTYPE_ value
 * @param snapLengthBytes frames are cut to so many bytes, unsigned 32 bits; 0 is no limit
 * @param resolution if_tsresol: the low seven bits are a negative exponent of 10, or of 2 when the
 *     highest bit is set
 * @param offsetSeconds if_tsoffset: added to every timestamp; at most {@link
 *     #LARGEST_OFFSET_SECONDS} either way
 */
record PcapngInterface(int linkTypeCode, long snapLengthBytes, int resolution, long offsetSeconds) {
  /** Microseconds, when the file does not say. */
  static final int DEFAULT_RESOLUTION = 6;

  /** What fits nanoseconds in 63 bits. */
  static final long LARGEST_OFFSET_SECONDS = Long.MAX_VALUE / 1_000_000_000L;

  private static final long NS_PER_SECOND = 1_000_000_000L;
  private static final int FRACTION_BITS = 34; // 2^34 * 10^9 is less than 2^64

  /**
   * Nanoseconds since 1970 of a timestamp in the interface's units, unsigned; what does not fit is
   * the end of time.
   */
  long toNs(final long ticks) {
    final int exponent = resolution & 0x7F;
    final long ns =
        (resolution & 0x80) != 0 ? binaryToNs(ticks, exponent) : decimalToNs(ticks, exponent);
    final long offsetNs = offsetSeconds * NS_PER_SECOND;
    return offsetNs > Long.MAX_VALUE - ns ? Long.MAX_VALUE : ns + offsetNs;
  }

  private static long decimalToNs(final long ticks, final int exponent) {
    if (exponent >= 9) {
      return notNegative(exponent - 9 > 19 ? 0 : Long.divideUnsigned(ticks, power10(exponent - 9)));
    }
    final long factor = power10(9 - exponent);
    return Long.compareUnsigned(ticks, Long.MAX_VALUE / factor) > 0
        ? Long.MAX_VALUE
        : ticks * factor;
  }

  private static long binaryToNs(final long ticks, final int exponent) {
    final long seconds = exponent >= 64 ? 0 : ticks >>> exponent;
    if (Long.compareUnsigned(seconds, LARGEST_OFFSET_SECONDS - 1) > 0) {
      return Long.MAX_VALUE;
    }
    long fraction = exponent >= 64 ? ticks : ticks & ((1L << exponent) - 1);
    int bits = exponent;
    if (bits > FRACTION_BITS) {
      fraction = bits - FRACTION_BITS >= 64 ? 0 : fraction >>> (bits - FRACTION_BITS);
      bits = FRACTION_BITS;
    }
    return seconds * NS_PER_SECOND + ((fraction * NS_PER_SECOND) >>> bits);
  }

  /** 10 to the power of {@code exponent}, from 0 to 19; the last one is unsigned. */
  private static long power10(final int exponent) {
    long power = 1;
    for (int i = 0; i < exponent; i++) {
      power *= 10;
    }
    return power;
  }

  private static long notNegative(final long unsigned) {
    return unsigned < 0 ? Long.MAX_VALUE : unsigned;
  }
}
