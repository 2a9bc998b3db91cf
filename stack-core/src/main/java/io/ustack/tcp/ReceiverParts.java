package io.ustack.tcp;

import io.ustack.counter.Counters;

/** What the receivers of one stack share. */
final class ReceiverParts {
  private static final int MOST_SPARE = 1024;

  final Counters counters;
  final Spares<AckPolicy> policies = new Spares<>(AckPolicy::new, MOST_SPARE);
  final Spares<OutOfOrder> ranges = new Spares<>(OutOfOrder::new, MOST_SPARE);
  final Spares<ReceiveAutoTuning> tunings = new Spares<>(ReceiveAutoTuning::new, MOST_SPARE);

  ReceiverParts(final Counters counters) {
    this.counters = counters;
  }
}
