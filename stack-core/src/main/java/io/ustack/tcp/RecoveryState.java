package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * What loss recovery knows of one connection; borrowed when something goes wrong, until the
 * connection is idle and it {@link #isForgettable}. {@link LossRecovery} decides by it; what leaves
 * is told to it by who sends.
 */
final class RecoveryState {
  CongestionState state = CongestionState.OPEN;

  /**
   * SND.NXT when the present state began: an ACK of all before it ends it (RecoveryPoint of RFC
   * 6675, recover of RFC 6582). Between recoveries never far behind SND.UNA.
   */
  int highSeq;

  /** Duplicate ACKs of a peer without SACK: each says that one more segment has arrived. */
  int duplicateAcks;

  /** Whether the first partial ACK of this recovery came (RFC 6582 3.2 step 3). */
  boolean partialAckSeen;

  /** F-RTO goes on: the timeout may have been spurious (RFC 5682 3.1). */
  boolean suspectsTimeout;

  /** F-RTO step 2b: new data tells more than what is thought lost. */
  boolean prefersNewData;

  /**
   * The window was reduced, for whatever reason, and the peer is to hear of it (RFC 3168 6.1.2).
   */
  boolean owesCwr;

  /** When to look for losses again, of {@link #waitsForReordering}. */
  long reorderDeadlineNs;

  /** A segment may be lost, or only late. */
  boolean waitsForReordering;

  /** What the path takes; null as long as that is whatever both ends take. */
  @Nullable MtuSearch mtuSearch;

  final Rack rack = new Rack();
  final Prr prr = new Prr();
  final TailLossProbe tailLossProbe = new TailLossProbe();
  final Undo undo = new Undo();

  /** Nothing is known yet. */
  void begin(final int sndUna) {
    state = CongestionState.OPEN;
    highSeq = sndUna - 1;
    duplicateAcks = 0;
    partialAckSeen = false;
    suspectsTimeout = false;
    prefersNewData = false;
    owesCwr = false;
    waitsForReordering = false;
    mtuSearch = null;
    rack.clear();
    prr.begin(0);
    tailLossProbe.forget();
    undo.clear();
  }

  /**
   * Whether it says nothing that a new one would not. Of a connection on which nothing is
   * outstanding, and nothing has come for so long that no ACK of what was is still under way.
   *
   * <p>DEVIATION: Linux tcp_try_undo_dsack: a duplicate that is reported after a second of silence
   * takes no reduction back.
   *
   * @param tellsCwr whether ECN is in use, so that a reduction is to be told of
   */
  boolean isForgettable(final SenderState s, final boolean tellsCwr) {
    return state == CongestionState.OPEN
        && !(owesCwr && tellsCwr)
        && mtuSearch == null
        && !tailLossProbe.isOut()
        && !rack.knowsOfReordering()
        // RFC 6582 3.2 step 2: without SACK what duplicate ACKs say depends on it.
        && (s.sackPermitted() || Seq.gt(s.sndUna(), highSeq));
  }

  /**
   * What is lost now was too long, and says nothing of congestion (Linux tcp_simple_retransmit).
   */
  void onTooLong(final int sndNxt) {
    state = CongestionState.LOSS;
    highSeq = sndNxt;
    suspectsTimeout = false;
    undo.forget();
  }

  /** The window follows proportional rate reduction. */
  boolean isReducing() {
    return state == CongestionState.CWR || state == CongestionState.RECOVERY;
  }

  boolean isOpenOrDisorder() {
    return state == CongestionState.OPEN || state == CongestionState.DISORDER;
  }
}
