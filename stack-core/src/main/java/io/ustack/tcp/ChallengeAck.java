package io.ustack.tcp;

/**
 * Rate limit of the ACKs that answer segments we do not accept (RFC 5961 7, Linux
 * tcp_invalid_ratelimit): without it two confused ends, or an attacker with two of them, make an
 * ACK storm.
 */
final class ChallengeAck {
  private final long intervalNs;
  private boolean sentBefore;
  private long lastNs;

  ChallengeAck(final long intervalNs) {
    this.intervalNs = intervalNs;
  }

  /** Until a new one would permit as much. */
  long leftNs(final long nowNs) {
    return sentBefore ? Math.max(0, intervalNs - (nowNs - lastNs)) : 0;
  }

  /** True when one may be sent now; the interval starts again. */
  boolean permit(final long nowNs) {
    if (sentBefore && nowNs - lastNs < intervalNs) {
      return false;
    }
    sentBefore = true;
    lastNs = nowNs;
    return true;
  }
}
