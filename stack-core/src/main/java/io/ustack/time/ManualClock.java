package io.ustack.time;

/** A clock that stands still until it is told to move: tests, simulations and replays run on it. */
public final class ManualClock implements Clock {
  private long nowNs;

  /**
   * Starts at {@code startNs}; a start just under {@link Long#MAX_VALUE} shows comparisons that do
   * not wrap.
   */
  public ManualClock(final long startNs) {
    nowNs = startNs;
  }

  @Override
  public long nanoTime() {
    return nowNs;
  }

  /** Moves forward. */
  public void advance(final long ns) {
    if (ns < 0) {
      throw new IllegalArgumentException("time runs forward: " + ns);
    }
    nowNs += ns;
  }
}
