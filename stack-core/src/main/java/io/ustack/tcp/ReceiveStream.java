package io.ustack.tcp;

import io.ustack.buffer.PacketRing;

/**
 * The stream that a {@link Receiver} receives, as sequence numbers: the RCV variables (RFC 9293
 * 3.3.1), from what was read over RCV.NXT to the right edge of the window.
 *
 * <p>A part of each {@link Receiver}, by inheritance: an object of its own would have a header.
 */
abstract class ReceiveStream {
  final PacketRing buffer;

  /** For {@link TcpInfo}, modulo 2^32. */
  int segmentsIn;

  int irs;
  int rcvNxt;

  /** The right edge of the window that the peer has been told: it never moves left. */
  int rcvAdv;

  /** Last.ACK.sent (RFC 7323 4.3). */
  int lastAckSent;

  boolean sackPermitted;
  boolean scalesWindow;
  byte windowShift;
  char mss;
  boolean finSeen;
  boolean ended;
  int finSeq;

  ReceiveStream(final PacketRing buffer) {
    this.buffer = buffer;
  }

  /** Begins, for a connection whose peer has said nothing yet. */
  final void beginStream() {
    segmentsIn = 0;
    irs = 0;
    rcvNxt = 0;
    rcvAdv = 0;
    lastAckSent = 0;
    sackPermitted = false;
    scalesWindow = false;
    windowShift = 0;
    mss = Tcp.DEFAULT_MSS;
    finSeen = false;
    ended = false;
    finSeq = 0;
  }

  final PacketRing buffer() {
    return buffer;
  }

  /** Whether everything is acknowledged, and more may come. */
  final boolean isStreamAtRest() {
    return !finSeen && !ended && lastAckSent == rcvNxt;
  }

  final void streamTo(final Asleep a) {
    a.segmentsIn = segmentsIn;
    a.irs = irs;
    a.rcvNxt = rcvNxt;
    a.rcvAdv = rcvAdv;
    a.set(Asleep.SACK, sackPermitted);
    a.set(Asleep.SCALES_WINDOW, scalesWindow);
    a.windowShift = windowShift;
    a.receiveMss = mss;
  }

  /** Goes on, at rest. */
  final void streamFrom(final Asleep a) {
    segmentsIn = a.segmentsIn;
    irs = a.irs;
    rcvNxt = a.rcvNxt;
    rcvAdv = a.rcvAdv;
    lastAckSent = a.rcvNxt;
    sackPermitted = a.has(Asleep.SACK);
    scalesWindow = a.has(Asleep.SCALES_WINDOW);
    windowShift = a.windowShift;
    mss = a.receiveMss;
  }

  // ---- The peer's SYN, and what it agreed on

  /** The peer's SYN: {@code irs} is its initial sequence number. Our SYN's window is not scaled. */
  final void start(final int peersIss, final int ourMss) {
    irs = peersIss;
    rcvNxt = irs + 1;
    rcvAdv = rcvNxt + synWindow();
    lastAckSent = rcvNxt;
    mss = (char) ourMss;
  }

  /** Both ends offered window scaling: our windows are shifted from now on. */
  final void scaleWindow(final int shift) {
    scalesWindow = true;
    windowShift = (byte) shift;
  }

  final boolean scalesWindow() {
    return scalesWindow;
  }

  final int windowShift() {
    return windowShift;
  }

  /** Both SYNs permitted selective acknowledgments (RFC 2018 2). */
  final void permitSack() {
    sackPermitted = true;
  }

  /** Payload of the largest segment that the peer was told to send. */
  final int mss() {
    return mss;
  }

  // ---- Where it is

  final int rcvNxt() {
    return rcvNxt;
  }

  /** Bytes of the peer's stream that came in order, modulo 2^32. */
  final int received() {
    return rcvNxt - irs - (ended ? 2 : 1);
  }

  /** Up to where the application has read. */
  final int readSeq() {
    return rcvNxt - buffer.length();
  }

  /** The peer's FIN was reached: nothing more will be readable than what is in the buffer. */
  final boolean isEnded() {
    return ended;
  }

  final int lastAckSent() {
    return lastAckSent;
  }

  // ---- The window

  /** RCV.WND: what the peer may send from {@code rcvNxt} on, in bytes. */
  final int rcvWnd() {
    return rcvAdv - rcvNxt;
  }

  /** The window that the last ACK offered. */
  final int offeredBytes() {
    return rcvAdv - lastAckSent;
  }

  /** The window field of a SYN, which is never scaled (RFC 7323 2.2). */
  final int synWindow() {
    return Math.min(0xFFFF, buffer.free());
  }

  /** The same of a SYN-ACK: what data on the peer's SYN has taken is no longer part of it. */
  final int synAckWindow() {
    return Math.min(synWindow(), rcvWnd());
  }

  /**
   * DEVIATION: RFC 9293 3.10.7.4, first, table 6: a segment that sticks out of the window at both
   * ends is accepted too, as on Linux: it brings all that the window is open for.
   */
  final boolean isAcceptable(final int seq, final int length) {
    final int window = rcvWnd();
    if (seq == rcvNxt) {
      // With a closed window the payload is cut off, but the ACK and RST of such a segment count.
      return true;
    }
    if (length == 0) {
      // DEVIATION: RFC 9293 3.10.7.4, first: a segment without length one past the right edge is
      // accepted too, as on Linux: a peer that filled the window acknowledges from there.
      return Seq.inWindow(seq, rcvNxt, window + 1);
    }
    return Seq.lt(seq, rcvNxt + window) && Seq.gt(seq + length, rcvNxt);
  }
}
