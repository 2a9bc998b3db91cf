package io.ustack.tcp;

/**
 * The timestamps option of one connection (RFC 7323 3 to 5): what ours say, which of the peer's is
 * to be echoed, and which segments are old duplicates by theirs (PAWS).
 *
 * <p>Every time here is the stack's uptime in nanoseconds ({@link Tcp#uptimeNs}): it never wraps.
 */
final class Timestamps {
  /** RFC 7323 5.4: between 1 ms and 1 s; Linux ticks in milliseconds, too. */
  static final long TICK_NS = 1_000_000L;

  /** RFC 7323 5.5: TS.Recent of a connection that was idle for longer says nothing any more. */
  private static final long VALID_FOR_NS = 24L * 24 * 60 * 60 * 1_000_000_000L;

  /** 17 ms: an int of them lasts for two years. */
  private static final int STAMP_SHIFT = 24;

  private int offset;
  private int recent;

  /** In units of 2^{@link #STAMP_SHIFT} ns. */
  private int recentSet;

  /**
   * Timestamps that begin anywhere.
   *
   * @param offset the secret of this connection that is added to the clock, so that it tells nobody
   *     how long the machine is up (RFC 7323 5.4)
   */
  Timestamps(final int offset) {
    this.offset = offset;
  }

  /** Begins, for a connection with this offset: the peer has said nothing. */
  void begin(final int newOffset) {
    offset = newOffset;
    recent = 0;
    recentSet = 0;
  }

  /** For {@link LookAhead}. */
  int touch() {
    return recent;
  }

  void sleepTo(final Asleep a) {
    a.recent = recent;
    a.recentSet = recentSet;
  }

  void wakeFrom(final Asleep a) {
    recent = a.recent;
    recentSet = a.recentSet;
  }

  /** TSval of a segment that leaves now. */
  int value(final long uptimeNs) {
    return clock(uptimeNs) + offset;
  }

  /** Ticks since the stack began. */
  static int clock(final long uptimeNs) {
    return (int) (uptimeNs / TICK_NS);
  }

  /** TSecr of a segment that acknowledges. */
  int recent() {
    return recent;
  }

  /** TS.Recent, from the peer's SYN. */
  void start(final int value, final long uptimeNs) {
    recent = value;
    recentSet = stamp(uptimeNs);
  }

  private static int stamp(final long uptimeNs) {
    return (int) (uptimeNs >> STAMP_SHIFT);
  }

  /** Whether TS.Recent was heard longer ago than that, which is found out up to 34 ms late. */
  boolean isRecentOlderThan(final long ageNs, final long uptimeNs) {
    final long stamps = Integer.toUnsignedLong(stamp(uptimeNs) - recentSet);
    return stamps - 1 >= (ageNs + (1 << STAMP_SHIFT) - 1) >> STAMP_SHIFT;
  }

  /** RFC 7323 5.3 R1: whether the segment comes from an earlier time of this connection. */
  boolean isOld(final int value, final long uptimeNs) {
    return Seq.lt(value, recent) && !isRecentOlderThan(VALID_FOR_NS, uptimeNs);
  }

  /**
   * RFC 7323 4.3 (2): an acceptable segment that reaches {@code lastAckSent} or lies before it is
   * the one to echo.
   */
  void update(final int value, final int seq, final int lastAckSent, final long uptimeNs) {
    if (Seq.leq(seq, lastAckSent) && !isOld(value, uptimeNs)) {
      start(value, uptimeNs);
    }
  }

  /**
   * How long ago the segment left that the peer echoes; at least one tick, since less can't be
   * told.
   */
  long elapsedNs(final int echoed, final long uptimeNs) {
    return Math.max(1, value(uptimeNs) - echoed) * TICK_NS;
  }
}
