package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;

/**
 * The one decision ladder through which everything of a connection leaves: timeouts, SYN, fast
 * retransmission, data, FIN, probe, ACK. One per stack; the state is the connection's.
 */
final class Emission {
  private final Tcp tcp;
  private final PathMtu pathMtu;

  Emission(final Tcp tcp, final PathMtu pathMtu) {
    this.tcp = tcp;
    this.pathMtu = pathMtu;
  }

  // ---- Timers

  private void onTimer(final TcpConnection c, final long nowNs) {
    switch (c.timers().kind()) {
      case RETRANSMIT -> onRetransmissionTimeout(c, nowNs);
      case PROBE_TAIL -> onTailProbeTimeout(c, nowNs);
      case REORDER -> onReorderTimeout(c, nowNs);
      case PERSIST -> onPersistTimeout(c, nowNs);
      case KEEP_ALIVE -> tcp.keepAlive().onTimer(c, nowNs);
      case FIN_WAIT_2, TIME_WAIT -> c.die(Failure.NONE);
      default -> {}
    }
  }

  /**
   * RFC 9293 3.8.3: R2.
   *
   * <p>DEVIATION: RFC 9293 3.8.3, R1: nobody is told that a segment was repeated often. There is
   * one way to a peer, and ARP looks after the neighbour by itself. After three timeouts, which is
   * fixed (Linux: tcp_retries1), we only ask whether the path's MTU has shrunk ({@code PathMtu}).
   *
   * <p>DEVIATION: RFC 9293 3.8.3, R2 of a SYN: six repetitions, 127 s, instead of three minutes, as
   * Linux: tcp_syn_retries.
   *
   * <p>DEVIATION: Linux, tcp_retries2: the repetitions are counted, {@code TcpConfig.dataRetries},
   * where Linux takes the time that so many need with a timeout of 200 ms (924.6 s). RFC 9293 3.8.3
   * lets either do; behind a long timeout a connection is held longer, with one of 3 s for 1389 s.
   */
  private int retryLimit(final TcpConnection c) {
    return switch (c.state()) {
      case SYN_SENT -> c.config().synRetries();
      case SYN_RECEIVED -> DeferAccept.retryLimit(c);
      default -> c.isReleased() ? c.config().orphanRetries() : c.config().dataRetries();
    };
  }

  /** As Linux tcp_write_timeout and tcp_probe_timer; a user timeout replaces the count for data. */
  private boolean givesUp(final TcpConnection c, final long nowNs) {
    final boolean counts =
        c.config().userTimeoutNs() == 0
            || !c.state().isSynchronized()
            || c.timers().kind() == TcpTimers.Kind.PERSIST;
    final boolean first = c.state() == TcpState.SYN_SENT && c.sender().rtt().timeouts() == 0;
    if ((c.timers().isUserTimeoutOver(nowNs) && !first)
        || (counts
            && c.sender().rtt().timeouts() >= Math.min(RttEstimator.MOST_COUNTED, retryLimit(c)))) {
      giveUp(c);
      return true;
    }
    c.timers().onStalled(nowNs);
    return false;
  }

  private void giveUp(final TcpConnection c) {
    tcp.counters().increment(Counter.TCP_CONNECTIONS_TIMED_OUT);
    c.die(Failure.TIMED_OUT);
  }

  /** RFC 6298 5.4 to 5.7. */
  private void onRetransmissionTimeout(final TcpConnection c, final long nowNs) {
    if (givesUp(c, nowNs)) {
      return;
    }
    c.timers().stop();
    tcp.counters().increment(Counter.TCP_RETRANSMISSION_TIMEOUTS);
    if (c.state().isSynchronized()) {
      pathMtu.onTimeout(c, nowNs);
      c.sender().onTimeout(nowNs);
    } else if (DeferAccept.restsAtTimeout(c)) {
      c.sender().rtt().onTimeout();
      c.timers().start(TcpTimers.Kind.RETRANSMIT, nowNs + c.sender().rtt().rtoNs());
    } else {
      if (c.state() == TcpState.SYN_SENT) {
        // RFC 7413 4.1.3.1: something on the way may swallow what is new to it.
        c.offer().cookie(null);
      }
      c.sender().onSynTimeout();
      if (c.state() == TcpState.SYN_SENT) {
        c.offer().forgetEcn();
      }
    }
  }

