package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * What loss recovery knows of one connection; made when something first goes wrong. {@link
 * LossRecovery} is the only one to write it.
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

  RecoveryState(final int sndUna) {
    highSeq = sndUna - 1;
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
