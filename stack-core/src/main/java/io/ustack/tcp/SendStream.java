package io.ustack.tcp;

import io.ustack.buffer.PacketRing;

/**
 * The stream that a {@link Sender} sends, as sequence numbers: from SND.UNA over SND.NXT to the end
 * of the send buffer, and the FIN behind it (RFC 9293 3.3.1).
 *
 * <p>The buffer's head is always the byte at {@code sndUna}, once our SYN is acknowledged.
 */
abstract class SendStream extends PeerWindow {
  final PacketRing buffer;
  int iss;
  int sndUna;
  int sndNxt;

  /** Just past the byte that a probe carried beyond the window; it never counts as sent. */
  int sndProbed;

  boolean synAcknowledged;
  private boolean finQueued;
  private int finSeq;

  SendStream(final PacketRing buffer) {
    this.buffer = buffer;
  }

  /** Begins: nothing was sent. */
  final void beginStream(final int newIss) {
    beginWindow();
    iss = newIss;
    sndUna = newIss;
    sndNxt = newIss;
    sndProbed = newIss;
    synAcknowledged = false;
    finQueued = false;
    finSeq = 0;
  }

  /** Whether nothing is under way, and the application may write more. */
  final boolean isStreamAtRest() {
    return synAcknowledged && !finQueued && sndNxt == sndUna && Seq.leq(sndProbed, sndNxt);
  }

  final void streamTo(final Asleep a) {
    windowTo(a);
    a.iss = iss;
    a.sndUna = sndUna;
  }

  /** Goes on, at rest. */
  final void streamFrom(final Asleep a) {
    windowFrom(a);
    sndUna = a.sndUna;
    sndNxt = a.sndUna;
    sndProbed = a.sndUna;
    synAcknowledged = true;
  }

  final PacketRing buffer() {
    return buffer;
  }

  final int iss() {
    return iss;
  }

  final int sndUna() {
    return sndUna;
  }

  final int sndNxt() {
    return sndNxt;
  }

  /** Whether a segment acknowledges our SYN, and nothing that we did not send. */
  final boolean acknowledgesSyn(final int ack) {
    return Seq.gt(ack, iss) && Seq.leq(ack, Seq.max(sndNxt, sndProbed));
  }

  /** RFC 5961 5.2: not newer than what was sent, not older than the peer's largest window. */
  final boolean isAckAcceptable(final int ack) {
    return Seq.leq(ack, Seq.max(sndNxt, sndProbed)) && Seq.geq(ack, oldestAcceptableAck());
  }

  /** RFC 5961 5.2: SND.UNA - MAX.SND.WND. */
  final int oldestAcceptableAck() {
    return sndUna - Math.max(maxSndWnd(), 1);
  }

  /**
   * Sequence number of the first byte in the buffer. The ISS itself can't tell: a stream comes back
   * to it after 2^32 bytes (RFC 9293 3.4).
   */
  final int streamStart() {
    return synAcknowledged ? sndUna : iss + 1;
  }

  /** The application will write nothing more: FIN follows the last byte. */
  final void queueFin() {
    if (!finQueued) {
      finQueued = true;
      finSeq = dataEnd();
    }
  }

  final boolean isFinQueued() {
    return finQueued;
  }

  /** Whether the FIN lies in front of {@code end}. */
  final boolean reachesBeyondFin(final int end) {
    return finQueued && Seq.gt(end, finSeq);
  }

  /** Our FIN was sent at least once. */
  final boolean isFinSent() {
    return finQueued && Seq.gt(Seq.max(sndNxt, sndProbed), finSeq);
  }

  /** Our FIN was sent and acknowledged. */
  final boolean isFinAcknowledged() {
    return finQueued && sndUna == finSeq + 1;
  }

  /** Bytes that {@code sndNxt} has not reached; negative once the FIN is behind it. */
  final int unsent() {
    return buffer.length() - (sndNxt - sndUna);
  }

  /** Data or a FIN waits behind {@code sndNxt}. */
  final boolean hasUnsent() {
    final int unsent = unsent();
    return unsent > 0 || (unsent == 0 && finQueued && !isFinAcknowledged());
  }

  /** The place in the buffer of the first byte that was not sent. */
  final int sentPosition() {
    final int sent = Math.max(0, sndNxt - streamStart());
    return buffer.readPosition() + Math.min(sent, buffer.length());
  }

  /** What {@code sndNxt} has not reached as sequence space: a FIN counts as one. */
  final int unsentSpace() {
    return Math.max(0, unsent()) + (finQueued && !isFinSent() ? 1 : 0);
  }

  /** What lies behind {@code sndUna}, as sequence space. */
  final int unacknowledgedSpace() {
    return buffer.length() + (finQueued && !isFinAcknowledged() ? 1 : 0);
  }

  /** Just past the data in the buffer. */
  final int dataEnd() {
    return streamStart() + buffer.length();
  }

  /**
   * Whether a segment of {@code length} bytes from {@code seq} carries the FIN: it ends where the
   * FIN stands, and is the next in line or repeats one that carried it. Behind data it needs a
   * place of its own in the window (RFC 9293 3.4); alone it is sent as a probe, too.
   */
  final boolean reachesFin(final int seq, final int length) {
    return finQueued
        && seq + length == finSeq
        && (seq == sndNxt || Seq.gt(sndNxt, finSeq))
        && (length == 0 || Seq.lt(finSeq, sndUna + sndWnd()));
  }

  /** Whether the segment holds the last byte that is in the buffer now: it is pushed. */
  final boolean reachesEnd(final int seq, final int length) {
    return seq + length == sndUna + buffer.length();
  }

  /** Offset in the buffer of the byte with this sequence number. */
  final int bufferOffset(final int seq) {
    return seq - streamStart();
  }

  /** Nothing between {@code sndUna} and {@code sndNxt}: no timer covers what waits. */
  final boolean isIdle() {
    return sndNxt == sndUna;
  }
}
