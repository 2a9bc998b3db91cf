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

  /** Retransmissions whose originals, for all we know, had not arrived. */
  private int retransmissions;

  /** Something was sent again since the reduction. */
  private boolean repeated;

  /** Where the highest of what was sent again since the reduction, or was under way then, ends. */
  private int repeatedEnd;

  private boolean tickKnown;
  private int firstRetransmissionTick;
  private int priorCwnd;
  private int priorSsthresh;

  /** Nothing is known yet. */
  void clear() {
    possible = false;
    retransmissions = 0;
    repeated = false;
    tickKnown = false;
  }

  /**
   * A reduction begins that may turn out to be wrong.
   *
   * @param continues it goes on with one that was right, so the window stays what it is
   * @param underWay retransmissions from before, of which duplicates may be reported, too (Linux
   *     tcp_init_undo)
   */
  void begin(
      final CongestionWindow window,
      final int sndUna,
      final boolean continues,
      final int underWay) {
    priorCwnd = continues ? 0 : window.cwnd();
    priorSsthresh = continues ? 0 : window.ssthresh();
    possible = true;
    marker = sndUna;
    retransmissions = underWay;
    repeated = false;
    repeatedEnd = underWay > 0 ? repeatedEnd : sndUna;
    tickKnown = tickKnown && underWay > 0;
  }

  /** A reduction begins that was right, since the network said so. */
  void forget() {
    possible = false;
  }

  boolean isPossible() {
    return possible;
  }

  /**
   * A segment was sent again.
   *
   * @param first nothing that is outstanding was sent again before it
   * @param endSeq where it ends
   * @param tick our timestamp clock at that moment
   */
  void onRetransmission(final boolean first, final int endSeq, final int tick) {
    retransmissions++;
    repeatedEnd = first ? endSeq : Seq.max(repeatedEnd, endSeq);
    repeated = true;
    if (first || !tickKnown) {
      tickKnown = true;
      firstRetransmissionTick = tick;
    }
  }

  /**
   * The peer reports that so much came twice (RFC 2883), several segments perhaps that its network
   * card had joined. RFC 3708 2: what was not sent again was copied by the network, and says
   * nothing of what was. Linux counts it all the same.
   */
  void onDuplicate(final int startSeq, final int endSeq, final int mss) {
    if (possible && Seq.gt(endSeq, marker) && Seq.leq(endSeq, repeatedEnd)) {
      final int segments = Math.max(1, (endSeq - startSeq + mss - 1) / mss);
      retransmissions = Math.max(0, retransmissions - segments);
    }
  }

  /** D-SACK: everything that was sent again had arrived before. */
  boolean allWereDuplicates() {
    return possible && repeated && retransmissions == 0;
  }

  /** Eifel: the segment answers what left before the first retransmission. */
  boolean isAnswerToOriginal(final TcpSegment segment) {
    return possible
        && tickKnown
        && segment.hasTimestamps
        && segment.tsEcr != 0
        && Seq.lt(segment.tsEcr, firstRetransmissionTick);
  }

  /**
   * RFC 4015 3.2: the window is again what it was.
   *
   * @return false when this recovery had taken nothing from it
   */
  boolean restore(final CongestionWindow window) {
    possible = false;
    window.ssthresh(Math.max(window.ssthresh(), priorSsthresh));
    window.cwnd(Math.max(window.cwnd(), priorCwnd));
    return priorCwnd != 0;
  }
}
