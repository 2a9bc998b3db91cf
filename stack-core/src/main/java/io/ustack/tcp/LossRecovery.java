package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.tcp.congestion.CongestionControl;

/**
 * What an ACK or a timer says about losses, and what follows for the window: RACK's fast recovery
 * (RFC 8985, RFC 6675) or NewReno's without SACK (RFC 6582), timeouts with F-RTO (RFC 5682), and
 * taking back what was wrong (RFC 4015). The states and their order are Linux's
 * (tcp_fastretrans_alert).
 *
 * <p>One per stack; the state is each sender's. What is lost leaves by {@link Emission}.
 */
final class LossRecovery {
  private static final int DUPLICATE_ACK_THRESHOLD = 3;

  private final Counters counters;
  private final Delivery delivery = new Delivery();

  /** Stands for the queue of who has nothing outstanding. */
  private final RetransmitQueue nothing = new RetransmitQueue();

  LossRecovery(final Counters counters) {
    this.counters = counters;
  }

  // ---- ACKs

  /**
   * Takes an acceptable ACK in, SND.UNA being moved already.
   *
   * @param acked bytes that SND.UNA moved by
   * @param duplicate a duplicate ACK in the sense of RFC 5681 2
   */
  void onAck(
      final Sender s,
      final TcpSegment segment,
      final int acked,
      final boolean duplicate,
      final long nowNs) {
    final RetransmitQueue queue = queueOf(s);
    final int inFlightBefore = s.inFlightBytes();
    delivery.begin(s.rtt().minRttNs(), segment.echoAgeNs, nowNs);
    delivery.measure(s.sendRate);
    final int flightBefore = flight(queue);
    queue.acknowledge(s.sndUna(), delivery);
    if (segment.sackBlocks > 0 && s.sackPermitted()) {
      readBlocks(s, segment, queue);
    }
    measure(s, segment, acked, nowNs);
    RecoveryState r = s.recoveryState();
    final boolean wasReducing = r != null && r.isReducing();
    int lost = 0;
    if (r != null || duplicate || segment.sackBlocks > 0 || segment.echoesMark) {
      r = s.makeRecoveryState();
      countDuplicates(s, r, acked, duplicate);
      final int waitingBefore = waiting(queue);
      final boolean wasLoss = r.state == CongestionState.LOSS;
      judge(s, r, segment, acked, duplicate, flightBefore, nowNs);
      // An ACK ends in this state only by a probe that was too long (RFC 4821 7.6.2): no
      // congestion.
      final boolean tooLong = !wasLoss && r.state == CongestionState.LOSS;
      lost = tooLong ? 0 : Math.max(0, waiting(queue) - waitingBefore);
    }
    if (delivery.bytes == 0) {
      if (lost > 0 && s.sackPermitted()) {
        limit(s);
      }
      return;
    }
    if (s.control().ownsRecovery()) {
      delivery.tell(s, segment, acked, lost, inFlightBefore);
    } else if (r != null && r.isReducing()) {
      r.prr.onAck(s.window(), delivery.bytes, acked > 0 && lost == 0, s.inFlightBytes());
    } else if (acked > 0 && !wasReducing) {
      delivery.tell(s, segment, acked, lost, inFlightBefore);
    }
  }

  /** What was found lost without a delivery does not leave all at once for that. */
  private static void limit(final Sender s) {
    final RecoveryState r = s.recoveryState();
    if (r != null && r.isReducing() && !s.control().ownsRecovery()) {
      r.prr.onAck(s.window(), 0, false, s.inFlightBytes());
    }
  }

  /** Lost, be it for the first time or again, and not repeated since. */
  private static int waiting(final RetransmitQueue queue) {
    return queue.lostBytes() - queue.retransmittedBytes();
  }

  private RetransmitQueue queueOf(final Sender s) {
    final RetransmitQueue queue = s.queue();
    return queue == null ? nothing : queue;
  }

