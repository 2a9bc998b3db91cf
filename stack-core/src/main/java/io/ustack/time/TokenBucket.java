package io.ustack.time;

/** Lets something happen at a bounded rate: a burst at once, then one per interval. */
public final class TokenBucket {
  private final long intervalNs;
  private final int burst;
  private int tokens;

  /** Until when time has been turned into tokens. */
  private long creditedNs;

  /** A full bucket. */
  public TokenBucket(final int perSecond, final int burst, final long startNs) {
    this.intervalNs = 1_000_000_000L / perSecond;
    this.burst = burst;
    this.tokens = burst;
    this.creditedNs = startNs;
  }

  /** Takes a token, if there is one. */
  public boolean take(final long nowNs) {
    return take(0, nowNs);
  }

  /** Takes a token, if there are more than {@code reserve}, which are for others. */
  public boolean take(final int reserve, final long nowNs) {
    final long earned = (nowNs - creditedNs) / intervalNs;
    if (earned >= burst - tokens) {
      tokens = burst;
      creditedNs = nowNs;
    } else if (earned > 0) {
      tokens += (int) earned;
      creditedNs += earned * intervalNs;
    }
    if (tokens <= reserve) {
      return false;
    }
    tokens--;
    return true;
  }
}
