package io.ustack.tcp;

/**
 * Round-trip time and retransmission timeout (RFC 6298). Takes one measurement each round trip; a
 * segment that was sent twice is never timed (Karn's algorithm, RFC 6298 3).
 *
 * <p>Every connection has one for as long as it lives, so it is small: times are kept in seven
 * digits, which is more than a measurement has, and counts in a byte, as on Linux.
 */
final class RttEstimator {
  /** Linux tcp_min_rtt_wlen: five minutes. */
  private static final long SHORTEST_FOR_NS = 300L * 1_000_000_000L;

  /** 1.07 seconds: fine enough for a time that lasts minutes, and an int of them for 146 years. */
  private static final int STAMP_SHIFT = 30;

  static final int MOST_COUNTED = 0xFF;

  private TcpConfig config;

  /** Below 0 before the first sample. */
  private float srttNs = -1;

  private float rttvarNs;
  private byte backoff;
  private byte timeouts;

  /** The SYN had to be repeated, which counts until the first sample. */
  private boolean synTimedOut;

  /** The next measurement is that of an ACK beyond this, one each round trip. */
  private int nextMeasured;

  private boolean measuresAny = true;

  /** 0 when none is known. */
  private float shortestNs;

  /** In units of 2^{@link #STAMP_SHIFT} ns. */
  private int shortestAt;

  RttEstimator(final TcpConfig config) {
    this.config = config;
  }

  /** Begins, for a connection of this configuration: nothing was measured. */
  void begin(final TcpConfig newConfig) {
    config = newConfig;
    srttNs = -1;
    rttvarNs = 0;
    backoff = 0;
    timeouts = 0;
    synTimedOut = false;
    nextMeasured = 0;
    measuresAny = true;
    shortestNs = 0;
    shortestAt = 0;
  }

  /** Whether it has measured, and nothing is amiss: the next measurement is that of any ACK. */
  boolean isAtRest() {
    return isSampled() && backoff == 0 && timeouts == 0;
  }

  void sleepTo(final Asleep a) {
    a.srttNs = srttNs;
    a.rttvarNs = rttvarNs;
    a.shortestNs = shortestNs;
    a.shortestAt = shortestAt;
  }

  /** Goes on, at rest. */
  void wakeFrom(final Asleep a) {
    srttNs = a.srttNs;
    rttvarNs = a.rttvarNs;
    shortestNs = a.shortestNs;
    shortestAt = a.shortestAt;
  }

  /**
   * A cumulative ACK moved forward to {@code ack}.
   *
   * @param rttNs since the first of the segments left that it covers, if that was sent once; else
   *     how old the timestamp is that it echoes, which tells the first copy of a segment from the
   *     second (RFC 7323 4.1); or {@link TcpSegment#NO_ECHO}
   * @param sndNxt the next measurement is of what leaves from here on
   */
  void onAck(final long rttNs, final int ack, final int sndNxt) {
    if (rttNs != TcpSegment.NO_ECHO && (measuresAny || Seq.gt(ack, nextMeasured))) {
      measuresAny = false;
      nextMeasured = sndNxt;
      sample(rttNs);
      // RFC 6298 5: only a valid measurement collapses the back-off; an ACK of repeated data proves
      // nothing about the path's delay.
      backoff = 0;
    }
    timeouts = 0;
  }

  /** A segment that was sent once has arrived after so long: for the shortest round trip. */
  void onShortest(final long rttNs, final long nowNs) {
    final int stamp = (int) (nowNs >> STAMP_SHIFT);
    if (shortestNs == 0
        || rttNs <= shortestNs
        || stamp - shortestAt > SHORTEST_FOR_NS >> STAMP_SHIFT) {
      shortestNs = notAbove(Math.max(1, rttNs));
      shortestAt = stamp;
    }
  }

  /** Seven digits of it: no round trip may seem shorter than the shortest. */
  private static float notAbove(final long ns) {
    final float nearest = ns;
    return (long) nearest > ns ? Math.nextDown(nearest) : nearest;
  }

