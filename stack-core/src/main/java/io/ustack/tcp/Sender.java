package io.ustack.tcp;

import io.ustack.buffer.PacketRing;
import io.ustack.tcp.congestion.CongestionControl;

/**
 * The sending half of a connection: what may leave now of its {@link SendStream} (Nagle, silly
 * window avoidance, congestion window, what is lost), and what an ACK means.
 *
 * <p>What is outstanding stands in a {@link RetransmitQueue}; {@code sndNxt} never goes back.
 */
final class Sender extends SenderState {
  /** {@link #nextLength} when nothing may leave. */
  static final int NOTHING = -1;

  Sender(
      final PacketRing buffer,
      final TcpConfig config,
      final CongestionControl control,
      final SenderParts parts,
      final int iss) {
    super(buffer, config, control, parts, iss);
  }

  /**
   * Another algorithm takes the window as it is (Linux tcp_reinit_congestion_control). In the
   * middle of a reduction it is told of the event, so that it has a {@code ssthresh} of its own.
   */
  void control(final CongestionControl other, final long nowNs) {
    control = other;
    if (!synAcknowledged) {
      return;
    }
    startControl(nowNs);
    if (recoveryState != null && !recoveryState.isOpenOrDisorder()) {
      other.onCongestion(window, CongestionControl.Event.LOSS, inFlightBytes(), nowNs);
    }
  }

  /** For {@link LookAhead}; {@link TcpConnection#touch}. */
  int touch(final int step) {
    final RetransmitQueue q = queue;
    final Nagle n = nagle;
    if (step == 0) {
      return sndUna + (int) lastSentNs;
    }
    if (step == 1) {
      final int sum = (int) rtt.srttNs() + window.cwnd() + buffer.readPosition();
      return sum + (q == null ? 0 : q.first()) + (n == null ? 0 : n.touch());
    }
    final int first =
        q == null || q.isEmpty() ? 0 : q.endSeq(q.first()) + (int) q.sentNs(q.first());
    return first + buffer.storageBytes();
  }

  private void startControl(final long nowNs) {
    control.start(window, nowNs);
    final int firstPosition = queue == null ? 0 : queue.end();
    sendRate = control.isRateBased() ? new SendRate(firstPosition, nowNs) : null;
  }

  // ---- The peer's SYN

  /** What the peer's SYN tells: its MSS and its window, never scaled (RFC 7323 2.2). */
  void onSyn(final int effectiveMss, final int shift, final TcpSegment segment) {
    window.smss(effectiveMss);
    onSynWindow(shift, segment);
  }

  /** Our SYN is acknowledged, with what it carried (RFC 7413 4.1.3): the stream starts. */
  void onSynAcknowledged(final int ack, final long echoAgeNs, final long nowNs) {
    synOwed = false;
    if (!synAcknowledged) {
      buffer.discard(Math.min(ack - (iss + 1), buffer.length()));
      startStream(ack, nowNs);
    } else if (sndNxt != iss + 1) {
      return;
    }
    // Karn (RFC 6298 3): of a SYN that was repeated only the echo tells which one is answered.
    final long rttNs = synRepeated ? echoAgeNs : nowNs - lastSentNs;
    rtt.onSynAcknowledged(rttNs, ack, sndNxt, synTimedOut, nowNs);
  }

  /** From our SYN's acknowledgment on, or from our SYN-ACK (RFC 7413 4.2.2). */
  void startStream(final int from, final long nowNs) {
    if (synAcknowledged) {
      return;
    }
    synAcknowledged = true;
    sndUna = from;
    sndNxt = Seq.max(sndNxt, from);
    // RFC 5681 3.1: a lost SYN or SYN-ACK means an initial window of one segment.
    window.start(mss(), synTimedOut ? mss() : config.initialWindowSegments() * mss());
    startControl(nowNs);
  }

  // ---- What an ACK means

