package io.ustack.tcp;

import io.ustack.buffer.ByteRing;

/**
 * The sending half of a connection: the SND variables (RFC 9293 3.3.1), what may leave now (Nagle,
 * silly window avoidance, congestion window), and what an ACK means.
 *
 * <p>The send buffer's head is always the byte at {@code sndUna}, once our SYN is acknowledged.
 * After a timeout {@code sndNxt} goes back to {@code sndUna} and everything is sent again in order;
 * {@code sndMax} remembers how far it had been.
 */
final class Sender {
  /** {@link #nextLength} when nothing may leave. */
  static final int NOTHING = -1;

  private final ByteRing buffer;
  private final RttEstimator rtt;
  private final NewReno congestion;
  private final FastRecovery recovery;

  private final int iss;
  private int sndUna;
  private int sndNxt;
  private int sndMax;

  /** Just past the byte that a probe carried beyond the window; it never counts as sent. */
  private int sndProbed;

  private int sndWnd;
  private int sndWl1;
  private int sndWl2;
  private int maxSndWnd;
  private int windowShift;
  private int mss = 536;

  private final Nagle nagle;
  private boolean finQueued;
  private int finSeq;
  private boolean retransmitNow;
  private boolean synRepeated;
  private boolean synAcknowledged;
  private long lastSentNs;

  Sender(final ByteRing buffer, final TcpConfig config, final int iss) {
    this.buffer = buffer;
    this.iss = iss;
    nagle = new Nagle(iss);
    rtt = new RttEstimator(config);
    congestion = new NewReno(config.initialWindowSegments());
    recovery = new FastRecovery(congestion);
    sndUna = iss;
    sndNxt = iss;
    sndMax = iss;
    sndProbed = iss;
  }

  RttEstimator rtt() {
    return rtt;
  }

  NewReno congestion() {
    return congestion;
  }

  FastRecovery recovery() {
    return recovery;
  }

  int iss() {
    return iss;
  }

  int sndUna() {
    return sndUna;
  }

  int sndNxt() {
    return sndNxt;
  }

  int sndMax() {
    return sndMax;
  }

  int sndWnd() {
    return sndWnd;
  }

  /** By how much the peer's window field is shifted (RFC 7323 2.2). */
  int windowShift() {
    return windowShift;
  }

  int mss() {
    return mss;
  }

  Nagle nagle() {
    return nagle;
  }

  /**
   * What a SYN of the peer tells us: its MSS and its window, which a SYN never scales (RFC 7323
   * 2.2).
   */
  void onSyn(final int effectiveMss, final int shift, final TcpSegment segment) {
    mss = effectiveMss;
    windowShift = shift;
    setWindow(segment.window, segment);
  }

  /** Our SYN is acknowledged: the stream starts. */
  void onSynAcknowledged(final int ack, final long echoAgeNs, final long nowNs) {
    synAcknowledged = true;
    sndUna = ack;
    sndNxt = Seq.max(sndNxt, ack);
    rtt.onAck(ack, echoAgeNs, nowNs);
    if (synRepeated) {
      rtt.onStartAfterRepeatedSyn();
    }
    congestion.start(mss, synRepeated);
    recovery.start(iss);
  }

  // ---- What an ACK means

  /**
   * RFC 5961 5.2: not newer than what was sent, not older than the largest window that the peer
   * ever offered.
   */
  boolean isAckAcceptable(final int ack) {
    return Seq.leq(ack, Seq.max(sndMax, sndProbed))
        && Seq.geq(ack, sndUna - Math.max(maxSndWnd, 1));
  }

  /**
   * RFC 9293 3.10.7.4, fifth, ESTABLISHED: moves {@code sndUna}, frees what is acknowledged, feeds
   * RTT and congestion control, updates the window.
   *
   * @return bytes of sequence space newly acknowledged
   */
  int onAck(final TcpSegment segment, final long nowNs) {
    final int ack = segment.ack;
    final int acked = Seq.gt(ack, sndUna) ? ack - sndUna : 0;
    if (acked > 0) {
      advance(ack, acked, segment.echoAgeNs, nowNs);
    } else if (isDuplicate(segment)) {
      if (recovery.onDuplicateAck(sndUna, sndMax)) {
        retransmitNow = true;
      }
    }
    updateWindow(segment, acked);
    return acked;
  }

  private void advance(final int ack, final int acked, final long echoAgeNs, final long nowNs) {
    final int flightBefore = sndMax - sndUna;
    nagle.moreComes(false);
    sndUna = ack;
    sndNxt = Seq.max(sndNxt, ack);
    sndMax = Seq.max(sndMax, ack);
    sndProbed = Seq.max(sndProbed, ack);
    buffer.discard(Math.min(acked, buffer.length()));
    rtt.onAck(ack, echoAgeNs, nowNs);
    // A retransmission that was still to leave is for what is acknowledged now.
    retransmitNow = recovery.onAck(sndUna, acked, flightBefore, sndMax - sndUna);
  }

