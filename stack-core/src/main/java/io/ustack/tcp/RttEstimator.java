package io.ustack.tcp;

/**
 * Round-trip time and retransmission timeout (RFC 6298). Times one segment at a time; a segment
 * that was sent twice is never timed (Karn's algorithm, RFC 6298 3).
 */
final class RttEstimator {
  private final long minRtoNs;
  private final long maxRtoNs;
  private final long synTimedOutRtoNs;

  private long srttNs;
  private long rttvarNs;
  private long baseRtoNs;
  private int backoff;
  private int timeouts;
  private boolean sampled;

  private boolean timing;
  private int timedSeq;
  private long timedAtNs;

  RttEstimator(final TcpConfig config) {
    minRtoNs = config.minRtoNs();
    maxRtoNs = config.maxRtoNs();
    synTimedOutRtoNs = config.synTimedOutRtoNs();
    baseRtoNs = config.initialRtoNs();
  }

  /** Starts to time the segment that ends before {@code endSeq}, unless another is being timed. */
  void onSend(final int endSeq, final long nowNs) {
    if (!timing) {
      timing = true;
      timedSeq = endSeq;
      timedAtNs = nowNs;
    }
  }

  /** Something was sent again: no ACK can be told apart until the next fresh segment. */
  void onRetransmit() {
    timing = false;
  }

  /**
   * A cumulative ACK moved forward to {@code ack}.
   *
   * @param echoAgeNs how long ago that left whose timestamp it echoes, or {@link
   *     TcpSegment#NO_ECHO}: coarser than our own clock, but an echo tells the first copy of a
   *     segment from the second (RFC 7323 4.1)
   */
  void onAck(final int ack, final long echoAgeNs, final long nowNs) {
    final boolean timed = timing && Seq.geq(ack, timedSeq);
    if (timed || (!timing && echoAgeNs != TcpSegment.NO_ECHO)) {
      timing = false;
      sample(timed ? nowNs - timedAtNs : echoAgeNs);
      // RFC 6298 5: only a valid measurement collapses the back-off; an ACK of repeated data proves
      // nothing about the path's delay.
      backoff = 0;
    }
    timeouts = 0;
  }

  /** The timeout expired once more (RFC 6298 5.5). */
  void onTimeout() {
    timing = false;
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

  /** RFC 6298 5.7: the SYN had to be repeated, so data starts with a timeout of three seconds. */
  void onStartAfterRepeatedSyn() {
    if (!sampled) {
      baseRtoNs = Math.max(baseRtoNs, synTimedOutRtoNs);
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
    baseRtoNs = Math.min(maxRtoNs, srttNs + Math.max(minRtoNs, 4 * rttvarNs));
  }

  /** The timeout now, back-off included, in nanoseconds. */
  long rtoNs() {
    return backoff > 20 ? maxRtoNs : Math.min(maxRtoNs, baseRtoNs << backoff);
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
