package io.ustack.tcp;

/**
 * The timestamps option of one connection (RFC 7323 3 to 5): what ours say, which of the peer's is
 * to be echoed, and which segments are old duplicates by theirs (PAWS).
 */
final class Timestamps {
  /** RFC 7323 5.4: between 1 ms and 1 s; Linux ticks in milliseconds, too. */
  static final long TICK_NS = 1_000_000L;

  /** RFC 7323 5.5: TS.Recent of a connection that was idle for longer says nothing any more. */
  private static final long VALID_FOR_NS = 24L * 24 * 60 * 60 * 1_000_000_000L;

  private final int offset;
  private final long startNs;
  private boolean on;
  private int recent;
  private long recentSetNs;

  /**
   * Timestamps that begin anywhere.
   *
   * @param offset the secret of this connection that is added to the clock, so that it tells nobody
   *     how long the machine is up (RFC 7323 5.4)
   * @param startNs when the clock stood at {@code offset}
   */
  Timestamps(final int offset, final long startNs) {
    this.offset = offset;
    this.startNs = startNs;
  }

  /** Both SYNs carried the option, so all segments do (RFC 7323 3.2). */
  void turnOn() {
    on = true;
  }

  boolean isOn() {
    return on;
  }

  /** TSval of a segment that leaves now. */
  int value(final long nowNs) {
    return clock(startNs, nowNs) + offset;
  }

  /** Ticks since {@code startNs}. */
  static int clock(final long startNs, final long nowNs) {
    return (int) ((nowNs - startNs) / TICK_NS);
  }

  /** TSecr of a segment that acknowledges. */
  int recent() {
    return recent;
  }

  /** TS.Recent, from the peer's SYN. */
  void start(final int value, final long nowNs) {
    recent = value;
    recentSetNs = nowNs;
  }

  /** How long ago TS.Recent was heard. */
  long recentAgeNs(final long nowNs) {
    return nowNs - recentSetNs;
  }

  /** RFC 7323 5.3 R1: whether the segment comes from an earlier time of this connection. */
  boolean isOld(final int value, final long nowNs) {
    return Seq.lt(value, recent) && nowNs - recentSetNs <= VALID_FOR_NS;
  }

  /**
   * RFC 7323 4.3 (2): an acceptable segment that reaches {@code lastAckSent} or lies before it is
   * the one to echo.
   */
  void update(final int value, final int seq, final int lastAckSent, final long nowNs) {
    if (Seq.leq(seq, lastAckSent) && !isOld(value, nowNs)) {
      start(value, nowNs);
    }
  }

  /**
   * How long ago the segment left that the peer echoes; at least one tick, since less can't be
   * told.
   */
  long elapsedNs(final int echoed, final long nowNs) {
    return Math.max(1, value(nowNs) - echoed) * TICK_NS;
  }
}
