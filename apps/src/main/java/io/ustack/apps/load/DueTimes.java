package io.ustack.apps.load;

/**
 * When the requests of an open loop are due: at a fixed rate, whatever became of those before.
 * Latency that counts from there leaves out no stall, of the server or of our own.
 */
public final class DueTimes {
  private final double intervalNs;
  private final long beginNs;
  private long taken;

  /** The first is due now. */
  public DueTimes(final double perSecond, final long nowNs) {
    intervalNs = 1e9 / perSecond;
    beginNs = nowNs;
  }

  /** When the next one is. */
  public long nextNs() {
    return beginNs + (long) (taken * intervalNs);
  }

  /** Takes the next one; when it was due. */
  public long take() {
    final long dueNs = nextNs();
    taken++;
    return dueNs;
  }

  /** How many that nobody took became due before then. */
  public long waiting(final long thenNs) {
    return Math.max(0, (long) Math.ceil((thenNs - beginNs) / intervalNs) - taken);
  }
}
