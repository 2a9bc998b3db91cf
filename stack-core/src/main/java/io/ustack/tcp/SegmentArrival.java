package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;

/**
 * What a segment does to its connection: RFC 9293 3.10.7.3 and 3.10.7.4, clause by clause and in
 * their order. One per stack; the state is the connection's.
 */
final class SegmentArrival {
  private final Tcp tcp;

  SegmentArrival(final Tcp tcp) {
    this.tcp = tcp;
  }

  /** Processes one segment whose header is valid. The packet stays with the caller. */
  void onSegment(final TcpConnection c, final TcpSegment segment, final long nowNs) {
    c.receiver().segmentsIn += segment.segments;
    if (c.state() == TcpState.SYN_SENT) {
      onSegmentInSynSent(c, segment, nowNs);
    } else {
      onSegmentSynchronized(c, segment, nowNs);
    }
    if (c.state() != TcpState.CLOSED) {
      arrangeAnswer(c, nowNs);
    }
  }

  /** One call, where C2 inlines no more behind the long way here. */
  private void arrangeAnswer(final TcpConnection c, final long nowNs) {
    final Receiver receiver = c.receiver();
    if (receiver.mayDelayAck() && !receiver.owesAck() && !c.timers().isDelayingAck()) {
      c.timers().delayAck(nowNs + receiver.acks().delayNs(c.sender().rtt().srttNs()));
      tcp.readyList().addLater(c); // an INLINE application may answer first
    }
    if (mayHaveToEmit(c, nowNs)) {
      c.wantToEmit();
    }
  }

  /** Whether anything may leave, or is to be arranged; most segments ask for nothing. */
  private static boolean mayHaveToEmit(final TcpConnection c, final long nowNs) {
    final Sender sender = c.sender();
    return c.state() != TcpState.ESTABLISHED
        || c.receiver().owesAck()
        || sender.hasUnsent()
        || sender.hasLost()
        || sender.sendRate != null
        || !c.timers().looksSoon(nowNs);
  }

  /** RFC 9293 3.10.7.3. */
  private void onSegmentInSynSent(
      final TcpConnection c, final TcpSegment segment, final long nowNs) {
    final boolean hasAck = segment.has(TcpHeader.ACK);
    final boolean acceptableAck = hasAck && c.sender().acknowledgesSyn(segment.ack);
    if (hasAck && !acceptableAck) {
      tcp.counters().drop(DropReason.TCP_BAD_ACK);
      if (!segment.has(TcpHeader.RST)) {
        tcp.writer().writeReset(c.path(), c.config(), segment, nowNs);
      }
      return;
    }
    if (segment.has(TcpHeader.RST)) {
      if (acceptableAck) {
        tcp.counters().increment(Counter.TCP_ATTEMPT_FAILS);
        c.die(Failure.CONNECTION_REFUSED);
      } else {
        tcp.counters().drop(DropReason.TCP_RESET_OUT_OF_WINDOW);
      }
      return;
    }
    if (!segment.has(TcpHeader.SYN)) {
      tcp.counters().drop(DropReason.TCP_OUT_OF_WINDOW);
      return;
    }
    segment.take(tcp.parseOptions(segment));
    tcp.handshake().onSyn(c, segment.seq, segment, tcp.parseOptions(segment), nowNs);
    readEcho(c, segment, nowNs);
    if (!acceptableAck) {
      // Simultaneous open (RFC 9293 3.5, figure 7): our SYN goes out again, now with an ACK.
      c.state(TcpState.SYN_RECEIVED);
      c.offer().cookie(null);
      c.sender().repeatSynAsSynAck();
      return;
    }
    tcp.handshake().onFastOpenAnswered(c, segment, tcp.parseOptions(segment), nowNs);
    tcp.handshake().establish(c, segment, nowNs);
    c.receiver().oweAck();
    // RFC 9293 3.10.7.3, fourth: data or FIN on the SYN-ACK go on to the sixth step of 3.10.7.4.
    onTextAndFin(c, segment, nowNs);
    tcp.keepAlive().restart(c, nowNs);
  }

