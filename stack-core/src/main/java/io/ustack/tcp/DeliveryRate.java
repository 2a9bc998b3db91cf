package io.ustack.tcp;

import io.ustack.tcp.congestion.AckSample;

/**
 * How fast the path delivers (draft-cheng-iccrg-delivery-rate-estimation-02), measured with every
 * ACK: what was delivered since its newest segment left, over the longer of the times that sending
 * it and acknowledging it took. The names are the draft's.
 *
 * <p>Each outstanding segment keeps stamps, taken when it leaves (again), after {@link #onSend}:
 * {@link #delivered}, {@link #deliveredNs}, {@link #firstSentNs}, {@link #isAppLimited}. For each
 * ACK: {@link #begin}, {@link #onDelivered} for each segment that it delivers, {@link #finish}. The
 * state of the ACK under way is in the {@link AckSample}, which is the stack's.
 */
final class DeliveryRate {
  /** C.delivered. */
  private long delivered;

  /** C.delivered_time: when that last grew, or when the flight began. */
  private long deliveredNs;

  /** C.first_sent_time: when the segment left that was newest in the last ACK. */
  private long firstSentNs;

  /** C.app_limited: samples are limited until more than this is delivered; 0 when they aren't. */
  private long appLimited;

  /** 3.2: a segment is about to leave; its stamps are taken now. */
  void onSend(final int inFlightBytes, final long nowNs) {
    if (inFlightBytes == 0) {
      firstSentNs = nowNs;
      deliveredNs = nowNs;
    }
  }

  /** P.delivered. */
  long delivered() {
    return delivered;
  }

  /** P.delivered_time. */
  long deliveredNs() {
    return deliveredNs;
  }

  /** P.first_sent_time. */
  long firstSentNs() {
    return firstSentNs;
  }

  /** P.is_app_limited. */
  boolean isAppLimited() {
    return appLimited != 0;
  }

  /**
   * 3.4: the window had room and there was nothing to fill it with, nothing unsent and nothing lost
   * that was not sent again.
   */
  void onAppLimited(final int inFlightBytes) {
    appLimited = Math.max(1, delivered + inFlightBytes);
  }

  /** An ACK arrived; so far it delivers nothing. */
  void begin(final AckSample sample) {
    sample.deliveredBytes = 0;
    sample.totalDeliveredBytes = delivered;
    sample.priorDeliveredBytes = AckSample.NONE;
    sample.deliveryIntervalNs = AckSample.NONE;
    sample.isAppLimited = false;
  }

  /**
   * 3.3: the ACK delivers a segment that was not delivered before, cumulatively or selectively.
   *
   * @param lengthBytes what of it had not been delivered
   * @param sentNs when it left the last time, and its stamps from then
   */
  void onDelivered(
      final AckSample sample,
      final int lengthBytes,
      final long sentNs,
      final long priorDelivered,
      final long priorDeliveredNs,
      final long priorFirstSentNs,
      final boolean wasAppLimited) {
    onPart(sample, lengthBytes);
    final boolean isNewest =
        priorDelivered > sample.priorDeliveredBytes
            || (priorDelivered == sample.priorDeliveredBytes && sentNs - firstSentNs >= 0);
    if (isNewest) {
      sample.priorDeliveredBytes = priorDelivered;
      sample.isAppLimited = wasAppLimited;
      sample.deliveryIntervalNs =
          Math.max(sentNs - priorFirstSentNs, sample.nowNs - priorDeliveredNs);
      firstSentNs = sentNs;
    }
  }

  /** Something is delivered of which nobody knows when it left. */
  void onPart(final AckSample sample, final int bytes) {
    delivered += bytes;
    deliveredNs = sample.nowNs;
    sample.deliveredBytes += bytes;
    sample.totalDeliveredBytes = delivered;
  }

  /**
   * 3.3: the sample is complete. One over less than the shortest round trip comes from a
   * retransmission whose original was acknowledged, and says nothing.
   */
  void finish(final AckSample sample) {
    if (appLimited != 0 && delivered > appLimited) {
      appLimited = 0;
    }
    if (sample.deliveryIntervalNs < sample.minRttNs) {
      sample.deliveryIntervalNs = AckSample.NONE;
    }
  }
}
