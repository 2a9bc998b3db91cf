package io.ustack.tcp;

import io.ustack.tcp.congestion.AckSample;
import java.util.Arrays;

/**
 * What a connection has whose algorithm wants the delivery rate and paces: {@link DeliveryRate}
 * with the stamps of what is outstanding, and {@link Pacing}. Others have none.
 *
 * <p>The stamps lie beside the {@link RetransmitQueue}, by its positions. When a segment was split
 * the positions behind it have moved: what left before then gives no sample, which it does only
 * when the path's MTU shrank, or a probe of it was lost.
 */
final class SendRate {
  private static final int SMALLEST = 16;

  private final DeliveryRate rate = new DeliveryRate();
  private final Pacing pacing;
  private long[] delivered = new long[SMALLEST];
  private long[] deliveredNs = new long[SMALLEST];
  private long[] firstSentNs = new long[SMALLEST];
  private boolean[] appLimited = new boolean[SMALLEST];

  /** The stamps of positions from here on are right. */
  private int validFrom;

  /** Just past the last position that was stamped. */
  private int stampedEnd;

  /**
   * Begins.
   *
   * @param firstPosition where the next new segment will stand; those before have no stamps
   */
  SendRate(final int firstPosition, final long nowNs) {
    validFrom = firstPosition;
    stampedEnd = firstPosition;
    pacing = new Pacing(nowNs);
  }

  // ---- What leaves

  /** Whether the next segment may leave; if not, {@link #departureNs} says when. */
  boolean mayLeave(final Sender sender, final long nowNs) {
    return pacing.mayLeave(sender.control().pacingRate(sender.window()), nowNs);
  }

  /** How many full segments may leave now in a row, of so many; {@link #mayLeave} was asked. */
  int segments(final Sender sender, final int most, final long nowNs) {
    final long bytesPerSecond = sender.control().pacingRate(sender.window());
    return pacing.segments(most, bytesPerSecond, sender.mss(), nowNs);
  }

  boolean isPausing() {
    return pacing.isPausing();
  }

  long departureNs() {
    return pacing.departureNs();
  }

  /** A segment is about to leave. */
  void onSend(final int inFlightBytes, final long nowNs) {
    rate.onSend(inFlightBytes, nowNs);
  }

  /** It left, as the one at {@code position}. */
  void onSent(final Sender sender, final int position, final int lengthBytes, final long nowNs) {
    final RetransmitQueue queue = sender.outstanding();
    final int appended = position == stampedEnd ? 1 : 0;
    final boolean goesOn = queue.segments() > 1 && queue.end() - appended == stampedEnd;
    if (!goesOn) {
      // A flight begins, perhaps in another queue, or a segment was split.
      validFrom = queue.segments() == 1 ? position : queue.end();
    }
    if (queue.capacity() > delivered.length) {
      grow(queue.capacity(), queue.first(), goesOn ? stampedEnd : queue.first());
    }
    stampedEnd = queue.end();
    final int at = index(position);
    delivered[at] = rate.delivered();
    deliveredNs[at] = rate.deliveredNs();
    firstSentNs[at] = rate.firstSentNs();
    appLimited[at] = rate.isAppLimited();
    pacing.onSent(lengthBytes, sender.control().pacingRate(sender.window()), sender.mss(), nowNs);
  }

  private int index(final int position) {
    return position & (delivered.length - 1);
  }

  /** Stamps from {@code first} up to {@code end} keep their positions. */
  private void grow(final int to, final int first, final int end) {
    final int from = delivered.length;
    delivered = Arrays.copyOf(delivered, to);
    deliveredNs = Arrays.copyOf(deliveredNs, to);
    firstSentNs = Arrays.copyOf(firstSentNs, to);
    appLimited = Arrays.copyOf(appLimited, to);
    for (int position = first; position != end; position++) {
      final int old = position & (from - 1);
      final int at = position & (to - 1);
      delivered[at] = delivered[old];
      deliveredNs[at] = deliveredNs[old];
      firstSentNs[at] = firstSentNs[old];
      appLimited[at] = appLimited[old];
    }
  }

  /** The window had room and there was nothing to send. */
  void onAppLimited(final int inFlightBytes) {
    rate.onAppLimited(inFlightBytes);
  }

  /** What leaves now says nothing of what the path can carry. */
  boolean isAppLimited() {
    return rate.isAppLimited();
  }

  // ---- What arrives

  /** An ACK arrived. */
  void begin(final AckSample sample) {
    rate.begin(sample);
  }

  /** The ACK delivers the segment at {@code position}. */
  void onDelivered(final AckSample sample, final RetransmitQueue queue, final int position) {
    final int at = index(position);
    if (position - validFrom < 0) {
      rate.onPart(sample, queue.length(position));
      return;
    }
    rate.onDelivered(
        sample,
        queue.length(position),
        queue.sentNs(position),
        delivered[at],
        deliveredNs[at],
        firstSentNs[at],
        appLimited[at]);
  }

  /** The ACK delivers the beginning of a segment. */
  void onPart(final AckSample sample, final int bytes) {
    rate.onPart(sample, bytes);
  }

  /** The ACK's sample is complete. */
  void finish(final AckSample sample) {
    rate.finish(sample);
  }
}
