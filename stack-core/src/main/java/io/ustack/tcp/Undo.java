package io.ustack.tcp;

import io.ustack.tcp.congestion.CongestionWindow;

/**
 * What is needed to take a reduction of the window back once it shows that nothing was lost: by the
 * timestamps of the ACKs (Eifel, RFC 3522), or when each retransmission is reported as a duplicate
 * (D-SACK, RFC 3708). The answer is RFC 4015's, as Linux gives it.
 */
final class Undo {
  private boolean possible;
  private int marker;
  private int retransmissions;
  private boolean repeated;
  private int firstRetransmissionTick;
  private int priorCwnd;
  private int priorSsthresh;

  /** A reduction begins that may turn out to be wrong. */
  void begin(final CongestionWindow window, final int sndUna, final boolean continues) {
    if (!continues) {
      priorCwnd = window.cwnd();
      priorSsthresh = window.ssthresh();
      repeated = false;
    }
    possible = true;
    marker = sndUna;
    retransmissions = 0;
  }

  /** It was right, or can't be known to be wrong any more. */
  void forget() {
    possible = false;
  }

  boolean isPossible() {
    return possible;
  }

  /**
   * A segment was sent again.
   *
   * @param tick our timestamp clock at that moment
   */
  void onRetransmission(final int tick) {
    retransmissions++;
    if (!repeated) {
      repeated = true;
      firstRetransmissionTick = tick;
    }
  }

  /** The peer reports that so much came twice (RFC 2883). */
  void onDuplicate(final int endSeq) {
    if (possible && retransmissions > 0 && Seq.gt(endSeq, marker)) {
      retransmissions--;
    }
  }

  /** D-SACK: everything that was sent again had arrived before. */
  boolean allWereDuplicates() {
    return possible && repeated && retransmissions == 0;
  }

  /** Eifel: the segment answers what left before the first retransmission. */
  boolean isAnswerToOriginal(final TcpSegment segment) {
    return possible
        && repeated
        && segment.hasTimestamps
        && segment.tsEcr != 0
        && Seq.lt(segment.tsEcr, firstRetransmissionTick);
  }

  /** RFC 4015 3.2: the window is again what it was. */
  void restore(final CongestionWindow window) {
    possible = false;
    window.ssthresh(Math.max(window.ssthresh(), priorSsthresh));
    window.cwnd(Math.max(window.cwnd(), priorCwnd));
  }
}