  /** RFC 9293 3.10.7.4, SYN-RECEIVED and all synchronized states. */
  private void onSegmentSynchronized(
      final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (isCrossedSynAck(c, segment)) {
      final boolean unanswered = c.sender().owesSyn();
      if (onAckInSynReceived(c, segment, nowNs) && unanswered) {
        // It overtook our own SYN-ACK, which will not be sent now: the peer hears it by this.
        c.receiver().oweAck();
      }
      tcp.keepAlive().restart(c, nowNs);
      return;
    }
    if (isRepeatedSyn(c, segment)) {
      // DEVIATION: RFC 9293 3.10.7.4, first, the same SYN in SYN-RECEIVED: our SYN-ACK goes again,
      // as
      // Linux does (tcp_check_req), where an ACK should. It was lost, and an ACK alone opens
      // nothing.
      if (c.receiver().challengeAck().permit(nowNs)) {
        c.sender().repeatSynAsSynAck();
      }
      return;
    }
    if (segment.optionsOffset != segment.payloadOffset) {
      segment.take(tcp.parseOptions(segment));
    }
    if (c.usesTimestamps() && !isOfOurTime(c, segment, nowNs)) {
      return;
    }
    if (!c.receiver().isAcceptable(segment.seq, segment.length())) {
      onUnacceptable(c, segment, nowNs);
      return;
    }
    if (segment.has(TcpHeader.RST)) {
      onReset(c, segment, nowNs);
      return;
    }
    if (segment.has(TcpHeader.SYN)) {
      // RFC 9293 3.10.7.4, fourth (RFC 5961 4.2): whatever its sequence number, a challenge ACK.
      // DEVIATION: RFC 9293 3.10.7.4, fourth, passive SYN-RECEIVED: a challenge ACK too, where the
      // connection should return to LISTEN. A blind SYN takes no handshake down; a peer that really
      // began anew answers with RST, and its next SYN is welcome.
      challenge(c, nowNs);
      return;
    }
    if (!segment.has(TcpHeader.ACK)) {
      tcp.counters().drop(DropReason.TCP_BAD_ACK);
      return;
    }
    if (onAck(c, segment, nowNs)) {
      onTextAndFin(c, segment, nowNs);
      // What is not believed is no sign of life: anybody may have sent it (Linux rcv_tstamp).
      tcp.keepAlive().restart(c, nowNs);
    }
  }

  /**
   * RFC 7323 3.2 and 5.3 R1, on a connection with timestamps: each segment has them, and none is
   * older than what came before. RST is believed without; a SYN goes on to its challenge ACK (RFC
   * 5961 4.2), whatever it has.
   */
  private boolean isOfOurTime(final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (segment.has(TcpHeader.RST) || segment.has(TcpHeader.SYN)) {
      return true;
    }
    if (!segment.hasTimestamps) {
      tcp.counters().drop(DropReason.TCP_NO_TIMESTAMPS);
      return false;
    }
    if (c.timestamps().isOld(segment.tsVal, tcp.uptimeNs(nowNs))) {
      tcp.counters().drop(DropReason.TCP_PAWS);
      answerUnacceptable(c, segment, nowNs);
      return false;
    }
    readEcho(c, segment, nowNs);
    return true;
  }

  private static void readEcho(final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (segment.hasTimestamps && segment.has(TcpHeader.ACK) && segment.tsEcr != 0) {
      segment.echoAgeNs = c.timestamps().elapsedNs(segment.tsEcr, c.uptimeNs(nowNs));
    }
  }

  /**
   * Simultaneous open, the last line of RFC 9293 figure 7: the SYN-ACK that answers ours comes with
   * the old sequence number.
   */
  private boolean isCrossedSynAck(final TcpConnection c, final TcpSegment segment) {
    final int wanted = TcpHeader.SYN | TcpHeader.ACK;
    return c.state() == TcpState.SYN_RECEIVED
        && !c.isPassive()
        && (segment.flags & (wanted | TcpHeader.RST)) == wanted
        && segment.seq + 1 == c.receiver().rcvNxt();
  }

  /** The SYN that opened this connection, once more; data on it may reach into the window. */
  private static boolean isRepeatedSyn(final TcpConnection c, final TcpSegment segment) {
    final int others = TcpHeader.ACK | TcpHeader.RST | TcpHeader.FIN;
    if (c.state() != TcpState.SYN_RECEIVED
        || (segment.flags & (TcpHeader.SYN | others)) != TcpHeader.SYN) {
      return false;
    }
    final int taken = c.receiver().rcvNxt() - (segment.seq + 1);
    // A fast open has taken its data. One that is not the same makes the peer reset our answer.
    return taken == 0 || (c.isOpenedFast() && taken > 0 && taken <= 0xFFFF);
  }

  /** RFC 9293 3.10.7.4, first: not in the window. */
  private void onUnacceptable(final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (segment.has(TcpHeader.RST)) {
      tcp.counters().drop(DropReason.TCP_RESET_OUT_OF_WINDOW);
      return;
    }
    tcp.counters().drop(DropReason.TCP_OUT_OF_WINDOW);
    if (c.state() == TcpState.TIME_WAIT && segment.has(TcpHeader.FIN)) {
      // RFC 9293 3.10.7.4, eighth: the peer repeats its FIN, so our ACK was lost.
      c.timers().start(TcpTimers.Kind.TIME_WAIT, nowNs + c.config().timeWaitNs());
    }
    answerUnacceptable(c, segment, nowNs);
  }