  /**
   * RFC 5681 2: outstanding data, no payload, no SYN or FIN, the same ACK, the same window. The
   * byte of a window probe is not outstanding: {@code sndNxt} stays in front of it.
   */
  private boolean isDuplicate(final TcpSegment segment) {
    return segment.ack == sndUna
        && sndNxt != sndUna
        && segment.length() == 0
        && scaled(segment) == sndWnd;
  }

  /**
   * RFC 9293 3.10.7.4: SND.WL1 and WL2 keep old segments from setting the window. One that moved
   * SND.UNA is never old, even as a retransmission (Linux tcp_may_update_window): the old window
   * would count from the new SND.UNA.
   */
  private void updateWindow(final TcpSegment segment, final int acked) {
    if (Seq.lt(segment.ack, sndUna)) {
      return;
    }
    if (acked > 0
        || Seq.lt(sndWl1, segment.seq)
        || (sndWl1 == segment.seq && Seq.leq(sndWl2, segment.ack))) {
      setWindow(scaled(segment), segment);
    }
  }

  private int scaled(final TcpSegment segment) {
    return segment.window << windowShift;
  }

  private void setWindow(final int window, final TcpSegment segment) {
    sndWnd = window;
    maxSndWnd = Math.max(maxSndWnd, window);
    sndWl1 = segment.seq;
    sndWl2 = segment.ack;
  }

  // ---- What may leave

  /**
   * Sequence number of the first byte in the buffer. The ISS itself can't tell: a stream comes back
   * to it after 2^32 bytes (RFC 9293 3.4).
   */
  private int streamStart() {
    return synAcknowledged ? sndUna : iss + 1;
  }

  /** The application will write nothing more: FIN follows the last byte. */
  void queueFin() {
    if (!finQueued) {
      finQueued = true;
      finSeq = dataEnd();
    }
  }

  boolean isFinQueued() {
    return finQueued;
  }

  /** Our FIN was sent at least once. */
  boolean isFinSent() {
    return finQueued && Seq.gt(Seq.max(sndMax, sndProbed), finSeq);
  }

  /** Our FIN was sent and acknowledged. */
  boolean isFinAcknowledged() {
    return finQueued && sndUna == finSeq + 1;
  }

  /** Sent and not acknowledged, SYN and FIN included. */
  boolean hasOutstanding() {
    return sndUna != sndMax;
  }

  /** A SYN is to leave, or something was sent and is not acknowledged. */
  boolean waitsForTheLink() {
    return owesSyn() || hasOutstanding();
  }

  /**
   * Bytes in the buffer that {@code sndNxt} has not reached; negative once the FIN is behind it.
   */
  private int unsent() {
    return buffer.length() - (sndNxt - sndUna);
  }

  /** Data or a FIN waits behind {@code sndNxt}. */
  boolean hasUnsent() {
    final int unsent = unsent();
    return unsent > 0 || (unsent == 0 && finQueued);
  }

  /** The segment at {@code sndUna} is to be sent again now. */
  boolean retransmitsNow() {
    return retransmitNow && sndMax != sndUna;
  }

  /**
   * Payload of the next segment from {@code sndNxt}.
   *
   * @return its length, 0 for a FIN alone, or {@link #NOTHING}
   */
  int nextLength(final long nowNs) {
    final int unsent = unsent();
    if (unsent < 0 || (unsent == 0 && !finQueued)) {
      return NOTHING;
    }
    final int flight = sndNxt - sndUna;
    if (flight == 0 && !hasOutstanding() && nowNs - lastSentNs > rtt.rtoNs()) {
      congestion.onIdle();
    }
    final int windowLeft = sndWnd - flight;
    if (unsent == 0) {
      return windowLeft > 0 ? 0 : NOTHING;
    }
    final int length = Math.min(unsent, mss);
    final int usable = Math.min(windowLeft, congestionWindow() - flight);
    if (length <= usable) {
      return length == mss || mayBeSmall(length) ? length : NOTHING;
    }
    // RFC 9293 3.8.6.2.1 (3): a piece is worth sending when it is half of the largest window the
    // peer ever had.
    final boolean worthwhile = usable == windowLeft && usable > 0 && usable >= maxSndWnd / 2;
    return worthwhile ? usable : NOTHING;
  }

  /** CWND, and for new data what limited transmit adds (RFC 3042). */
  private int congestionWindow() {
    return sndNxt == sndMax
        ? congestion.cwnd() + recovery.limitedTransmit() * mss
        : congestion.cwnd();
  }

  private boolean mayBeSmall(final int length) {
    return finQueued || Seq.lt(sndNxt, sndMax) || !nagle.holds(sndNxt + length, sndUna, sndNxt);
  }

  /** Just past the data in the buffer. */
  int dataEnd() {
    return streamStart() + buffer.length();
  }

