package io.ustack.tcp;

import io.ustack.counter.Counters;

/** What the receivers of one stack share. */
final class ReceiverParts {
  final Counters counters;
  final Spares<AckPolicy> policies = new Spares<>(AckPolicy::new);
  final Spares<OutOfOrder> ranges = new Spares<>(OutOfOrder::new);

  ReceiverParts(final Counters counters) {
    this.counters = counters;
  }
}