  /** FlightSize (RFC 5681 2), without what an earlier timeout gave up and was not repeated yet. */
  private static int flight(final RetransmitQueue queue) {
    return queue.outstandingBytes() - queue.lostBytes() + queue.retransmittedBytes();
  }

  private void readBlocks(final Sender s, final TcpSegment segment, final RetransmitQueue queue) {
    if (!SackScoreboard.apply(
        segment, queue, s.sndUna(), s.sndNxt(), s.oldestAcceptableAck(), delivery)) {
      counters.increment(Counter.TCP_SACK_BLOCKS_IGNORED);
    }
    if (delivery.duplicate) {
      counters.increment(Counter.TCP_DSACK_BLOCKS_IN);
    }
  }

  /** RFC 6298 3 and 4: one measurement each round trip, of what was sent once, or by the echo. */
  private void measure(
      final Sender s, final TcpSegment segment, final int acked, final long nowNs) {
    if (delivery.hasNewest && !delivery.newestRepeated) {
      s.rtt().onShortest(nowNs - delivery.newestSentNs, nowNs);
    }
    if (acked > 0) {
      final boolean timed = delivery.oldestSentNs != Delivery.NONE;
      s.rtt()
          .onAck(timed ? nowNs - delivery.oldestSentNs : segment.echoAgeNs, s.sndUna(), s.sndNxt());
    }
  }

  /** A peer without SACK says by each duplicate ACK that a segment has arrived, not which. */
  private void countDuplicates(
      final Sender s, final RecoveryState r, final int acked, final boolean duplicate) {
    if (s.sackPermitted()) {
      return;
    }
    final int mss = s.mss();
    if (acked > 0) {
      // RFC 9937 6.2: what the duplicates have told of is not delivered twice.
      delivery.bytes = Math.max(0, acked - r.duplicateAcks * mss);
      final int others = Math.max(0, delivery.segments - 1);
      r.duplicateAcks = r.isReducing() ? Math.max(0, r.duplicateAcks - others) : 0;
      if (delivery.repeatedArrived) {
        // The ACK may be for the repetition alone, and the others have waited for it.
        delivery.originalArrived = false;
      }
    } else if (duplicate && isCounted(s, r) && r.duplicateAcks < mostDuplicates(s)) {
      r.duplicateAcks++;
      delivery.bytes = mss;
    }
  }

  /** No more than can have arrived above the hole (RFC 5681 3.2, Linux tcp_limit_reno_sacked). */
  private int mostDuplicates(final Sender s) {
    return Math.max(DUPLICATE_ACK_THRESHOLD, queueOf(s).segments() - 1);
  }

  /** After a timeout only what was sent since can be told of (RFC 6582 3.2 step 4). */
  private static boolean isCounted(final Sender s, final RecoveryState r) {
    return r.state != CongestionState.LOSS || Seq.gt(s.sndNxt(), r.highSeq);
  }

  /** Linux tcp_fastretrans_alert: from one state to the next. */
  private void judge(
      final Sender s,
      final RecoveryState r,
      final TcpSegment segment,
      final int acked,
      final boolean duplicate,
      final int flightBefore,
      final long nowNs) {
    r.prefersNewData = false;
    MtuSearch.onAck(s, r, counters);
    if (delivery.duplicate) {
      r.undo.onDuplicate(delivery.duplicateStart, delivery.duplicateEnd, s.mss());
    }
    r.rack.onAck(delivery, s.sndUna(), s.sndNxt(), nowNs);
    if (r.tailLossProbe.onAck(segment.ack, delivery, isBareDuplicate(s, segment, acked))) {
      counters.increment(Counter.TCP_LOSS_PROBE_RECOVERIES);
      reduceAtOnce(s, r, flightBefore, nowNs);
    }
    final boolean covered = Seq.geq(s.sndUna(), r.highSeq);
    switch (r.state) {
      case RECOVERY -> inRecovery(s, r, segment, acked, covered, nowNs);
      case LOSS -> inLoss(s, r, segment, acked, duplicate, nowNs);
      case CWR -> {
        if (covered && s.sndUna() != r.highSeq) {
          endReduction(s, r, nowNs);
        }
      }
      default -> {}
    }
    if (!r.isReducing() && covered) {
      // Kept just behind: 2^31 bytes later it would seem to lie ahead (RFC 9293 3.4).
      r.highSeq = Seq.max(r.highSeq, s.sndUna() - 1);
    }
    if (r.isOpenOrDisorder() && r.undo.allWereDuplicates()) {
      undo(s, r, nowNs);
    }
    findLosses(s, r, flightBefore, nowNs);
    if (segment.echoesMark && r.isOpenOrDisorder()) {
      onMark(s, r, flightBefore, nowNs);
    }
  }

