package io.ustack.tcp;

import io.ustack.tcp.congestion.CongestionWindow;

/**
 * Proportional rate reduction (RFC 9937 6): how the window shrinks to {@code ssthresh} during a
 * recovery, ACK by ACK. In bytes.
 */
final class Prr {
  private int recoverFs;
  private int delivered;
  private int out;

  /**
   * A recovery begins.
   *
   * @param recoverFsBytes RecoverFS: the flight when it began
   */
  void begin(final int recoverFsBytes) {
    recoverFs = Math.max(1, recoverFsBytes);
    delivered = 0;
    out = 0;
  }

  /** Something left, new or again. */
  void onSent(final int bytes) {
    out += bytes;
  }

  /**
   * An ACK delivered something: sets {@code cwnd} to what is in flight and what may follow.
   *
   * @param deliveredBytes DeliveredData
   * @param safeAck SafeACK: it moved SND.UNA and told of no further loss
   * @param inFlightBytes what is in flight after it
   */
  void onAck(
      final CongestionWindow window,
      final int deliveredBytes,
      final boolean safeAck,
      final int inFlightBytes) {
    delivered += deliveredBytes;
    final int smss = window.smss();
    final int ssthresh = window.ssthresh();
    int count;
    if (inFlightBytes > ssthresh) {
      final long share = ((long) delivered * ssthresh + recoverFs - 1) / recoverFs;
      count = (int) Math.min(share - out, Integer.MAX_VALUE);
    } else {
      count = Math.max(delivered - out, deliveredBytes);
      if (safeAck) {
        count += smss;
      }
      count = Math.min(ssthresh - inFlightBytes, count);
    }
    if (out == 0) {
      // The first retransmission leaves in any case; counted in bytes its share may be a part.
      count = Math.max(count, smss);
    }
    window.cwnd((long) inFlightBytes + Math.max(0, count));
  }
}