  /** Payload of the segment to send again from {@code sndUna}. */
  int retransmitLength() {
    return Math.min(Math.min(mss, buffer.length()), sndMax - sndUna);
  }

  /**
   * Whether a segment of {@code length} bytes from {@code seq} carries the FIN: it ends where the
   * FIN stands, and is the next in line or repeats one that carried it. Behind data it needs a
   * place of its own in the window (RFC 9293 3.4); alone it is sent as a probe, too.
   */
  boolean reachesFin(final int seq, final int length) {
    return finQueued
        && seq + length == finSeq
        && (seq == sndNxt || Seq.gt(sndMax, finSeq))
        && (length == 0 || Seq.lt(finSeq, sndUna + sndWnd));
  }

  /** Whether the segment holds the last byte that is in the buffer now: it is pushed. */
  boolean reachesEnd(final int seq, final int length) {
    return seq + length == sndUna + buffer.length();
  }

  /** Offset in the buffer of the byte with this sequence number. */
  int bufferOffset(final int seq) {
    return seq - streamStart();
  }

  /**
   * The sequence number of a segment that only acknowledges: {@code sndMax}, where the peer expects
   * us even after going back, but never beyond its window, where it would not look at our ACK. What
   * the peer's rounding took off its window is no part of that (RFC 7323 2.4): it may have
   * everything up to {@code sndMax} already (Linux tcp_acceptable_seq).
   */
  int pureAckSeq() {
    if (!synAcknowledged) {
      // A SYN needs no window.
      return sndMax;
    }
    final int windowEnd = sndUna + sndWnd;
    return Seq.lt(sndMax, windowEnd + (1 << windowShift)) ? sndMax : windowEnd;
  }

  /**
   * Nothing between {@code sndUna} and {@code sndNxt}: no retransmission timer covers what waits.
   */
  boolean isIdle() {
    return sndNxt == sndUna;
  }

  /**
   * Payload of the segment that the persist timer sends: what fits a small window (RFC 9293
   * 3.8.6.2.1, override), or one byte beyond a closed one (3.8.6.1); 0 when only the FIN is left.
   */
  int probeLength() {
    return Math.min(unsent(), Math.min(mss, Math.max(1, sndWnd)));
  }

  // ---- What has left

  /** The SYN or SYN-ACK left. */
  void onSynSent(final long nowNs) {
    if (sndMax == iss) {
      rtt.onSend(iss + 1, nowNs);
    } else {
      rtt.onRetransmit();
    }
    sndNxt = iss + 1;
    sndMax = Seq.max(sndMax, sndNxt);
    lastSentNs = nowNs;
  }

  /** The SYN-ACK left as a cookie, nobody knows when, and has come back. */
  void onCookieReturned() {
    sndNxt = iss + 1;
    sndMax = sndNxt;
  }

  /**
   * A segment of {@code length} bytes of sequence space left from {@code sndNxt}.
   *
   * @return true when it, or its beginning, had been sent before
   */
  boolean onSent(final int length, final long nowNs) {
    final boolean again = Seq.lt(sndNxt, Seq.max(sndMax, sndProbed));
    if (again) {
      rtt.onRetransmit();
    } else {
      rtt.onSend(sndNxt + length, nowNs);
    }
    sndNxt += length;
    if (length < mss) {
      nagle.onSmallSent(sndNxt);
    }
    sndMax = Seq.max(sndMax, sndNxt);
    lastSentNs = nowNs;
    return again;
  }

  /** The segment at {@code sndUna} left once more, by fast retransmit. */
  void onRetransmitted(final long nowNs) {
    retransmitNow = false;
    rtt.onRetransmit();
    lastSentNs = nowNs;
  }

  /** A probe of one byte, or of the FIN, left from {@code sndNxt}. */
  void onProbeSent() {
    rtt.onRetransmit();
    sndProbed = Seq.max(sndProbed, sndNxt + 1);
  }

  /** The SYN or SYN-ACK is to be sent, for the first time or again. */
  boolean owesSyn() {
    return sndNxt == iss;
  }

  /**
   * The SYN goes out again, this time with an ACK: simultaneous open, or the peer repeated its SYN.
   */
  void repeatSynAsSynAck() {
    sndNxt = iss;
  }

  /** RFC 6298 5.4 to 5.7 for the SYN. */
  void onSynTimeout() {
    rtt.onTimeout();
    synRepeated = true;
    sndNxt = iss;
  }

  /**
   * RFC 6298 5.4 to 5.6, RFC 5681 3.1: back off, shrink, go back to {@code sndUna}. What an earlier
   * timeout gave up and was not sent again since is not in flight.
   */
  void onTimeout() {
    congestion.onTimeout(sndNxt - sndUna, rtt.timeouts() == 0);
    recovery.onTimeout(sndMax);
    rtt.onTimeout();
    retransmitNow = false;
    sndNxt = sndUna;
  }
}
