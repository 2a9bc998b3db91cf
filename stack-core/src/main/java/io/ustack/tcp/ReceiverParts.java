package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;

/** What the receivers of one stack share. */
final class ReceiverParts {
  private static final int MOST_SPARE = 1024;

  /** Linux tcp_clamp_window and __tcp_select_window. */
  private static final int HELD_SEGMENTS = 4;

  final Counters counters;
  final Spares<AckPolicy> policies = new Spares<>(AckPolicy::new, MOST_SPARE);
  final Spares<OutOfOrder> ranges = new Spares<>(OutOfOrder::new, MOST_SPARE);
  final Spares<ReceiveAutoTuning> tunings = new Spares<>(ReceiveAutoTuning::new, MOST_SPARE);

  /** While memory is short windows do not grow beyond a few segments (Linux rcv_ssthresh). */
  boolean holdsWindows;

  ReceiverParts(final Counters counters) {
    this.counters = counters;
  }

  /** What of so many free bytes may be offered beyond what was offered before. */
  int offered(final int freeBytes, final int mss) {
    if (!holdsWindows || freeBytes <= HELD_SEGMENTS * mss) {
      return freeBytes;
    }
    counters.increment(Counter.TCP_PRESSURE_WINDOWS);
    return HELD_SEGMENTS * mss;
  }
}
