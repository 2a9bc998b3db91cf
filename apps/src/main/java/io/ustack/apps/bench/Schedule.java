package io.ustack.apps.bench;

/**
 * When requests are due, at a fixed rate, whatever became of those before: the open loop. Latency
 * that is counted from there leaves nothing out when the server, or who asks, has stalled.
 */
final class Schedule {
  private final double intervalNs;
  private long beginNs;
  private long due;
  private long taken;

  Schedule(final long ratePerSec) {
    intervalNs = 1e9 / ratePerSec;
  }

  /** Requests are due from now on for so long; those of before that nobody took are forgotten. */
  void begin(final long nowNs, final long durationNs) {
    beginNs = nowNs;
    due = (long) Math.ceil(durationNs / intervalNs);
    taken = 0;
  }

  /** Whether some are left. */
  boolean hasMore() {
    return taken < due;
  }

  /** Whether the next one should be on its way. */
  boolean isDue(final long nowNs) {
    return hasMore() && nowNs - nextNs() >= 0;
  }

  private long nextNs() {
    return beginNs + (long) (taken * intervalNs);
  }

  /** Takes the next one; when it was due. */
  long take() {
    final long dueNs = nextNs();
    taken++;
    return dueNs;
  }
}