  /**
   * RFC 9293 3.8.6.1: one more probe, with the back-off of retransmissions. Answered ones go on for
   * ever while somebody holds the connection, but a peer can't make us keep an orphan (Linux
   * tcp_probe_timer).
   */
  private void onPersistTimeout(final TcpConnection c, final long nowNs) {
    if (!c.sender().hasUnsent()) {
      c.timers().stop();
      return;
    }
    if (givesUp(c, nowNs)) {
      return;
    }
    if (c.isReleased() && c.sender().rtt().backoffs() >= c.config().orphanRetries()) {
      giveUp(c);
      return;
    }
    final int length = c.sender().probeLength();
    final boolean fits = c.sender().sndWnd() > 0;
    if (!transmit(c, c.sender().sndNxt(), length, nowNs)) {
      // Without a packet the timer stays due, and is asked again.
      return;
    }
    if (fits) {
      onDataSent(c, length, nowNs);
      return;
    }
    tcp.counters().increment(Counter.TCP_WINDOW_PROBES_OUT);
    c.sender().onProbeSent();
    c.sender().rtt().onTimeout();
    c.timers().start(TcpTimers.Kind.PERSIST, nowNs + c.sender().rtt().rtoNs());
  }

  // ---- Emission: the one decision ladder through which everything leaves

  /** Sends at most one segment; see {@link io.ustack.link.Emitter#emit}. */
  boolean emit(final TcpConnection c, final long nowNs) {
    if (c.state() == TcpState.CLOSED) {
      return emitReset(c, nowNs);
    }
    final boolean hasRoom = c.path().transmitRoom() > 0;
    if (c.timers().isAckDue(nowNs)) {
      tcp.counters().increment(Counter.TCP_DELAYED_ACKS);
      c.timers().stopDelayingAck();
      c.receiver().acks().onDelayExpired(c.sender().rtt().rtoNs());
    }
    if (c.timers().isDue(nowNs) && mayRun(c, hasRoom)) {
      onTimer(c, nowNs);
      return c.state() != TcpState.CLOSED || c.owesReset();
    }
    boolean again = true;
    try {
      again = !hasRoom || emitNext(c, nowNs);
    } finally {
      again |= setTimers(c, nowNs); // whatever was thrown: nobody else asks for a delayed ACK
    }
    return again;
  }

  /** One call, where C2 inlines no more behind the long way that an emission is. */
  private static boolean setTimers(final TcpConnection c, final long nowNs) {
    final TcpTimers timers = c.timers();
    timers.scheduleDelayedAck();
    RetransmissionTimer.watchTheLink(c, nowNs);
    // A timer that waited for the ACK in front of it is next: its entry is out of the wheel.
    return timers.isDue(nowNs);
  }

  private boolean emitNext(final TcpConnection c, final long nowNs) {
    final boolean answered = c.isOpenedFast() && !c.sender().owesSyn();
    final boolean sends = answered || c.state().isSynchronized();
    return sends ? emitSynchronized(c, nowNs) : emitSyn(c, nowNs);
  }

  /** A probe needs room; the last ACK leaves before TIME_WAIT ends, if there is room for it. */
  private static boolean mayRun(final TcpConnection c, final boolean hasRoom) {
    return switch (c.timers().kind()) {
      case PERSIST, PROBE_TAIL, KEEP_ALIVE -> hasRoom;
      case TIME_WAIT -> !hasRoom || !c.receiver().owesAck();
      default -> true;
    };
  }

  private boolean emitReset(final TcpConnection c, final long nowNs) {
    if (!c.owesReset()) {
      return false;
    }
    if (c.path().transmitRoom() == 0) {
      return true;
    }
    final boolean sent =
        tcp.writer()
            .writeEmpty(c, TcpHeader.RST | TcpHeader.ACK, c.sender().pureAckSeq(), 0, nowNs);
    if (sent) {
      c.resetSent();
      tcp.counters().increment(Counter.TCP_RESETS_OUT);
    }
    return !sent;
  }

