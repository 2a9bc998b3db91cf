package io.ustack.tcp;

import io.ustack.buffer.ByteRing;
import io.ustack.tcp.congestion.CongestionControl;
import io.ustack.tcp.congestion.CongestionWindow;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a connection: the SND variables (RFC 9293 3.3.1), what may leave now (Nagle,
 * silly window avoidance, congestion window, what is lost), and what an ACK means.
 *
 * <p>The send buffer's head is always the byte at {@code sndUna}, once our SYN is acknowledged.
 * What is outstanding stands in a {@link RetransmitQueue}; {@code sndNxt} never goes back.
 */
final class Sender extends PeerWindow {
  /** {@link #nextLength} when nothing may leave. */
  static final int NOTHING = -1;

  private final ByteRing buffer;
  private final RttEstimator rtt;
  private final CongestionWindow window = new CongestionWindow();
  private final CongestionControl control;
  private final LossRecovery recovery;
  private final TcpConfig config;

  /** What is outstanding; borrowed while something is. */
  private @Nullable RetransmitQueue queue;

  /** Made when something first goes wrong. */
  private @Nullable RecoveryState recoveryState;

  private final int iss;
  private int sndUna;
  private int sndNxt;

  /** Just past the byte that a probe carried beyond the window; it never counts as sent. */
  private int sndProbed;

  /** Made when a small segment leaves, or the application wants it otherwise. */
  private @Nullable Nagle nagle;

  private boolean finQueued;
  private int finSeq;
  private boolean synOwed = true;
  private boolean synRepeated;
  private boolean synTimedOut;
  private boolean synAcknowledged;
  private boolean sackPermitted;
  private long lastSentNs;

  /** Of those whose algorithm is rate based. */
  @Nullable SendRate sendRate;

  Sender(
      final ByteRing buffer,
      final TcpConfig config,
      final CongestionControl control,
      final LossRecovery recovery,
      final int iss) {
    this.buffer = buffer;
    this.config = config;
    this.recovery = recovery;
    this.iss = iss;
    rtt = new RttEstimator(config);
    this.control = control;
    sndUna = iss;
    sndNxt = iss;
    sndProbed = iss;
  }

  ByteRing buffer() {
    return buffer;
  }

  RttEstimator rtt() {
    return rtt;
  }

  CongestionWindow window() {
    return window;
  }

  CongestionControl control() {
    return control;
  }

  /** What is outstanding; null when nothing is. */
  @Nullable RetransmitQueue queue() {
    return queue;
  }

  /** Null as long as nothing ever went wrong. */
  @Nullable RecoveryState recoveryState() {
    return recoveryState;
  }

  RecoveryState makeRecoveryState() {
    if (recoveryState == null) {
      recoveryState = new RecoveryState(sndUna);
    }
    return recoveryState;
  }

  CongestionState congestionState() {
    return recoveryState == null ? CongestionState.OPEN : recoveryState.state;
  }

  /** Both SYNs permitted selective acknowledgments (RFC 2018 2). */
  boolean sackPermitted() {
    return sackPermitted;
  }