  /**
   * Repeated data and FINs are answered each time, they can't be part of an ACK loop (Linux
   * tcp_oow_rate_limited).
   */
  private void answerUnacceptable(
      final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (segment.length() > 0 && !segment.has(TcpHeader.SYN)) {
      if (segment.payloadLength > 0) {
        c.receiver().onUnacceptablePayload(segment.seq, segment.seq + segment.payloadLength);
      }
      c.receiver().acks().oweDuplicateAcks(segment.segments);
    } else {
      challenge(c, nowNs);
    }
  }

  private void challenge(final TcpConnection c, final long nowNs) {
    if (c.receiver().challengeAck().permit(nowNs)) {
      tcp.counters().increment(Counter.TCP_CHALLENGE_ACKS);
      c.receiver().oweAck();
    }
  }

  /**
   * RFC 9293 3.10.7.4, second (RFC 5961 3.2): only an exact RST counts.
   *
   * <p>DEVIATION: RFC 1337 F1: an exact RST ends TIME_WAIT too, as on Linux, where tcp_rfc1337 is
   * 0.
   */
  private void onReset(final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (segment.seq != c.receiver().rcvNxt()) {
      challenge(c, nowNs);
      return;
    }
    if (c.state() == TcpState.SYN_RECEIVED) {
      tcp.counters().increment(Counter.TCP_ATTEMPT_FAILS);
      final FastOpenQueue fastOpens = c.fastOpens();
      if (fastOpens != null) {
        fastOpens.onReset(nowNs);
      }
      c.die(c.isPassive() ? Failure.CONNECTION_RESET : Failure.CONNECTION_REFUSED);
      return;
    }
    final boolean orderly = c.state() == TcpState.TIME_WAIT || c.state() == TcpState.CLOSING;
    if (!orderly) {
      tcp.counters().increment(Counter.TCP_ESTABLISHED_RESETS);
    }
    c.die(orderly || c.state() == TcpState.LAST_ACK ? Failure.NONE : Failure.CONNECTION_RESET);
  }

  /**
   * RFC 9293 3.10.7.4, fifth.
   *
   * @return false when the segment is done with
   */
  private boolean onAck(final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (c.state() == TcpState.SYN_RECEIVED && !onAckInSynReceived(c, segment, nowNs)) {
      return false;
    }
    if (!c.sender().isAckAcceptable(segment.ack)) {
      tcp.counters().drop(DropReason.TCP_BAD_ACK);
      challenge(c, nowNs);
      return false;
    }
    if (segment.hasTimestamps) {
      // Not before its ACK was found good (RFC 5961 5.2, Linux tcp_ack): who guesses a sequence
      // number could put TS.Recent forward, and PAWS would keep the peer out.
      c.timestamps()
          .update(segment.tsVal, segment.seq, c.receiver().lastAckSent(), tcp.uptimeNs(nowNs));
    }
    segment.echoesMark = c.receiver().ecn() != null && segment.has(TcpHeader.ECE);
    onAcknowledged(c, c.sender().onAck(segment, nowNs), nowNs);
    if (c.sender().isFinAcknowledged()) {
      onFinAcknowledged(c, nowNs);
    }
    return c.state() != TcpState.CLOSED;
  }

  private boolean onAckInSynReceived(
      final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (!c.sender().acknowledgesSyn(segment.ack)) {
      tcp.counters().drop(DropReason.TCP_BAD_ACK);
      tcp.writer().writeReset(c.path(), c.config(), segment, nowNs);
      return false;
    }
    if (DeferAccept.ignores(c, segment)) {
      tcp.counters().drop(DropReason.TCP_ACCEPT_DEFERRED);
      return false;
    }
    final TcpListener listener = c.listener();
    if (listener != null && !c.isOpenedFast() && listener.isAcceptQueueFull()) {
      // As Linux: the ACK is ignored, our SYN-ACK is repeated, and the peer asks again.
      tcp.counters().drop(DropReason.TCP_ACCEPT_QUEUE_FULL);
      return false;
    }
    tcp.handshake().establish(c, segment, nowNs);
    return true;
  }