  /**
   * RFC 9293 3.10.7.4, fifth, ESTABLISHED: moves {@code sndUna}, frees what is acknowledged, feeds
   * RTT and congestion control, updates the window.
   *
   * @return bytes of sequence space newly acknowledged
   */
  int onAck(final TcpSegment segment, final long nowNs) {
    final int ack = segment.ack;
    final int acked = Seq.gt(ack, sndUna) ? ack - sndUna : 0;
    final boolean duplicate = acked == 0 && isDuplicate(segment);
    moreComes(false); // Linux tcp_data_snd_check
    if (acked > 0) {
      sndUna = ack;
      sndNxt = Seq.max(sndNxt, ack);
      sndProbed = Seq.max(sndProbed, ack);
      buffer.discard(Math.min(acked, buffer.length()));
    }
    if (queue != null || recoveryState != null) {
      parts.recovery.onAck(this, segment, acked, duplicate, nowNs);
    } else if (acked > 0) {
      rtt.onAck(segment.echoAgeNs, ack, sndNxt);
    }
    if (queue != null && queue.isEmpty()) {
      release();
    }
    updateWindow(segment, sndUna, acked);
    return acked;
  }

  /** Nothing is outstanding any more. */
  void release() {
    if (queue != null) {
      parts.queues.give(queue);
      queue = null;
    }
  }

  /** The connection is gone: gives back what it has borrowed. */
  void end() {
    release();
    parts.nagles.give(nagle);
    nagle = null;
    parts.recoveryStates.give(recoveryState);
    recoveryState = null;
  }

  /**
   * RFC 5681 2: outstanding data, no payload, no SYN or FIN, the same ACK, the same window. The
   * byte of a window probe is not outstanding: {@code sndNxt} stays in front of it.
   */
  private boolean isDuplicate(final TcpSegment segment) {
    return segment.ack == sndUna
        && sndNxt != sndUna
        && segment.length() == 0
        && windowOf(segment) == sndWnd();
  }

  // ---- What may leave

  /** A SYN is to leave, or something was sent and is not acknowledged. */
  boolean waitsForTheLink() {
    return synOwed || sndUna != sndNxt;
  }

  /** Something is thought lost, be it sent again by now or not. */
  boolean hasLost() {
    return queue != null && queue.lostBytes() > 0;
  }

  /** In the network: sent, not known to have arrived and not thought lost (RFC 6675 4, pipe). */
  int inFlightBytes() {
    if (queue == null) {
      return 0;
    }
    final int inFlight = queue.inFlightBytes();
    if (sackPermitted || recoveryState == null || recoveryState.duplicateAcks == 0) {
      return inFlight;
    }
    return Math.max(0, inFlight - recoveryState.duplicateAcks * mss());
  }

  /**
   * Bytes that are known to have arrived, cumulatively or selectively: C.delivered, modulo 2^32.
   */
  int delivered() {
    return sndUna - iss + (queue == null ? 0 : queue.sackedBytes());
  }

  /** What the peer has room for behind what was sent; below 0 when its window shrank. */
  int peerWindowLeft() {
    return sndWnd() - (sndNxt - sndUna);
  }

  int congestionWindowLeft() {
    return window.cwnd() - inFlightBytes();
  }

  /** New data waits and the peer has room for it. */
  boolean canSendNew() {
    return unsent() > 0
        && (queue == null || !queue.isFull())
        && sndWnd() - (sndNxt - sndUna) >= Math.min(mss(), unsent());
  }

  /**
   * Payload of the next new segment, from {@code sndNxt}.
   *
   * @return its length, 0 for a FIN alone, or {@link #NOTHING}
   */
  int nextLength(final long nowNs) {
    final int unsent = unsent();
    if (unsent < 0 || (unsent == 0 && !isFinQueued()) || (queue != null && queue.isFull())) {
      return NOTHING;
    }
    final int outstanding = sndNxt - sndUna;
    if (outstanding == 0 && nowNs - lastSentNs > config.minRtoNs()) {
      restartIfIdle(nowNs);
    }
    final int windowLeft = peerWindowLeft();
    if (unsent == 0) {
      return windowLeft > 0 ? 0 : NOTHING;
    }
    final int length = Math.min(unsent, mss());
    final int usable = Math.min(windowLeft, congestionWindowLeft());
    if (length <= usable) {
      return length < mss() && nagleHolds(sndNxt, length) ? NOTHING : length;
    }
    return usable == windowLeft && isWorthwhile(usable) ? usable : NOTHING;
  }

  /** Whether a segment smaller than the MSS from {@code seq} on waits for company. */
  boolean nagleHolds(final int seq, final int length) {
    return !isFinQueued() && nagle != null && nagle.holds(seq + length, sndUna, seq);
  }