  /** RFC 3168 6.1.2: a mark counts as a loss, once in each round trip. */
  private void onMark(
      final Sender s, final RecoveryState r, final int flightBefore, final long nowNs) {
    counters.increment(Counter.TCP_ECN_REDUCTIONS);
    r.undo.forget();
    beginReduction(s, r, CongestionControl.Event.ECN, flightBefore, nowNs);
    r.state = CongestionState.CWR;
  }

  /** Nothing but the last ACK once more: a copy of something arrived (RFC 8985 7.4.2). */
  private static boolean isBareDuplicate(
      final Sender s, final TcpSegment segment, final int acked) {
    return acked == 0
        && segment.ack == s.sndUna()
        && segment.sackBlocks == 0
        && segment.length() == 0
        && s.windowOf(segment) == s.sndWnd();
  }

  private void inRecovery(
      final Sender s,
      final RecoveryState r,
      final TcpSegment segment,
      final int acked,
      final boolean covered,
      final long nowNs) {
    final boolean late = acked > 0 && r.undo.isAnswerToOriginal(segment);
    final boolean wrong = late || r.undo.allWereDuplicates();
    if (late) {
      r.rack.onReordering();
    }
    if (wrong && (covered || queueOf(s).retransmittedBytes() == 0)) {
      undo(s, r, nowNs);
    } else if (covered) {
      endReduction(s, r, nowNs);
    } else if (acked > 0 && !s.sackPermitted() && !queueOf(s).isEmpty()) {
      // RFC 6582 3.2 step 3: a partial ACK, and the next hole begins where it ends.
      queueOf(s).markLost(queueOf(s).first());
    }
  }

  /**
   * After a timeout (Linux tcp_process_loss); F-RTO is RFC 5682's version with SACK, 3.1.
   *
   * <p>DEVIATION: RFC 5682 2.1, step 2a: without SACK, too, a duplicate ACK that comes first does
   * not end F-RTO, as Linux: the peer may have sent it before the timeout.
   */
  private void inLoss(
      final Sender s,
      final RecoveryState r,
      final TcpSegment segment,
      final int acked,
      final boolean duplicate,
      final long nowNs) {
    final boolean covered = Seq.geq(s.sndUna(), r.highSeq);
    if ((acked > 0 && r.undo.isAnswerToOriginal(segment))
        || r.undo.allWereDuplicates()
        || (r.suspectsTimeout && isOriginalDelivered(r) && r.undo.isPossible())) {
      counters.increment(Counter.TCP_SPURIOUS_TIMEOUTS);
      undo(s, r, nowNs);
      return;
    }
    if (covered) {
      r.state = CongestionState.OPEN;
      r.rack.onRecovered();
      s.control().onRecovered(s.window(), nowNs);
      return;
    }
    if (!r.suspectsTimeout) {
      return;
    }
    if (Seq.gt(s.sndNxt(), r.highSeq)) {
      if (delivery.sackedBytes > 0 || duplicate) {
        r.suspectsTimeout = false; // step 3a: the new data arrived and the old did not
      }
    } else if (acked > 0) {
      r.highSeq = s.sndNxt();
      r.prefersNewData = s.canSendNew();
      r.suspectsTimeout = r.prefersNewData;
    }
  }