  private boolean emitSyn(final TcpConnection c, final long nowNs) {
    if (!c.sender().owesSyn()) {
      return c.state() == TcpState.SYN_RECEIVED && c.receiver().owesAck() && emitAck(c, nowNs);
    }
    final boolean again = c.sender().sndNxt() != c.sender().iss();
    final boolean answer = c.state() == TcpState.SYN_RECEIVED;
    if (c.isSynDeferred() && !answer && c.sendBuffer().length() == 0) {
      return false;
    }
    c.offer().synLeaves();
    final int length = answer ? 0 : synDataLength(c);
    final boolean sent =
        tcp.writer()
            .writeSyn(
                c,
                synFlags(c, answer),
                answer ? c.receiver().rcvNxt() : 0,
                answer ? c.receiver().synAckWindow() : c.receiver().synWindow(),
                Handshake.offeredMss(c),
                length,
                nowNs);
    if (!sent) {
      return true;
    }
    if (again) {
      tcp.counters().increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
    }
    c.sender().onSynSent(length, nowNs);
    if (c.isOpenedFast()) {
      // RFC 7413 4.2.2: our answer need not wait for the end of the handshake.
      c.sender().startStream(c.sender().iss() + 1, nowNs);
    }
    c.timers().start(TcpTimers.Kind.RETRANSMIT, nowNs + c.sender().rtt().rtoNs());
    if (!answer) {
      // Linux tcp_connect: the user timeout runs from the first SYN, whose timer it does not cut
      // short: it is repeated once in any case.
      c.timers().onStalled(nowNs);
    }
    c.receiver().onAckSent(false);
    c.timers().stopDelayingAck();
    return c.isOpenedFast();
  }

  /**
   * RFC 7413 4.1.3: what the SYN has room for next to a cookie, and the server, which named its MSS
   * when it gave that.
   */
  private int synDataLength(final TcpConnection c) {
    final FastOpenCookie cookie = c.offer().cookie();
    if (cookie == null || cookie.isRequest()) {
      return 0;
    }
    final int mss =
        Math.min(
            tcp.fastOpenCache().mss(c.remoteAddress()),
            c.path().maxTransportBytes() - TcpHeader.MIN_LENGTH_BYTES);
    final int room = Math.max(0, mss - c.offer().optionsLengthBytes());
    return Math.min(c.sendBuffer().length(), room);
  }

  private static int synFlags(final TcpConnection c, final boolean answer) {
    // RFC 3168 6.1.1: a SYN that asks has both flags, the SYN-ACK that agrees has one.
    if (answer) {
      return TcpHeader.SYN | TcpHeader.ACK | (c.offer().ecn() ? TcpHeader.ECE : 0);
    }
    return TcpHeader.SYN | (c.offer().ecn() ? TcpHeader.ECE | TcpHeader.CWR : 0);
  }

  private boolean emitSynchronized(final TcpConnection c, final long nowNs) {
    if ((c.state().sendsData() || c.isOpenedFast()) && !isPausing(c, nowNs)) {
      pathMtu.follow(c, nowNs);
      if (retransmitsNow(c.sender(), nowNs)) {
        final int lost = c.sender().outstanding().nextLost(c.sender().mss());
        return retransmit(c, lost, nowNs) || waitForPacket(c, nowNs);
      }
      final int length = pathMtu.nextLength(c, c.sender().nextLength(nowNs), nowNs);
      if (length != Sender.NOTHING) {
        return transmitNew(c, length, nowNs) ? hasMore(c) : waitForPacket(c, nowNs);
      }
      noteIfLimited(c.sender());
      if (c.sender().isIdle() && c.sender().hasUnsent() && c.timers().isFree()) {
        c.timers().start(TcpTimers.Kind.PERSIST, nowNs + c.sender().rtt().rtoNs());
      }
    }
    if (c.receiver().ackWaitsACycle()) {
      tcp.readyList().addLater(c);
      return false;
    }
    return c.receiver().owesAck() && emitAck(c, nowNs);
  }