  void permitSack() {
    sackPermitted = true;
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

  int mss() {
    return window.smss();
  }

  /** MSG_MORE, or the end of it. */
  void moreComes(final boolean on) {
    if (on || nagle != null) {
      nagle().moreComes(on);
    }
  }

  Nagle nagle() {
    if (nagle == null) {
      nagle = new Nagle(sndUna);
    }
    return nagle;
  }

  /** What the peer's SYN tells: its MSS and its window, never scaled (RFC 7323 2.2). */
  void onSyn(final int effectiveMss, final int shift, final TcpSegment segment) {
    window.smss(effectiveMss);
    onSynWindow(shift, segment);
  }

  /** Whether a segment acknowledges our SYN, and nothing that we did not send. */
  boolean acknowledgesSyn(final int ack) {
    return Seq.gt(ack, iss) && Seq.leq(ack, Seq.max(sndNxt, sndProbed));
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
    control.start(window, nowNs);
    sendRate = control.isRateBased() ? new SendRate(nowNs) : null;
  }

  // ---- What an ACK means

  /** RFC 5961 5.2: not newer than what was sent, not older than the peer's largest window. */
  boolean isAckAcceptable(final int ack) {
    return Seq.leq(ack, Seq.max(sndNxt, sndProbed)) && Seq.geq(ack, oldestAcceptableAck());
  }

  /** RFC 5961 5.2: SND.UNA - MAX.SND.WND. */
  int oldestAcceptableAck() {
    return sndUna - Math.max(maxSndWnd(), 1);
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
    final boolean duplicate = acked == 0 && isDuplicate(segment);
    if (acked > 0) {
      moreComes(false);
      sndUna = ack;
      sndNxt = Seq.max(sndNxt, ack);
      sndProbed = Seq.max(sndProbed, ack);
      buffer.discard(Math.min(acked, buffer.length()));
    }
    if (queue != null || recoveryState != null) {
      recovery.onAck(this, segment, acked, duplicate, nowNs);
    } else if (acked > 0) {
      rtt.onAck(segment.echoAgeNs, ack, sndNxt);
    }
    if (queue != null && queue.isEmpty()) {
      release();
    }
    updateWindow(segment, sndUna, acked);
    return acked;
  }

  /** The connection is gone: gives back what it has borrowed. */
  void release() {
    if (queue != null) {
      recovery.queues().give(queue);
      queue = null;
    }
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
    return finQueued && Seq.gt(Seq.max(sndNxt, sndProbed), finSeq);
  }

  /** Our FIN was sent and acknowledged. */
  boolean isFinAcknowledged() {
    return finQueued && sndUna == finSeq + 1;
  }

  /** A SYN is to leave, or something was sent and is not acknowledged. */
  boolean waitsForTheLink() {
    return synOwed || sndUna != sndNxt;
  }

  /** Bytes that {@code sndNxt} has not reached; negative once the FIN is behind it. */
  private int unsent() {
    return buffer.length() - (sndNxt - sndUna);
  }

  /** Data or a FIN waits behind {@code sndNxt}. */
  boolean hasUnsent() {
    final int unsent = unsent();
    return unsent > 0 || (unsent == 0 && finQueued);
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
    if (unsent < 0 || (unsent == 0 && !finQueued) || (queue != null && queue.isFull())) {
      return NOTHING;
    }
    final int outstanding = sndNxt - sndUna;
    if (outstanding == 0 && nowNs - lastSentNs > rtt.rtoNs()) {
      control.onRestart(window, nowNs - lastSentNs, rtt.rtoNs(), nowNs);
      lastSentNs = nowNs;
    }
    final int windowLeft = sndWnd() - outstanding;
    if (unsent == 0) {
      return windowLeft > 0 ? 0 : NOTHING;
    }
    final int length = Math.min(unsent, mss());
    final int usable = Math.min(windowLeft, congestionWindowLeft());
    if (length <= usable) {
      final boolean small = length < mss() && !finQueued;
      return small && nagle != null && nagle.holds(sndNxt + length, sndUna, sndNxt)
          ? NOTHING
          : length;
    }
    return usable == windowLeft && isWorthwhile(usable) ? usable : NOTHING;
  }

  /** Just past the data in the buffer. */
  int dataEnd() {
    return streamStart() + buffer.length();
  }

  /** What is outstanding, for who knows that something is or adds to it. */
  RetransmitQueue outstanding() {
    if (queue == null) {
      queue = recovery.queues().take();
    }
    return queue;
  }

  /**
   * Whether a segment of {@code length} bytes from {@code seq} carries the FIN: it ends where the
   * FIN stands, and is the next in line or repeats one that carried it. Behind data it needs a
   * place of its own in the window (RFC 9293 3.4); alone it is sent as a probe, too.
   */
  boolean reachesFin(final int seq, final int length) {
    return finQueued
        && seq + length == finSeq
        && (seq == sndNxt || Seq.gt(sndNxt, finSeq))
        && (length == 0 || Seq.lt(finSeq, sndUna + sndWnd()));
  }

  /** Whether the segment holds the last byte that is in the buffer now: it is pushed. */
  boolean reachesEnd(final int seq, final int length) {
    return seq + length == sndUna + buffer.length();
  }

  /** Offset in the buffer of the byte with this sequence number. */
  int bufferOffset(final int seq) {
    return seq - streamStart();
  }

  /** The sequence number of a segment that only acknowledges. A SYN needs no window. */
  int pureAckSeq() {
    return synAcknowledged ? acceptableSeq(sndUna, sndNxt) : sndNxt;
  }

  /** Nothing between {@code sndUna} and {@code sndNxt}: no timer covers what waits. */
  boolean isIdle() {
    return sndNxt == sndUna;
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
  void onCookieReturned() {
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
    outstanding().append(sndNxt, end, finQueued && Seq.gt(end, finSeq), again, nowNs);
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
    recovery.onTimeout(this, nowNs);
    rtt.onTimeout();
  }
}