  /** RFC 5682 3.1 step 3b: what was sent once, before the timeout, has arrived. */
  private boolean isOriginalDelivered(final RecoveryState r) {
    return delivery.originalArrived && Seq.leq(delivery.lowestOriginalEnd, r.highSeq);
  }

  private void findLosses(
      final Sender s, final RecoveryState r, final int flightBefore, final long nowNs) {
    final RetransmitQueue queue = queueOf(s);
    if (queue.isEmpty()) {
      r.waitsForReordering = false;
      settle(r, false);
      return;
    }
    if (s.sackPermitted()) {
      detect(s, r, nowNs);
    } else if (r.isOpenOrDisorder()
        && r.duplicateAcks >= DUPLICATE_ACK_THRESHOLD
        && Seq.gt(s.sndUna(), r.highSeq)) {
      // RFC 6582 3.2 step 2: the ACK covers more than recover, else these are echoes of an earlier
      // recovery.
      queue.markLost(queue.first());
    }
    final boolean mayEnter = r.state != CongestionState.RECOVERY && r.state != CongestionState.LOSS;
    if (mayEnter && queue.lostBytes() > 0 && !MtuSearch.takesLoss(s, r, counters)) {
      enterRecovery(s, r, flightBefore, nowNs);
    } else {
      settle(r, queue.sackedBytes() > 0 || r.duplicateAcks > 0);
    }
  }

  private static void settle(final RecoveryState r, final boolean disorder) {
    if (r.isOpenOrDisorder()) {
      r.state = disorder ? CongestionState.DISORDER : CongestionState.OPEN;
    }
  }

  private void detect(final Sender s, final RecoveryState r, final long nowNs) {
    final boolean recovering =
        r.state == CongestionState.RECOVERY || r.state == CongestionState.LOSS;
    final long waitNs = r.rack.detectLosses(queueOf(s), recovering, s.rtt(), nowNs);
    r.waitsForReordering = waitNs != Rack.NOTHING_WAITS;
    r.reorderDeadlineNs = nowNs + waitNs;
  }

  // ---- The window

  private void enterRecovery(
      final Sender s, final RecoveryState r, final int flightBefore, final long nowNs) {
    counters.increment(Counter.TCP_RECOVERIES);
    r.partialAckSeen = false;
    final boolean continues = r.state == CongestionState.CWR && !s.control().ownsRecovery();
    r.undo.begin(s.window(), s.sndUna(), continues, retransmissionsUnderWay(s, r));
    if (!continues) {
      beginReduction(s, r, CongestionControl.Event.LOSS, flightBefore, nowNs);
    }
    r.state = CongestionState.RECOVERY;
  }

  private int retransmissionsUnderWay(final Sender s, final RecoveryState r) {
    return Math.max(
        queueOf(s).retransmittedSegments(), r.tailLossProbe.isRetransmissionOut() ? 1 : 0);
  }

  private void beginReduction(
      final Sender s,
      final RecoveryState r,
      final CongestionControl.Event event,
      final int flightBefore,
      final long nowNs) {
    final RetransmitQueue queue = queueOf(s);
    r.highSeq = s.sndNxt();
    r.owesCwr = true;
    r.tailLossProbe.forget();
    // RFC 5681 3.2 (2): what limited transmit sent beyond the window does not count.
    final int flight = Math.min(flightBefore, s.window().cwnd());
    s.control().onCongestion(s.window(), event, flight, nowNs);
    r.prr.begin(
        s.sackPermitted()
            ? queue.outstandingBytes() - queue.sackedBytes() + delivery.bytes
            : queue.outstandingBytes());
  }