  /** RFC 5681 4.1: after a timeout of silence the window says little about the path. */
  private void restartIfIdle(final long nowNs) {
    final long idleNs = nowNs - lastSentNs;
    final long rtoNs = rtt.rtoNs();
    if (idleNs > rtoNs) {
      control.onRestart(window, idleNs, rtoNs, nowNs);
      lastSentNs = nowNs;
    }
  }

  /** What is outstanding, for who knows that something is or adds to it. */
  RetransmitQueue outstanding() {
    if (queue == null) {
      queue = parts.queues.take();
    }
    return queue;
  }

  /** The sequence number of a segment that only acknowledges. A SYN needs no window. */
  int pureAckSeq() {
    return synAcknowledged ? acceptableSeq(sndUna, sndNxt) : sndNxt;
  }

  /**
   * Payload of the segment that the persist timer sends: what fits a small window (RFC 9293
   * 3.8.6.2.1, override), or one byte beyond a closed one (3.8.6.1); 0 when only the FIN is left.
   */
  int probeLength() {
    return Math.min(unsent(), Math.min(mss(), Math.max(1, sndWnd())));
  }

  // ---- What has left

  /**
   * The SYN or SYN-ACK left. What rode on it counts as sent only if it is acknowledged with it (RFC
   * 7413 4.1.3), as what a probe carries.
   */
  void onSynSent(final int length, final long nowNs) {
    sndProbed = Seq.max(sndProbed, iss + 1 + length);
    if (sndNxt != iss) {
      synRepeated = true;
    }
    sndNxt = Seq.max(sndNxt, iss + 1);
    synOwed = false;
    lastSentNs = nowNs;
  }

  /** The SYN-ACK left as a cookie, nobody knows when, and has come back. */
  void onCookieReturned(final long nowNs) {
    lastSentNs = nowNs;
    sndNxt = iss + 1;
    synOwed = false;
    synRepeated = true;
  }

  /**
   * A new segment of {@code length} bytes of sequence space left from {@code sndNxt}.
   *
   * @return true when its beginning had been sent before, by a probe
   */
  boolean onSent(final int length, final long nowNs) {
    final boolean again = Seq.lt(sndNxt, sndProbed);
    final int end = sndNxt + length;
    outstanding().append(sndNxt, end, reachesBeyondFin(end), again, nowNs);
    sndNxt = end;
    if (length < mss()) {
      nagle().onSmallSent(sndNxt);
    }
    lastSentNs = nowNs;
    if (recoveryState != null && recoveryState.isReducing()) {
      recoveryState.prr.onSent(length);
    }
    return again;
  }

  /**
   * An outstanding segment left once more.
   *
   * @param tick our timestamp clock
   */
  void onRetransmitted(final int position, final int tick, final long nowNs) {
    final RetransmitQueue outstanding = outstanding();
    final RecoveryState r = makeRecoveryState();
    final boolean first = r.isOpenOrDisorder() && outstanding.retransmittedSegments() == 0;
    r.undo.onRetransmission(first, outstanding.endSeq(position), tick);
    outstanding.onRetransmitted(position, nowNs);
    lastSentNs = nowNs;
    if (r.isReducing()) {
      r.prr.onSent(outstanding.length(position));
    }
  }

  /** A probe of one byte, or of the FIN, left from {@code sndNxt}. */
  void onProbeSent() {
    sndProbed = Seq.max(sndProbed, sndNxt + 1);
  }

  /** The SYN or SYN-ACK is to be sent, for the first time or again. */
  boolean owesSyn() {
    return synOwed;
  }

  /** The SYN goes out again with an ACK: simultaneous open, or the peer repeated its SYN. */
  void repeatSynAsSynAck() {
    synOwed = true;
  }

  /** RFC 6298 5.4 to 5.7 for the SYN. */
  void onSynTimeout() {
    rtt.onTimeout();
    synTimedOut = true;
    synOwed = true;
  }

  /** RFC 6298 5.4 to 5.6: back off, shrink, send again what is lost. */
  void onTimeout(final long nowNs) {
    parts.recovery.onTimeout(this, nowNs);
    rtt.onTimeout();
  }
}
