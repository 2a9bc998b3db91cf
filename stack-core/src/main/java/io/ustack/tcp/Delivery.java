package io.ustack.tcp;

import io.ustack.tcp.congestion.AckSample;
import org.jspecify.annotations.Nullable;

/**
 * What one ACK delivers, gathered segment by segment while the {@link RetransmitQueue} takes it in.
 * One per stack, begun anew for each ACK.
 */
final class Delivery {
  /** No time is known. */
  static final long NONE = Long.MIN_VALUE;

  /** What the connection measures its delivery with, and where to; null for most. */
  private @Nullable SendRate sendRate;

  private final AckSample sample = new AckSample();
  private long nowNs;
  private long minRttNs;
  private long echoedSinceNs;

  /** Bytes that are now known to have arrived and were not before. */
  int bytes;

  /** Of these, those that SACK blocks reported. */
  int sackedBytes;

  /** Segments, whole ones. */
  int segments;

  /** A segment that was sent only once has arrived, reported by a block or by the ACK. */
  boolean originalArrived;

  /** The ACK covers a segment that was sent more than once. */
  boolean repeatedArrived;

  /** A block reported what had arrived before (RFC 2883), and where. */
  boolean duplicate;

  int duplicateStart;
  int duplicateEnd;

  /** When the first segment left that the ACK covers; {@link #NONE} when that was repeated. */
  long oldestSentNs;

  private boolean oldestSeen;

  // ---- The one of the delivered segments that left last (RFC 8985 6.2, step 2)

  /** Whether any was delivered of which that can be said. */
  boolean hasNewest;

  long newestSentNs;
  int newestEndSeq;
  boolean newestRepeated;

  /** The lowest end of those that were sent only once; with {@link #originalArrived}. */
  int lowestOriginalEnd;

  /** The highest end of all; with {@link #segments} above 0. */
  int highestEnd;

  /**
   * Begins an ACK.
   *
   * @param smallestRttNs no round trip is shorter; 0 when none is known
   * @param echoAgeNs how long ago that left which the ACK echoes, or {@link TcpSegment#NO_ECHO}
   */
  void begin(final long smallestRttNs, final long echoAgeNs, final long now) {
    sendRate = null;
    sample.nowNs = now;
    nowNs = now;
    minRttNs = smallestRttNs;
    echoedSinceNs = echoAgeNs;
    bytes = 0;
    sackedBytes = 0;
    segments = 0;
    originalArrived = false;
    repeatedArrived = false;
    duplicate = false;
    oldestSentNs = NONE;
    oldestSeen = false;
    hasNewest = false;
  }

  /** {@code measuredBy} measures the ACK, too. */
  void measure(final @Nullable SendRate measuredBy) {
    sendRate = measuredBy;
    if (measuredBy != null) {
      measuredBy.begin(sample);
    }
  }

  /** Whether each segment is measured, so that they have to come one by one. */
  boolean isMeasured() {
    return sendRate != null;
  }

  /**
   * {@link #onSegment} and {@link #onAcknowledged} of all segments from the queue's first up to
   * {@code last}: each left once, and no block had told of it.
   */
  void onFresh(final RetransmitQueue queue, final int last) {
    final int first = queue.first();
    final int lastEnd = queue.endSeq(last);
    final int firstEnd = queue.endSeq(first);
    bytes += lastEnd - queue.seq(first);
    lowestOriginalEnd = originalArrived ? Seq.min(lowestOriginalEnd, firstEnd) : firstEnd;
    originalArrived = true;
    highestEnd = segments == 0 ? lastEnd : Seq.max(highestEnd, lastEnd);
    segments += last - first + 1;
    onNewest(queue.sentNs(last), lastEnd, false);
    onAcknowledged(queue.sentNs(first), false);
  }