  /** The reduction is over (RFC 9937 6: cwnd is ssthresh). */
  private void endReduction(final Sender s, final RecoveryState r, final long nowNs) {
    if (!s.control().ownsRecovery()) {
      s.window().cwnd(s.window().ssthresh());
    }
    r.state = CongestionState.OPEN;
    r.duplicateAcks = 0;
    r.rack.onRecovered();
    s.control().onRecovered(s.window(), nowNs);
  }

  /** RFC 8985 7.4: the probe repaired a loss, so the window shrinks, all at once. */
  private void reduceAtOnce(
      final Sender s, final RecoveryState r, final int flightBefore, final long nowNs) {
    if (r.isOpenOrDisorder()) {
      beginReduction(s, r, CongestionControl.Event.LOSS, flightBefore, nowNs);
      endReduction(s, r, nowNs);
    }
  }

  /** Nothing was lost: the window is what it was, and what seemed lost is in flight. */
  private void undo(final Sender s, final RecoveryState r, final long nowNs) {
    counters.increment(Counter.TCP_RECOVERIES_UNDONE);
    queueOf(s).unmarkLost();
    final boolean restored = r.undo.restore(s.window());
    r.state = CongestionState.OPEN;
    r.duplicateAcks = 0;
    if (restored) {
      s.control().onUndo(s.window(), nowNs);
    }
  }

  // ---- Timers

  /**
   * RFC 6298 5.4 to 5.6, RFC 5681 3.1 (4), Linux tcp_enter_loss: everything stands to be repeated.
   */
  void onTimeout(final Sender s, final long nowNs) {
    final RetransmitQueue queue = queueOf(s);
    if (queue.isEmpty()) {
      return;
    }
    final RecoveryState r = s.makeRecoveryState();
    if (queue.isSacked(queue.first())) {
      // RFC 2018 8: the peer threw away what it had reported.
      counters.increment(Counter.TCP_SACK_RENEGING);
      queue.unmarkSacked();
    }
    final int flightBefore = flight(queue);
    final int underWay = retransmissionsUnderWay(s, r);
    final boolean again = r.state == CongestionState.LOSS && s.rtt().timeouts() > 0;
    final boolean fresh = r.isOpenOrDisorder();
    r.duplicateAcks = 0;
    r.tailLossProbe.forget();
    r.waitsForReordering = false;
    markLost(s, r, queue, nowNs);
    if (!again && (fresh || r.state == CongestionState.LOSS || Seq.leq(r.highSeq, s.sndUna()))) {
      r.undo.begin(s.window(), s.sndUna(), false, underWay);
      s.control()
          .onCongestion(
              s.window(),
              CongestionControl.Event.TIMEOUT,
              Math.min(flightBefore, s.window().cwnd()),
              nowNs);
    }
    r.owesCwr = true;
    s.window().cwnd((long) s.inFlightBytes() + s.window().smss());
    r.suspectsTimeout = fresh || r.state == CongestionState.CWR || s.rtt().timeouts() > 0;
    r.prefersNewData = false;
    r.state = CongestionState.LOSS;
    r.highSeq = s.sndNxt();
  }

  private static void markLost(
      final Sender s, final RecoveryState r, final RetransmitQueue queue, final long nowNs) {
    if (s.sackPermitted()) {
      r.rack.onTimeout(queue, s.rtt(), nowNs);
      return;
    }
    for (int p = queue.first(); p != queue.end(); p++) {
      queue.markLost(p);
    }
  }

  /** RFC 8985 6.2, step 5: the reordering window of a segment has passed. */
  void onReorderTimer(final Sender s, final long nowNs) {
    final RecoveryState r = s.makeRecoveryState();
    final RetransmitQueue queue = queueOf(s);
    delivery.begin(s.rtt().minRttNs(), TcpSegment.NO_ECHO, nowNs);
    final int flightBefore = flight(queue);
    findLosses(s, r, flightBefore, nowNs);
    limit(s);
  }
}
