package io.ustack.tcp;

/**
 * Fast retransmit and NewReno fast recovery: counts duplicate ACKs and says when to send {@code
 * sndUna} again (RFC 5681 3.2, RFC 6582).
 */
final class FastRecovery {
  private static final int DUPLICATE_ACK_THRESHOLD = 3;

  private final NewReno congestion;
  private int duplicateAcks;
  private int recover;
  private boolean recovering;
  private boolean partialAckSeen;

  FastRecovery(final NewReno congestion) {
    this.congestion = congestion;
  }

  /** RFC 6582 3.2 step 1: recover starts at the initial send sequence number. */
  void start(final int iss) {
    recover = iss;
  }

  boolean isRecovering() {
    return recovering;
  }

  /**
   * One duplicate ACK (RFC 5681 2).
   *
   * @return true when the segment at {@code sndUna} is to be sent again now
   */
  boolean onDuplicateAck(final int sndUna, final int sndMax) {
    duplicateAcks++;
    if (recovering) {
      congestion.inflate();
      return false;
    }
    // RFC 6582 3.2 step 2: the ACK must cover more than recover, or these are echoes of an earlier
    // recovery.
    if (duplicateAcks != DUPLICATE_ACK_THRESHOLD || Seq.leq(sndUna, recover)) {
      return false;
    }
    recover = sndMax;
    recovering = true;
    partialAckSeen = false;
    // RFC 5681 3.2 (2): what limited transmit sent beyond the window does not count.
    congestion.enterRecovery(Math.min(sndMax - sndUna, congestion.cwnd()));
    return true;
  }

  /**
   * RFC 3042 (limited transmit): how many segments beyond the congestion window the first two
   * duplicate ACKs let out. Each says that one has left the network; what leaves brings the third,
   * where a small window would otherwise end in a timeout.
   */
  int limitedTransmit() {
    return recovering ? 0 : Math.min(duplicateAcks, DUPLICATE_ACK_THRESHOLD - 1);
  }

  /**
   * A cumulative ACK moved {@code sndUna} forward by {@code acked} bytes.
   *
   * @param flightBefore bytes in flight before it
   * @param flight bytes in flight after it
   * @return true when it was partial, so that the segment at the new {@code sndUna} is to be sent
   *     again now
   */
  boolean onAck(final int sndUna, final int acked, final int flightBefore, final int flight) {
    duplicateAcks = 0;
    if (!recovering) {
      if (Seq.gt(sndUna, recover)) {
        // Kept just behind: 2^31 bytes later it would seem to lie ahead (RFC 9293 3.4).
        recover = sndUna - 1;
      }
      congestion.onAck(acked, flightBefore);
      return false;
    }
    if (Seq.geq(sndUna, recover)) {
      recovering = false;
      congestion.exitRecovery(flight);
      return false;
    }
    congestion.onPartialAck(acked);
    return true;
  }

  /**
   * RFC 6582 3.2 step 3: only the first partial ACK of a recovery restarts the timer. True once per
   * recovery.
   */
  boolean takeFirstPartialAck() {
    final boolean first = !partialAckSeen;
    partialAckSeen = true;
    return first;
  }

  /**
   * RFC 6582 3.2 step 4: after a timeout, recovery is over and duplicate ACKs of what was sent
   * before do not start another.
   */
  void onTimeout(final int sndMax) {
    recover = sndMax;
    recovering = false;
    duplicateAcks = 0;
  }
}