  /**
   * A whole segment was delivered.
   *
   * @param acknowledged by the ACK itself, not by a block
   */
  void onSegment(final RetransmitQueue queue, final int position, final boolean acknowledged) {
    final int endSeq = queue.endSeq(position);
    bytes += queue.length(position);
    if (sendRate != null) {
      sendRate.onDelivered(sample, queue, position);
    }
    final boolean repeated = queue.isRepeated(position);
    if (repeated) {
      repeatedArrived = true;
    } else {
      lowestOriginalEnd = originalArrived ? Seq.min(lowestOriginalEnd, endSeq) : endSeq;
      originalArrived = true;
    }
    highestEnd = segments == 0 ? endSeq : Seq.max(highestEnd, endSeq);
    segments++;
    final long sentNs = queue.sentNs(position);
    if (repeated && isOfTheOriginal(sentNs, acknowledged)) {
      return;
    }
    onNewest(sentNs, endSeq, repeated);
  }

  private void onNewest(final long sentNs, final int endSeq, final boolean repeated) {
    if (!hasNewest || isSentAfter(sentNs, endSeq, newestSentNs, newestEndSeq)) {
      hasNewest = true;
      newestSentNs = sentNs;
      newestEndSeq = endSeq;
      newestRepeated = repeated;
    }
  }

  /**
   * RFC 8985 6.2, step 2: whether the ACK of a repeated segment is for an earlier copy: it echoes
   * an earlier time, or comes faster than any round trip.
   *
   * <p>DEVIATION: RFC 8985 6.2, step 2: what a block reports is not judged by the echo. Above a
   * hole that is the time of what arrived in order (RFC 7323 4.3), always an earlier one, and a
   * lost retransmission would not be found before the timeout.
   */
  private boolean isOfTheOriginal(final long sentNs, final boolean acknowledged) {
    final long ageNs = nowNs - sentNs;
    return ageNs < minRttNs
        || (acknowledged
            && echoedSinceNs != TcpSegment.NO_ECHO
            && echoedSinceNs > ageNs + Timestamps.TICK_NS);
  }

  /** Whether one segment left after another, which tells those of one moment by their numbers. */
  static boolean isSentAfter(
      final long sentNs, final int endSeq, final long otherSentNs, final int otherEndSeq) {
    return sentNs - otherSentNs > 0 || (sentNs == otherSentNs && Seq.gt(endSeq, otherEndSeq));
  }

  /** The ACK covers a whole segment of which nothing had been known. */
  void onAcknowledged(final long sentNs, final boolean repeated) {
    if (!oldestSeen) {
      oldestSeen = true;
      oldestSentNs = repeated ? NONE : sentNs;
    }
  }

  /** The ACK covers the beginning of a segment. */
  void onPart(final int partBytes) {
    bytes += partBytes;
    if (sendRate != null) {
      sendRate.onPart(sample, partBytes);
    }
  }

  /** A block reports what had arrived before. */
  void onDuplicate(final int start, final int end) {
    duplicate = true;
    duplicateStart = start;
    duplicateEnd = end;
  }

  /** Tells congestion control of the ACK. */
  void tell(
      final Sender s,
      final TcpSegment segment,
      final int acked,
      final int lost,
      final int inFlightBefore) {
    final int cwnd = s.window().cwnd();
    final int smss = s.window().smss();
    final RecoveryState r = s.recoveryState();
    sample.ackedBytes = acked;
    sample.deliveredBytes = bytes;
    sample.lostBytes = lost;
    sample.inFlightBeforeBytes = inFlightBefore;
    sample.inFlightBytes = s.inFlightBytes();
    sample.rttNs = hasNewest && !newestRepeated ? nowNs - newestSentNs : AckSample.NONE;
    sample.srttNs = s.rtt().srttNs();
    sample.minRttNs = s.rtt().minRttNs();
    // An application that does not fill the window learns nothing about it (RFC 7661; Linux
    // tcp_is_cwnd_limited).
    sample.isCwndLimited =
        inFlightBefore + smss > cwnd || (s.window().inSlowStart() && inFlightBefore > cwnd / 2);
    sample.ecnEcho = segment.echoesMark;
    sample.inRecovery = r != null && !r.isOpenOrDisorder();
    if (sendRate == null) {
      sample.totalDeliveredBytes = Integer.toUnsignedLong(s.delivered());
    } else {
      sendRate.finish(sample);
    }
    s.control().onAck(s.window(), sample);
  }
}