  /** Sends a new segment, and what may leave right behind it as one train. */
  private boolean transmitNew(final TcpConnection c, final int length, final long nowNs) {
    final Sender sender = c.sender();
    final int train = length == sender.mss() ? SegmentTrain.lengthBytes(c, nowNs) : length;
    final int sent = transmit(c, sender.sndNxt(), train, length, nowNs);
    for (int left = sent; left > length; left -= length) {
      onDataSent(c, length, nowNs);
    }
    if (sent == SegmentWriter.NOT_SENT) {
      return false;
    }
    onDataSent(c, SegmentTrain.lastBytes(sent, length), nowNs);
    pathMtu.onSent(c, length);
    return true;
  }

  /** Whether, right after new data, something else may leave. */
  private static boolean hasMore(final TcpConnection c) {
    final Sender sender = c.sender();
    return sender.hasUnsent() || sender.sendRate != null || c.receiver().owesAck();
  }

  /** Whether something that is lost is to be sent again now. */
  static boolean retransmitsNow(final Sender s, final long nowNs) {
    return s.hasLost() && mayRetransmit(s, s.outstanding(), nowNs);
  }

  private static boolean mayRetransmit(
      final Sender s, final RetransmitQueue queue, final long nowNs) {
    final RecoveryState r = s.recoveryState();
    if (r != null && r.prefersNewData) {
      if (Seq.gt(s.sndNxt(), r.highSeq) || s.nextLength(nowNs) != Sender.NOTHING) {
        return false;
      }
      // Nothing new may leave (Linux tcp_xmit_recovery): the usual recovery goes on.
      r.prefersNewData = false;
      r.suspectsTimeout = false;
    }
    final int position = queue.nextLost();
    if (position == queue.end()) {
      return false;
    }
    // As Linux: beyond a window that shrank only the first is repeated, in place of a probe.
    return (position == queue.first() || Seq.lt(queue.seq(position), s.sndUna() + s.sndWnd()))
        && s.congestionWindowLeft() >= Math.min(s.mss(), queue.length(position));
  }

  /** Pacing: the next segment is to leave later, and the timer will ask for it. */
  private static boolean isPausing(final TcpConnection c, final long nowNs) {
    final SendRate rate = c.sender().sendRate;
    if (rate == null || rate.mayLeave(c.sender(), nowNs)) {
      return false;
    }
    c.timers().waitForDeparture(rate.departureNs());
    return true;
  }

  /** The window has room, and there is nothing to fill it with. */
  private static void noteIfLimited(final Sender sender) {
    final SendRate rate = sender.sendRate;
    if (rate != null && !sender.hasUnsent() && sender.congestionWindowLeft() >= sender.mss()) {
      rate.onAppLimited(sender.inFlightBytes());
    }
  }

  /** There is none for data, but there may be one for an ACK. */
  private boolean waitForPacket(final TcpConnection c, final long nowNs) {
    if (c.receiver().owesAck()) {
      emitAck(c, nowNs);
    }
    return true;
  }

  private boolean retransmit(final TcpConnection c, final int position, final long nowNs) {
    final Sender sender = c.sender();
    final RetransmitQueue queue = sender.outstanding();
    if (!transmit(c, queue.seq(position), queue.payloadLength(position), nowNs)) {
      return false;
    }
    tcp.counters().increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
    if (sender.congestionState() == CongestionState.RECOVERY) {
      tcp.counters().increment(Counter.TCP_FAST_RETRANSMITS);
    }
    final SendRate rate = sender.sendRate;
    if (rate != null) {
      rate.onSend(sender.inFlightBytes(), nowNs);
    }
    sender.onRetransmitted(position, c.timestamps().value(tcp.uptimeNs(nowNs)), nowNs);
    if (rate != null) {
      rate.onSent(sender, position, queue.payloadLength(position), nowNs);
    }
    RetransmissionTimer.onRetransmitted(c, position, nowNs);
    pathMtu.onRetransmitted(c);
    return true;
  }

