package io.ustack.tcp;

import io.ustack.buffer.SipHash;

/**
 * The cookies that we give as a server (RFC 7413 4.1.2): a keyed hash of both addresses and of the
 * day, so that what somebody collects is worth nothing the day after tomorrow. Those of today and
 * of yesterday are good; who brings yesterday's gets a new one. One per stack.
 */
final class FastOpenCookies {
  /** {@link #age} of what we never gave, or too long ago. */
  static final int INVALID = -1;

  /** How long one key is used. */
  static final long DAY_NS = 24L * 60 * 60 * 1_000_000_000L;

  private static final int LENGTH_BYTES = 8;

  private final long key0;
  private final long key1;
  private final long startNs;

  /**
   * Cookies with a secret of 128 bits.
   *
   * @param startNs now, when the first day begins
   */
  FastOpenCookies(final long key0, final long key1, final long startNs) {
    this.key0 = key0;
    this.key1 = key1;
    this.startNs = startNs;
  }

  /** The cookie of today for whoever sent the segment. */
  FastOpenCookie issue(final TcpSegment segment, final long nowNs) {
    return new FastOpenCookie(LENGTH_BYTES, hash(segment, day(nowNs)), 0);
  }

  /** How many days ago we gave it to the sender of the segment, 0 or 1, or {@link #INVALID}. */
  int age(final FastOpenCookie cookie, final TcpSegment segment, final long nowNs) {
    if (cookie.lengthBytes() != LENGTH_BYTES) {
      return INVALID;
    }
    final long day = day(nowNs);
    if (cookie.high() == hash(segment, day)) {
      return 0;
    }
    return day > 0 && cookie.high() == hash(segment, day - 1) ? 1 : INVALID;
  }

  private long day(final long nowNs) {
    return (nowNs - startNs) / DAY_NS;
  }

  private long hash(final TcpSegment segment, final long day) {
    final long addresses =
        ((long) segment.sourceAddress << 32) | (segment.destinationAddress & 0xFFFF_FFFFL);
    return SipHash.hash(key0, key1, addresses, day);
  }
}
