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

  /**
   * What of so many free bytes may be offered beyond what was offered before, as far as the field
   * can say.
   */
  int offered(final int freeBytes, final int mss, final int windowShift) {
    final int sayable = Math.min(freeBytes, 0xFFFF << windowShift);
    // Linux __tcp_select_window: what the field can't say must not become a window of 0.
    final int held = Math.max(HELD_SEGMENTS * mss, 1 << windowShift);
    if (!holdsWindows || sayable <= held) {
      return sayable;
    }
    counters.increment(Counter.TCP_PRESSURE_WINDOWS);
    return held;
  }
}