  /**
   * RFC 8985 7.3: the end of a flight is not answered. One more segment, new if there is one, makes
   * the peer say by SACK what it misses.
   */
  private void onTailProbeTimeout(final TcpConnection c, final long nowNs) {
    final Sender sender = c.sender();
    final boolean fresh = sender.canSendNew();
    if (fresh) {
      final int length = sender.probeLength();
      if (!transmit(c, sender.sndNxt(), length, nowNs)) {
        return; // without a packet the timer stays due, and is asked again
      }
      onDataSent(c, length, nowNs);
    } else if (!retransmit(c, sender.outstanding().last(sender.mss()), nowNs)) {
      return;
    }
    tcp.counters().increment(Counter.TCP_LOSS_PROBES);
    sender.makeRecoveryState().tailLossProbe.onSent(sender.sndNxt(), !fresh);
    c.timers().start(TcpTimers.Kind.RETRANSMIT, nowNs + sender.rtt().rtoNs());
  }

  private void onReorderTimeout(final TcpConnection c, final long nowNs) {
    c.timers().stop();
    tcp.senderParts.recovery.onReorderTimer(c.sender(), nowNs);
    RetransmissionTimer.onReorderTimer(c, nowNs);
  }

  private boolean emitAck(final TcpConnection c, final long nowNs) {
    if (write(c, TcpHeader.ACK, c.sender().pureAckSeq(), 0, 0, nowNs) == SegmentWriter.NOT_SENT) {
      return true;
    }
    return c.receiver().owesAck();
  }

  private boolean transmit(
      final TcpConnection c, final int seq, final int length, final long nowNs) {
    return transmit(c, seq, length, length, nowNs) != SegmentWriter.NOT_SENT;
  }

  /**
   * Sends payload, or a FIN alone, from {@code seq}, as a train where it is longer than {@code
   * segmentLength}; the ACK rides along.
   *
   * @return bytes of payload sent, as {@link SegmentWriter#write}
   */
  private int transmit(
      final TcpConnection c,
      final int seq,
      final int length,
      final int segmentLength,
      final long nowNs) {
    int flags = TcpHeader.ACK;
    if (c.sender().reachesFin(seq, length)) {
      flags |= TcpHeader.FIN;
    }
    if (length > 0 && c.sender().reachesEnd(seq, length)) {
      flags |= TcpHeader.PSH;
    }
    return write(c, flags, seq, length, segmentLength, nowNs);
  }

  private int write(
      final TcpConnection c,
      final int flags,
      final int seq,
      final int length,
      final int segmentLength,
      final long nowNs) {
    final int sent =
        tcp.writer()
            .write(
                c,
                flags,
                seq,
                c.receiver().rcvNxt(),
                c.receiver().windowField(),
                c.sendBuffer(),
                length > 0 ? c.sender().bufferOffset(seq) : 0,
                length,
                segmentLength,
                nowNs);
    if (sent != SegmentWriter.NOT_SENT) {
      if (length > 0) {
        c.receiver().onDataSent(nowNs);
      }
      c.receiver().onAckSent(length == 0 && flags == TcpHeader.ACK);
      c.timers().stopDelayingAck();
    }
    return sent;
  }

  private void onDataSent(final TcpConnection c, final int length, final long nowNs) {
    final int sequenceSpace = length + (c.sender().reachesFin(c.sender().sndNxt(), length) ? 1 : 0);
    final SendRate rate = c.sender().sendRate;
    if (rate != null) {
      rate.onSend(c.sender().inFlightBytes(), nowNs);
    }
    if (c.sender().onSent(sequenceSpace, nowNs)) {
      tcp.counters().increment(Counter.TCP_RETRANSMITTED_SEGMENTS);
    }
    if (rate != null) {
      rate.onSent(c.sender(), c.sender().outstanding().end() - 1, length, nowNs);
    }
    RetransmissionTimer.onDataSent(c, nowNs);
    if (c.config().notSentLowBytes() != 0) {
      c.raise(Readiness.SENT);
    }
  }
}
