package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;

/** How many connections are over for us and not for their peers: TIME_WAITs and orphans. */
final class ClosedConnections {
  private final TcpConfig config;
  private final Counters counters;
  private int timeWaits;
  private int orphans;

  ClosedConnections(final TcpConfig config, final Counters counters) {
    this.config = config;
    this.counters = counters;
  }

  /** Counts one more connection in TIME_WAIT; false when it may not stay. */
  boolean admitTimeWait() {
    counters.increment(Counter.TCP_TIME_WAITS);
    timeWaits++;
    return timeWaits <= config.maxTimeWaits();
  }

  /**
   * Counts one more connection that was closed and is not over; false when there are too many, and
   * it must be aborted (Linux tcp_max_orphans).
   */
  boolean admitOrphan() {
    if (orphans >= config.maxOrphans()) {
      counters.increment(Counter.TCP_ORPHANS_ABORTED);
      return false;
    }
    orphans++;
    return true;
  }

  void onOrphanGone() {
    orphans--;
  }

  /** A connection has left the table. */
  void onGone(final boolean wasTimeWait) {
    if (wasTimeWait) {
      timeWaits--;
    }
  }
}
