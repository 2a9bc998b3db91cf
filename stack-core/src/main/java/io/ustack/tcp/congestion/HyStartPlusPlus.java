package io.ustack.tcp.congestion;

/**
 * HyStart++ (RFC 9406): ends the first slow start when round trips grow longer, before the queue
 * overflows. In between lies conservative slow start (CSS), which goes back when the delay was only
 * jitter.
 *
 * <p>Rounds are told by what was delivered: all that was in flight when a round began has arrived
 * when it ends, which is what the RFC means by windowEnd.
 */
final class HyStartPlusPlus {
  // RFC 9406 4.3
  private static final long MIN_RTT_THRESH_NS = 4_000_000;
  private static final long MAX_RTT_THRESH_NS = 16_000_000;
  private static final int MIN_RTT_DIVISOR = 8;
  private static final int N_RTT_SAMPLE = 8;
  private static final int CSS_GROWTH_DIVISOR = 4;
  private static final int CSS_ROUNDS = 5;

  /** L for senders that do not pace: segments that one ACK may add. */
  static final int GROWTH_LIMIT_SEGMENTS = 8;

  private static final long INFINITY = Long.MAX_VALUE;

  private long lastRoundMinRttNs = INFINITY;
  private long currentRoundMinRttNs = INFINITY;

  /** {@link #INFINITY} in slow start. */
  private long cssBaselineMinRttNs = INFINITY;

  /** What is delivered in all when the round is over, modulo 2^32. */
  private int windowEnd;

  /** Whether a round has begun: the first ACK begins one. */
  private boolean inRound;

  private int rttSampleCount;
  private int cssRounds;

  /**
   * An ACK in slow start.
   *
   * @return bytes by which the window may grow
   */
  int onAck(final AckSample sample, final int smss) {
    final int limited = Math.min(sample.ackedBytes, GROWTH_LIMIT_SEGMENTS * smss);
    final int growth = inCss() ? limited / CSS_GROWTH_DIVISOR : limited;
    if (sample.rttNs != AckSample.NONE) {
      rttSampleCount++;
      currentRoundMinRttNs = Math.min(currentRoundMinRttNs, sample.rttNs);
    }
    if (rttSampleCount >= N_RTT_SAMPLE) {
      judge();
    }
    if (!inRound || (int) sample.totalDeliveredBytes - windowEnd >= 0) {
      beginRound(sample);
    }
    return growth;
  }

  /** RFC 9406 4.2: once a round has enough samples, every further one may decide. */
  private void judge() {
    if (inCss()) {
      if (currentRoundMinRttNs < cssBaselineMinRttNs) {
        // It was jitter: slow start goes on.
        cssBaselineMinRttNs = INFINITY;
        cssRounds = 0;
      }
      return;
    }
    if (lastRoundMinRttNs != INFINITY
        && currentRoundMinRttNs >= lastRoundMinRttNs + threshold(lastRoundMinRttNs)) {
      cssBaselineMinRttNs = currentRoundMinRttNs;
    }
  }

  /** RttThresh: an eighth of the round trip, within 4 to 16 ms. */
  private static long threshold(final long rttNs) {
    return Math.max(MIN_RTT_THRESH_NS, Math.min(rttNs / MIN_RTT_DIVISOR, MAX_RTT_THRESH_NS));
  }

  private void beginRound(final AckSample sample) {
    if (inCss()) {
      // The round in which CSS began counts, though it was not whole.
      cssRounds++;
    }
    lastRoundMinRttNs = currentRoundMinRttNs;
    currentRoundMinRttNs = INFINITY;
    rttSampleCount = 0;
    windowEnd = (int) sample.totalDeliveredBytes + sample.inFlightBytes;
    inRound = true;
  }

  /** Round trips measured before say nothing any more: begins anew. */
  void restart() {
    lastRoundMinRttNs = INFINITY;
    currentRoundMinRttNs = INFINITY;
    cssBaselineMinRttNs = INFINITY;
    inRound = false;
    rttSampleCount = 0;
    cssRounds = 0;
  }

  /** In conservative slow start. */
  boolean inCss() {
    return cssBaselineMinRttNs != INFINITY;
  }

  /** The delay stayed: congestion avoidance begins with this window. */
  boolean isOver() {
    return cssRounds >= CSS_ROUNDS;
  }
}
