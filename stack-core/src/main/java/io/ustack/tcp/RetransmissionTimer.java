package io.ustack.tcp;

/**
 * Which timer watches over what is outstanding: the retransmission timeout (RFC 6298 5), a tail
 * loss probe before it (RFC 8985 7.2), or RACK's reordering window (RFC 8985 6.2). They are one,
 * since each of them, when it expires, starts the next.
 */
final class RetransmissionTimer {
  /** How much later than two round trips a tail loss probe leaves (Linux TCP_TIMEOUT_MIN). */
  private static final long PROBE_SLACK_NS = 2_000_000L;

  private RetransmissionTimer() {}

  /** RFC 6298 5.1: new data left. */
  static void onDataSent(final TcpConnection c, final long nowNs) {
    switch (c.timers().kind()) {
      case RETRANSMIT, REORDER -> {}
      case PROBE_TAIL -> {
        if (!continuesBurst(c.sender().outstanding(), nowNs)) {
          watch(c, rtoDeadlineNs(c.sender(), nowNs), nowNs);
        }
      }
      default -> watch(c, rtoDeadlineNs(c.sender(), nowNs), nowNs);
    }
  }

  /**
   * Whether the probe waits already from now on, for more than a single segment: set by the one
   * before, or by an ACK in this very moment, whose bound is no sooner (RFC 6298 5.3).
   */
  private static boolean continuesBurst(final RetransmitQueue queue, final long nowNs) {
    return queue.segments() > 2 && queue.sentNs(queue.end() - 2) == nowNs;
  }

  /**
   * Something outstanding left once more. With SACK the time of the first segment counts from here
   * (Linux tcp_xmit_retransmit_queue); RFC 6582 4 lets it run on.
   */
  static void onRetransmitted(final TcpConnection c, final int position, final long nowNs) {
    final RetransmitQueue queue = c.sender().queue();
    final boolean isFirst = queue != null && position == queue.first();
    if (c.timers().isFree() || (isFirst && c.sender().sackPermitted())) {
      c.timers().start(TcpTimers.Kind.RETRANSMIT, nowNs + c.sender().rtt().rtoNs());
    }
  }

  /** RFC 6298 5.3: an ACK moved forward, and something is still outstanding. */
  static void onAcknowledged(final TcpConnection c, final long nowNs) {
    if (ackRestarts(c.sender())) {
      restart(c, nowNs);
    }
  }

  /**
   * Whether an ACK that moved forward starts the timer anew. Without SACK only the first partial
   * ACK of a recovery does (RFC 6582 3.2 step 3).
   */
  private static boolean ackRestarts(final Sender sender) {
    final RecoveryState r = sender.recoveryState();
    if (r == null || r.state != CongestionState.RECOVERY || sender.sackPermitted()) {
      return true;
    }
    final boolean firstPartialAck = !r.partialAckSeen;
    r.partialAckSeen = true;
    return firstPartialAck;
  }

  /** An ACK that did not move forward may have begun or ended the wait for what is late. */
  static void onReported(final TcpConnection c, final long nowNs) {
    final RecoveryState r = c.sender().recoveryState();
    final boolean waits = r != null && r.waitsForReordering;
    if (waits || c.timers().kind() != TcpTimers.Kind.RETRANSMIT) {
      watch(c, rtoDeadlineNs(c.sender(), nowNs), nowNs);
    }
  }

  /** The reordering window passed: what is left of the timeout goes on (Linux tcp_rearm_rto). */
  static void onReorderTimer(final TcpConnection c, final long nowNs) {
    if (!c.sender().isIdle()) {
      watch(c, rtoDeadlineNs(c.sender(), nowNs), nowNs);
    }
  }

  /** The time counts from now. */
  private static void restart(final TcpConnection c, final long nowNs) {
    if (c.sender().isIdle()) {
      c.timers().stop();
    } else {
      watch(c, nowNs + c.sender().rtt().rtoNs(), nowNs);
    }
  }

  private static void watch(final TcpConnection c, final long rtoDeadlineNs, final long nowNs) {
    final Sender sender = c.sender();
    final RecoveryState r = sender.recoveryState();
    if (r != null && r.waitsForReordering) {
      c.timers().start(TcpTimers.Kind.REORDER, r.reorderDeadlineNs);
    } else if (mayProbeTail(sender)) {
      final long probeNs = nowNs + probeTimeoutNs(c);
      final boolean sooner = probeNs - rtoDeadlineNs < 0;
      c.timers().start(TcpTimers.Kind.PROBE_TAIL, sooner ? probeNs : rtoDeadlineNs);
    } else {
      c.timers().start(TcpTimers.Kind.RETRANSMIT, rtoDeadlineNs);
    }
  }

  /** When the timeout of the first segment outstanding expires. */
  private static long rtoDeadlineNs(final Sender sender, final long nowNs) {
    final RetransmitQueue queue = sender.queue();
    final long sentNs = queue == null || queue.isEmpty() ? nowNs : queue.sentNs(queue.first());
    return sentNs + sender.rtt().rtoNs();
  }

  /**
   * Whether a tail loss probe is to watch what is outstanding (RFC 8985 7.2): with SACK, a measured
   * round trip and nothing amiss, one at a time.
   */
  private static boolean mayProbeTail(final Sender sender) {
    final RetransmitQueue queue = sender.queue();
    if (!sender.sackPermitted()
        || queue == null
        || queue.sackedBytes() > 0
        || sender.rtt().srttNs() == 0
        || sender.rtt().timeouts() > 0) {
      return false;
    }
    final RecoveryState r = sender.recoveryState();
    return r == null
        || ((r.state == CongestionState.OPEN || r.state == CongestionState.CWR)
            && !r.tailLossProbe.isOut());
  }

  /** RFC 8985 7.2: PTO, from now. */
  private static long probeTimeoutNs(final TcpConnection c) {
    final RetransmitQueue queue = c.sender().queue();
    // The peer may delay the ACK of a single segment for so long.
    final boolean single = queue != null && queue.segments() == 1;
    return 2 * c.sender().rtt().srttNs() + (single ? c.config().minRtoNs() : PROBE_SLACK_NS);
  }

  /**
   * A link that takes nothing, or a pool that has nothing, is as bad as a network that loses
   * everything: time runs, and in the end the connection is given up, as on Linux.
   */
  static void watchTheLink(final TcpConnection c, final long nowNs) {
    if (c.timers().isFree() && c.sender().waitsForTheLink() && !c.isSynDeferred()) {
      c.timers().start(TcpTimers.Kind.RETRANSMIT, nowNs + c.sender().rtt().rtoNs());
    }
  }
}
