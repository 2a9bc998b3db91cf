package io.ustack.tcp;

/**
 * The window that the peer offers: SND.WND with SND.WL1 and SND.WL2, which keep old segments from
 * setting it (RFC 9293 3.3.1, 3.10.7.4), and its scale (RFC 7323 2). In bytes.
 *
 * <p>A part of each {@link Sender}, by inheritance: an object of its own would have a header.
 */
abstract class PeerWindow {
  private int sndWnd;
  private int sndWl1;
  private int sndWl2;
  private int maxSndWnd;
  private byte shift;

  /** SND.WND: what the peer has room for, from SND.UNA on. */
  final int sndWnd() {
    return sndWnd;
  }

  /** MAX.SND.WND: the largest that it ever was. */
  final int maxSndWnd() {
    return maxSndWnd;
  }

  /**
   * RFC 9293 3.8.6.2.1 (3): a piece is worth sending when it is half of the largest window the peer
   * ever had.
   */
  final boolean isWorthwhile(final int length) {
    return length > 0 && length >= maxSndWnd / 2;
  }

  /** By how much the peer's window field is shifted. */
  final int sndWndShift() {
    return shift;
  }

  /** A SYN says it, and never scales it (RFC 7323 2.2). */
  final void onSynWindow(final int theirShift, final TcpSegment segment) {
    shift = (byte) theirShift;
    set(segment.window, segment);
  }

  /** The window that the segment tells. */
  final int windowOf(final TcpSegment segment) {
    return segment.window << shift;
  }

  /**
   * RFC 9293 3.10.7.4: SND.WL1 and WL2 keep old segments from setting the window. One that moved
   * SND.UNA is never old, even as a retransmission (Linux tcp_may_update_window): the old window
   * would count from the new SND.UNA.
   *
   * @param acked bytes that it moved SND.UNA by
   */
  final void updateWindow(final TcpSegment segment, final int sndUna, final int acked) {
    if (Seq.lt(segment.ack, sndUna)) {
      return;
    }
    if (acked > 0
        || Seq.lt(sndWl1, segment.seq)
        || (sndWl1 == segment.seq && Seq.leq(sndWl2, segment.ack))) {
      set(windowOf(segment), segment);
    }
  }

  /**
   * {@code sndNxt}, where the peer expects us, but never beyond its window, where it would not look
   * at our ACK. What the peer's rounding took off its window is no part of that (RFC 7323 2.4): it
   * may have everything up to {@code sndNxt} already (Linux tcp_acceptable_seq).
   */
  final int acceptableSeq(final int sndUna, final int sndNxt) {
    final int end = sndUna + sndWnd;
    return Seq.lt(sndNxt, end + (1 << shift)) ? sndNxt : end;
  }

  /** Begins, for a peer that has said nothing yet. */
  final void beginWindow() {
    sndWnd = 0;
    sndWl1 = 0;
    sndWl2 = 0;
    maxSndWnd = 0;
    shift = 0;
  }

  final void windowTo(final Asleep a) {
    a.sndWnd = sndWnd;
    a.sndWl1 = sndWl1;
    a.sndWl2 = sndWl2;
    a.maxSndWnd = maxSndWnd;
    a.sndWndShift = shift;
  }

  final void windowFrom(final Asleep a) {
    sndWnd = a.sndWnd;
    sndWl1 = a.sndWl1;
    sndWl2 = a.sndWl2;
    maxSndWnd = a.maxSndWnd;
    shift = a.sndWndShift;
  }

  private void set(final int window, final TcpSegment segment) {
    sndWnd = window;
    maxSndWnd = Math.max(maxSndWnd, window);
    sndWl1 = segment.seq;
    sndWl2 = segment.ack;
  }
}
