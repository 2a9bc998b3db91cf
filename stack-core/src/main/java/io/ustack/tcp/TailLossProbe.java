package io.ustack.tcp;

/**
 * The probe that turns the loss of the last segments of a flight into one that SACK can tell of
 * (RFC 8985 7): at most one at a time.
 */
final class TailLossProbe {
  private boolean out;
  private boolean repeats;
  private int endSeq;

  /** A probe left and its answer has not come. */
  boolean isOut() {
    return out;
  }

  /** It repeated what had been sent. */
  boolean isRetransmissionOut() {
    return out && repeats;
  }

  /**
   * A probe left (RFC 8985 7.3).
   *
   * @param sndNxt TLP.end_seq: SND.NXT after it
   * @param retransmission TLP.is_retrans: it repeats what had been sent
   */
  void onSent(final int sndNxt, final boolean retransmission) {
    out = true;
    repeats = retransmission;
    endSeq = sndNxt;
  }

  void forget() {
    out = false;
  }

  /**
   * RFC 8985 7.4.2: what an ACK says of the probe.
   *
   * @param bareDuplicate it repeats the last ACK and reports nothing
   * @return true when the probe repaired a loss, which the window has to follow
   */
  boolean onAck(final int ack, final Delivery delivery, final boolean bareDuplicate) {
    if (!out || Seq.lt(ack, endSeq)) {
      return false;
    }
    if (!repeats || (delivery.duplicate && delivery.duplicateEnd == endSeq)) {
      out = false; // nothing was lost, or both copies arrived
    } else if (Seq.gt(ack, endSeq)) {
      out = false;
      return true;
    } else if (bareDuplicate) {
      out = false; // the second copy arrived, without SACK to say so
    }
    return false;
  }
}