  /** RFC 6298 5.2 and 5.3, and what the socket may do now. */
  private void onAcknowledged(final TcpConnection c, final int acked, final long nowNs) {
    if (c.sender().sndWnd() == 0 && !c.isReleased()) {
      // RFC 9293 3.8.6 (SHLD-17): what lies behind a shrunk window's edge ends no connection that
      // somebody holds; its repetitions are probes (Linux tcp_retransmit_timer).
      c.sender().rtt().onProbeAnswered();
    }
    if (c.timers().kind() == TcpTimers.Kind.PERSIST) {
      c.sender().rtt().onProbeAnswered();
      if (c.sender().rtt().backoffs() > 0 && c.sender().nextLength(nowNs) != Sender.NOTHING) {
        // Only a window that something leaves through ends the probes, or a byte of it now and then
        // would hold the connection for ever (Linux tcp_ack_probe).
        c.timers().onProgress();
        c.sender().rtt().onProbingEnded();
        c.timers().stop();
      }
    }
    if (acked == 0) {
      if (c.sender().recoveryState() != null && !c.sender().isIdle()) {
        RetransmissionTimer.onReported(c, nowNs);
      }
      return;
    }
    c.timers().onProgress();
    if (c.sender().isIdle()) {
      c.timers().stop();
    } else {
      RetransmissionTimer.onAcknowledged(c, nowNs);
    }
    SendAutoTuning.onAck(c, tcp.memory().isTight());
    if (c.config().notSentLowBytes() != 0) {
      c.raise(Readiness.SENT);
    }
    if (c.sendBuffer().takeSpaceRequest()) {
      c.raise(Readiness.WRITABLE);
    }
  }

  private void onFinAcknowledged(final TcpConnection c, final long nowNs) {
    // Everything is acknowledged and nothing more will be written: TIME_WAIT does not hold memory.
    c.giveUp(c.sendBuffer());
    switch (c.state()) {
      case FIN_WAIT_1 -> {
        c.state(TcpState.FIN_WAIT_2);
        if (c.isReleased()) {
          c.timers().start(TcpTimers.Kind.FIN_WAIT_2, nowNs + c.config().finWait2Ns());
          c.raise(Readiness.CLOSED); // to who waits for that in close (SO_LINGER)
        }
      }
      case CLOSING -> enterTimeWait(c, nowNs);
      case LAST_ACK -> c.die(Failure.NONE);
      default -> {}
    }
  }

  /**
   * RFC 9293 3.10.7.4, sixth to eighth. Who has let go of the connection hears of nothing urgent.
   */
  private void onTextAndFin(final TcpConnection c, final TcpSegment segment, final long nowNs) {
    if (!c.state().receivesData()) {
      return;
    }
    if (segment.has(TcpHeader.URG) && !c.isReleased()) {
      Urgency.onPointer(c, segment, tcp.counters());
    }
    if (segment.payloadLength > 0) {
      readMark(c, segment);
      final int end = segment.payloadSeq() + segment.payloadLength;
      if (c.isReleased() && Seq.gt(end, c.receiver().rcvNxt())) {
        // RFC 9293 3.6.1, RFC 1122 4.2.2.13: nobody will ever read this, so the peer is told. What
        // repeats old data is not lost (Linux tcp_rcv_state_process).
        tcp.counters().drop(DropReason.TCP_DATA_AFTER_CLOSE);
        c.abort(nowNs);
        return;
      }
      if (c.receiveShut && isHalfClosed(c) && Seq.gt(end, c.receiver().rcvNxt())) {
        tcp.counters().drop(DropReason.TCP_DATA_AFTER_CLOSE);
        c.dieWithReset(Failure.CONNECTION_RESET);
        return;
      }
      final boolean readable = c.receiver().onPayload(segment, c.sender().rtt(), nowNs) > 0;
      if ((c.urgency != null && Urgency.takeByte(c, segment)) || readable) {
        c.raise(Readiness.READABLE);
      }
    }
    if (segment.has(TcpHeader.FIN)) {
      c.receiver().onFin(segment.payloadSeq() + segment.payloadLength);
    }
    if (c.receiver().takeFin()) {
      onPeerFin(c, nowNs);
    }
  }

  private static boolean isHalfClosed(final TcpConnection c) {
    return c.state() == TcpState.FIN_WAIT_1 || c.state() == TcpState.FIN_WAIT_2;
  }

  private static void readMark(final TcpConnection c, final TcpSegment segment) {
    final Ecn ecn = c.receiver().ecn();
    if (ecn != null && ecn.onData(segment)) {
      c.receiver().oweAck();
    }
  }

  private void onPeerFin(final TcpConnection c, final long nowNs) {
    c.raise(Readiness.READABLE | Readiness.READ_CLOSED);
    switch (c.state()) {
      case ESTABLISHED -> c.state(TcpState.CLOSE_WAIT);
      case FIN_WAIT_1 -> c.state(TcpState.CLOSING);
      case FIN_WAIT_2 -> enterTimeWait(c, nowNs);
      default -> {}
    }
  }

  private void enterTimeWait(final TcpConnection c, final long nowNs) {
    c.state(TcpState.TIME_WAIT);
    c.leaveOrphanage();
    // With too many of them the connection goes at once, but its last ACK still leaves (Linux
    // tcp_max_tw_buckets).
    final boolean keep = tcp.closedConnections.admitTimeWait();
    c.timers().start(TcpTimers.Kind.TIME_WAIT, keep ? nowNs + c.config().timeWaitNs() : nowNs);
    c.raise(Readiness.CLOSED);
  }
}
