package io.ustack.tcp;

/**
 * Round-trip time and retransmission timeout (RFC 6298). Takes one measurement each round trip; a
 * segment that was sent twice is never timed (Karn's algorithm, RFC 6298 3).
 */
final class RttEstimator {
  /** Linux tcp_min_rtt_wlen: five minutes. */
  private static final long SHORTEST_FOR_NS = 300L * 1_000_000_000L;

  private final TcpConfig config;

  private long srttNs;
  private long rttvarNs;
  private long baseRtoNs;
  private int backoff;
  private int timeouts;
  private boolean sampled;

  /** The next measurement is that of an ACK beyond this, one each round trip. */
  private int nextMeasured;

  private boolean measuresAny = true;

  private long shortestNs;
  private long shortestAtNs;

  RttEstimator(final TcpConfig config) {
    this.config = config;
    baseRtoNs = config.initialRtoNs();
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
    if (shortestNs == 0 || rttNs <= shortestNs || nowNs - shortestAtNs > SHORTEST_FOR_NS) {
      shortestNs = Math.max(1, rttNs);
      shortestAtNs = nowNs;
    }
  }

  /** The shortest round trip of the last minutes (RFC 8985 6.1, RACK.min_RTT); 0 at first. */
  long minRttNs() {
    return shortestNs;
  }

  /** The timeout expired once more (RFC 6298 5.5). */
  void onTimeout() {
    measuresAny = true;
    backoff++;
    timeouts++;
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
    if (!sampled) {
      baseRtoNs = Math.max(baseRtoNs, config.synTimedOutRtoNs());
      backoff = 0;
    }
  }

  private void sample(final long rttNs) {
    if (!sampled) {
      // RFC 6298 2.2
      srttNs = rttNs;
      rttvarNs = rttNs / 2;
      sampled = true;
    } else {
      // RFC 6298 2.3, alpha = 1/8, beta = 1/4, RTTVAR first
      rttvarNs += (Math.abs(srttNs - rttNs) - rttvarNs) / 4;
      srttNs += (rttNs - srttNs) / 8;
    }
    // RFC 6298 2.3, 2.4. As on Linux the floor stands under the variation's share, not under the
    // sum: else a steady path leaves no room for the peer's delayed ACK.
    // DEVIATION: RFC 6298 2.4: the floor is not 1 s but TcpConfig.minRtoNs, 200 ms, and
    // counts above SRTT: Linux's TCP_RTO_MIN; a second is an outage on a LAN.
    baseRtoNs = Math.min(config.maxRtoNs(), srttNs + Math.max(config.minRtoNs(), 4 * rttvarNs));
  }

  /** The timeout now, back-off included, in nanoseconds. */
  long rtoNs() {
    return backoff > 20 ? config.maxRtoNs() : Math.min(config.maxRtoNs(), baseRtoNs << backoff);
  }

  /**
   * How often the timeout expired since the peer last moved forward: the count that ends in giving
   * up.
   */
  int timeouts() {
    return timeouts;
  }

  /** How often the timeout was doubled since the last valid sample. */
  int backoffs() {
    return backoff;
  }

  /** Smoothed round-trip time in nanoseconds; 0 before the first sample. */
  long srttNs() {
    return srttNs;
  }

  /** Round-trip time variation in nanoseconds. */
  long rttvarNs() {
    return rttvarNs;
  }
}
