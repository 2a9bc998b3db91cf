package io.ustack.tcp;

/**
 * What one ACK delivers, gathered segment by segment while the {@link RetransmitQueue} takes it in.
 * One per stack, begun anew for each ACK.
 */
final class Delivery {
  /** No time is known. */
  static final long NONE = Long.MIN_VALUE;

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

  /**
   * A whole segment was delivered.
   *
   * @param acknowledged by the ACK itself, not by a block
   */
  void onSegment(final RetransmitQueue queue, final int position, final boolean acknowledged) {
    final int endSeq = queue.endSeq(position);
    bytes += queue.length(position);
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
  }

  /** A block reports what had arrived before. */
  void onDuplicate(final int start, final int end) {
    duplicate = true;
    duplicateStart = start;
    duplicateEnd = end;
  }
}
