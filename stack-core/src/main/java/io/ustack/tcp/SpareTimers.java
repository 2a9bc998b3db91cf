package io.ustack.tcp;

import io.ustack.time.TimerWheel;

/**
 * The timers of one stack that nobody needs just now: a connection borrows them for as long as it
 * waits for something, so that one on which nothing happens has none.
 */
final class SpareTimers {
  private static final int MOST_SPARE = 4096;

  private final TimerWheel wheel;
  private final Spares<TcpTimers> spares;

  SpareTimers(final TimerWheel wheel) {
    this.wheel = wheel;
    spares = new Spares<>(() -> new TcpTimers(wheel), MOST_SPARE);
  }

  /** Timers that wait in the wheel, of whomever. */
  int scheduled() {
    return wheel.scheduled();
  }

  /** For a connection that has none. */
  TcpTimers lend(final TcpConnection connection) {
    final TcpTimers timers = spares.take();
    timers.lendTo(connection);
    return timers;
  }

  /** They wait for nothing and are in no wheel; their connection forgets them. */
  void giveBack(final TcpTimers timers) {
    timers.takeBack();
    spares.give(timers);
  }
}