  /** The shortest round trip of the last minutes (RFC 8985 6.1, RACK.min_RTT); 0 at first. */
  long minRttNs() {
    return (long) shortestNs;
  }

  /** The timeout expired once more (RFC 6298 5.5). */
  void onTimeout() {
    measuresAny = true;
    backoff = oneMore(backoff);
    timeouts = oneMore(timeouts);
  }

  private static byte oneMore(final byte count) {
    return (byte) Math.min(MOST_COUNTED, Byte.toUnsignedInt(count) + 1);
  }

  /** The peer answered a window probe: it is alive, and there is no reason to give up. */
  void onProbeAnswered() {
    timeouts = 0;
  }

  /** The window opened: the intervals of the probes say nothing about the path. */
  void onProbingEnded() {
    timeouts = 0;
    backoff = 0;
  }

  /**
   * Our SYN is acknowledged.
   *
   * @param rttNs as in {@link #onAck}
   * @param timedOut whether it had to be repeated because nothing came
   */
  void onSynAcknowledged(
      final long rttNs, final int ack, final int sndNxt, final boolean timedOut, final long nowNs) {
    onAck(rttNs, ack, sndNxt);
    if (rttNs != TcpSegment.NO_ECHO) {
      onShortest(rttNs, nowNs);
    }
    if (timedOut) {
      onStartAfterRepeatedSyn();
    }
  }

  /** RFC 6298 5.7: the SYN had to be repeated, so data starts with a timeout of three seconds. */
  void onStartAfterRepeatedSyn() {
    if (!isSampled()) {
      synTimedOut = true;
      backoff = 0;
    }
  }

  private void sample(final long rttNs) {
    if (!isSampled()) {
      // RFC 6298 2.2
      srttNs = rttNs;
      rttvarNs = rttNs / 2f;
    } else {
      // RFC 6298 2.3, alpha = 1/8, beta = 1/4, RTTVAR first
      rttvarNs += (Math.abs(srttNs - rttNs) - rttvarNs) / 4;
      srttNs += (rttNs - srttNs) / 8;
    }
  }

  private boolean isSampled() {
    return srttNs >= 0;
  }

  /** Without back-off. */
  private long baseRtoNs() {
    if (!isSampled()) {
      return synTimedOut
          ? Math.max(config.initialRtoNs(), config.synTimedOutRtoNs())
          : config.initialRtoNs();
    }
    // RFC 6298 2.3, 2.4. As on Linux the floor stands under the variation's share, not under the
    // sum: else a steady path leaves no room for the peer's delayed ACK.
    // DEVIATION: RFC 6298 2.4: the floor is not 1 s but TcpConfig.minRtoNs, 200 ms, and
    // counts above SRTT: Linux's TCP_RTO_MIN; a second is an outage on a LAN.
    return srttNs() + Math.max(config.minRtoNs(), (long) (4 * rttvarNs));
  }

  /** The timeout now, back-off included, in nanoseconds. */
  long rtoNs() {
    final int doublings = backoffs();
    return doublings > 20
        ? config.maxRtoNs()
        : Math.min(config.maxRtoNs(), Math.min(config.maxRtoNs(), baseRtoNs()) << doublings);
  }

  /**
   * How often the timeout expired since the peer last moved forward, up to 255: the count that ends
   * in giving up.
   */
  int timeouts() {
    return Byte.toUnsignedInt(timeouts);
  }

  /** How often the timeout was doubled since the last valid sample. */
  int backoffs() {
    return Byte.toUnsignedInt(backoff);
  }

  /** Smoothed round-trip time in nanoseconds; 0 before the first sample. */
  long srttNs() {
    return isSampled() ? (long) srttNs : 0;
  }

  /** Round-trip time variation in nanoseconds. */
  long rttvarNs() {
    return (long) rttvarNs;
  }
}
