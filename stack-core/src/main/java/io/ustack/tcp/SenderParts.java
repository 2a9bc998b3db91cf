package io.ustack.tcp;

import io.ustack.counter.Counters;

/** What the senders of one stack share. */
final class SenderParts {
  private static final int MOST_SPARE = 1024;

  final LossRecovery recovery;
  final RetransmitQueues queues = new RetransmitQueues();
  final Spares<RecoveryState> recoveryStates = new Spares<>(RecoveryState::new, MOST_SPARE);
  final Spares<Nagle> nagles = new Spares<>(Nagle::new, MOST_SPARE);

  SenderParts(final Counters counters) {
    recovery = new LossRecovery(counters);
  }
}
