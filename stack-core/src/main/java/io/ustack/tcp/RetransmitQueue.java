package io.ustack.tcp;

import java.util.Arrays;

/**
 * What was sent and is not acknowledged, segment by segment in the order of its sequence numbers:
 * when each left last, and what is thought of it (the scoreboard of RFC 6675 3, with the transmit
 * times of RFC 8985 5.2). Payload stays in the send buffer; a FIN counts as one byte.
 *
 * <p>Segments are named by their position, which counts up for ever and wraps. Positions from
 * {@link #first} to before {@link #end} are valid until the next {@link #acknowledge}.
 */
final class RetransmitQueue {
  /** So many segments can be outstanding: then no more leaves. */
  static final int MAX_SEGMENTS = 1 << 14;

  private static final int SMALLEST = 16;

  /** It arrived, says a SACK block. */
  private static final int SACKED = 1;

  /** It is thought lost: not in the network any more, nor is its last retransmission. */
  private static final int LOST = 2;

  /** A retransmission of it is in the network. */
  private static final int RETRANSMITTED = 4;

  /** It left more than once. */
  private static final int REPEATED = 8;

  /** It ends with the FIN. */
  private static final int FIN = 16;

  private int[] ends = new int[SMALLEST];
  private long[] sentNs = new long[SMALLEST];
  private byte[] marks = new byte[SMALLEST];
  private final TransmitOrder order = new TransmitOrder(SMALLEST);

  /** Not far below the wrap, so that every longer life goes through it. */
  private int first = Integer.MAX_VALUE - 1000;

  private int end = first;

  /** The sequence number of the first byte of the first segment. */
  private int startSeq;

  private int sackedSegments;
  private int sackedBytes;
  private int lostBytes;
  private int retransmittedSegments;
  private int retransmittedBytes;

  /** Segments that are lost and whose retransmission is not in the network. */
  private int waitingSegments;

  /** No segment before this position waits to be retransmitted. */
  private int nextLost;

  // ---- What is in it

  boolean isEmpty() {
    return first == end;
  }

  boolean isFull() {
    // Splitting makes more of them.
    return end - first >= MAX_SEGMENTS;
  }

  int segments() {
    return end - first;
  }

  /** Segments that it has memory for. */
  int capacity() {
    return ends.length;
  }

  int first() {
    return first;
  }

  int end() {
    return end;
  }

  private int index(final int position) {
    return position & (ends.length - 1);
  }

  int seq(final int position) {
    return position == first ? startSeq : ends[index(position - 1)];
  }

  int endSeq(final int position) {
    return ends[index(position)];
  }

  int length(final int position) {
    return endSeq(position) - seq(position);
  }

  /** Its bytes of payload, without a FIN. */
  int payloadLength(final int position) {
    return length(position) - (is(position, FIN) ? 1 : 0);
  }

  /** When it left last. */
  long sentNs(final int position) {
    return sentNs[index(position)];
  }

  private boolean is(final int position, final int mark) {
    return (marks[index(position)] & mark) != 0;
  }

  boolean isSacked(final int position) {
    return is(position, SACKED);
  }

  boolean isLost(final int position) {
    return is(position, LOST);
  }

  boolean isRetransmitted(final int position) {
    return is(position, RETRANSMITTED);
  }

  boolean isRepeated(final int position) {
    return is(position, REPEATED);
  }

  /** It is lost and waits to be sent again. */
  private boolean isWaiting(final int position) {
    return (marks[index(position)] & (LOST | RETRANSMITTED)) == LOST;
  }

  /** It, or its retransmission, is thought to be under way: it stands in the order. */
  private boolean isInNetwork(final int position) {
    return !isSacked(position) && !isWaiting(position);
  }

  // ---- In the order in which they left last

  /** How many are under way, for all we know. */
  int inNetwork() {
    return order.count();
  }

  /** The one of them that left first; there is one. */
  int oldest() {
    return order.oldest();
  }

  /** The one that left after this one, which is not the last. */
  int leftAfter(final int position) {
    return order.after(position);
  }

  int sackedSegments() {
    return sackedSegments;
  }

  int sackedBytes() {
    return sackedBytes;
  }

  int lostBytes() {
    return lostBytes;
  }

  /** Retransmissions in the network. */
  int retransmittedSegments() {
    return retransmittedSegments;
  }

  int retransmittedBytes() {
    return retransmittedBytes;
  }

  /** The outstanding sequence space. */
  int outstandingBytes() {
    return isEmpty() ? 0 : endSeq(end - 1) - startSeq;
  }

  /** What is in the network: pipe (RFC 6675 4), as Linux counts (tcp_packets_in_flight). */
  int inFlightBytes() {
    return outstandingBytes() - sackedBytes - lostBytes + retransmittedBytes;
  }

  // ---- What leaves

  /**
   * A segment left, next in line.
   *
   * @param fin it ends with the FIN
   * @param repeated a window probe carried a byte of it before, so its ACK times nothing
   */
  void append(
      final int seq,
      final int endSeq,
      final boolean fin,
      final boolean repeated,
      final long nowNs) {
    if (isEmpty()) {
      startSeq = seq;
    }
    if (end - first == ends.length) {
      grow();
    }
    final int at = index(end);
    ends[at] = endSeq;
    sentNs[at] = nowNs;
    marks[at] = (byte) ((fin ? FIN : 0) | (repeated ? REPEATED : 0));
    order.append(end);
    end++;
  }

  private void grow() {
    final int size = ends.length;
    order.grow(first, end);
    ends = Arrays.copyOf(ends, 2 * size);
    sentNs = Arrays.copyOf(sentNs, 2 * size);
    marks = Arrays.copyOf(marks, 2 * size);
    for (int position = first; position != end; position++) {
      final int from = position & (size - 1);
      final int to = position & (2 * size - 1);
      if (from != to) {
        ends[to] = ends[from];
        sentNs[to] = sentNs[from];
        marks[to] = marks[from];
      }
    }
  }

  /** The segment left once more; it was not known to have arrived. */
  void onRetransmitted(final int position, final long nowNs) {
    final int at = index(position);
    if (isInNetwork(position)) {
      order.remove(position);
    } else {
      waitingSegments--;
    }
    order.append(position);
    if ((marks[at] & RETRANSMITTED) == 0) {
      retransmittedSegments++;
      retransmittedBytes += length(position);
    }
    marks[at] |= RETRANSMITTED | REPEATED;
    sentNs[at] = nowNs;
  }

  /**
   * The first segment that is lost and whose retransmission is not in the network.
   *
   * @return {@link #end} when there is none
   */
  int nextLost() {
    if (waitingSegments == 0) {
      return end;
    }
    while (!isWaiting(nextLost)) {
      nextLost++;
    }
    return nextLost;
  }

  /**
   * The first segment that is lost, made to fit: to be sent again. There is one.
   *
   * @param mss the payload that a segment carries now
   */
  int nextLost(final int mss) {
    int position = nextLost();
    while (position == first && joinFirstTwo(mss)) {
      position = first; // small ones leave together
    }
    fit(position, mss);
    return position;
  }

  /** The last segment, made to fit: to be sent again. There is one. */
  int last(final int mss) {
    while (fit(end - 1, mss)) {}
    return end - 1;
  }

  private boolean fit(final int position, final int mss) {
    if (payloadLength(position) <= mss) {
      return false;
    }
    split(position, mss);
    return true;
  }

  /** Ends the segment after {@code length} bytes; what follows becomes one of its own. */
  private void split(final int position, final int length) {
    if (end - first == ends.length) {
      grow();
    }
    for (int p = end; p != position; p--) {
      final int from = index(p - 1);
      final int to = index(p);
      ends[to] = ends[from];
      sentNs[to] = sentNs[from];
      marks[to] = marks[from];
    }
    end++;
    order.onSplit(position, first, end, isInNetwork(position));
    ends[index(position)] = seq(position) + length;
    marks[index(position)] &= ~FIN;
    sackedSegments += isSacked(position) ? 1 : 0;
    retransmittedSegments += isRetransmitted(position) ? 1 : 0;
    waitingSegments += isWaiting(position) ? 1 : 0;
  }

  /** Makes one segment of the first two when both are to be sent again and fit into one. */
  private boolean joinFirstTwo(final int mss) {
    final int second = first + 1;
    if (end - first < 2 || length(first) + payloadLength(second) > mss || !isWaiting(second)) {
      return false;
    }
    marks[index(second)] |= marks[index(first)];
    first = second;
    nextLost = first;
    waitingSegments--;
    return true;
  }

  // ---- What arrives

  /**
   * Everything before {@code ack} has arrived; a segment of which a part has goes on with the rest.
   *
   * @param delivery is told of each segment that had not been known to have arrived
   */
  void acknowledge(final int ack, final Delivery delivery) {
    acknowledgeFresh(ack, delivery);
    while (first != end && Seq.leq(endSeq(first), ack)) {
      if (!isSacked(first)) {
        delivery.onSegment(this, first, true);
        delivery.onAcknowledged(sentNs(first), isRepeated(first));
      }
      forget(first);
      startSeq = endSeq(first);
      first++;
    }
    if (first != end && Seq.gt(ack, startSeq)) {
      trimFirst(ack, delivery);
    }
    if (nextLost - first < 0) {
      nextLost = first;
    }
  }

  /**
   * The usual beginning: segments of which nothing is to be said but that they left, once, and have
   * arrived now. All at a time.
   */
  private void acknowledgeFresh(final int ack, final Delivery delivery) {
    if (delivery.isMeasured()) {
      return; // segment by segment
    }
    int p = first;
    while (p != end && (marks[index(p)] & ~FIN) == 0 && Seq.leq(endSeq(p), ack)) {
      order.remove(p++);
    }
    if (p != first) {
      delivery.onFresh(this, p - 1);
      startSeq = endSeq(p - 1);
      first = p;
    }
  }

  private void trimFirst(final int ack, final Delivery delivery) {
    final int bytes = ack - startSeq;
    if (!isSacked(first)) {
      delivery.onPart(bytes);
    }
    takeOut(first, bytes);
    startSeq = ack;
  }

  /** Takes bytes of the segment out of the counts. */
  private void takeOut(final int position, final int bytes) {
    sackedBytes -= isSacked(position) ? bytes : 0;
    lostBytes -= isLost(position) ? bytes : 0;
    retransmittedBytes -= isRetransmitted(position) ? bytes : 0;
  }

  /** Takes the segment out of the counts and out of the order. */
  private void forget(final int position) {
    takeOut(position, length(position));
    sackedSegments -= isSacked(position) ? 1 : 0;
    retransmittedSegments -= isRetransmitted(position) ? 1 : 0;
    if (isInNetwork(position)) {
      order.remove(position);
    } else if (isWaiting(position)) {
      waitingSegments--;
    }
  }

  /** The segment arrived; it was not known before. */
  void markSacked(final int position, final Delivery delivery) {
    delivery.onSegment(this, position, false);
    forget(position);
    sackedSegments++;
    sackedBytes += length(position);
    marks[index(position)] = (byte) ((marks[index(position)] & (REPEATED | FIN)) | SACKED);
    order.skip(position, position + 1);
  }

  /**
   * The first segment from {@code position} on that no block has reported; {@link #end} when there
   * is none.
   */
  int notSackedFrom(final int position) {
    int to = position;
    while (to != end && isSacked(to)) {
      to = order.after(to);
    }
    for (int p = position; p != to; ) {
      final int behind = order.after(p);
      order.skip(p, to); // the next time in one step
      p = behind;
    }
    return to;
  }

  // ---- What is lost

  /** It is thought lost, and its retransmission, too. */
  void markLost(final int position) {
    if (isWaiting(position)) {
      return;
    }
    final int at = index(position);
    forget(position);
    lostBytes += length(position);
    marks[at] = (byte) ((marks[at] & ~RETRANSMITTED) | LOST);
    if (waitingSegments == 0 || nextLost - position > 0) {
      nextLost = position;
    }
    waitingSegments++;
  }

  /** Nothing was lost after all (RFC 4015 3.2, Linux tcp_undo_cwnd_reduction). */
  void unmarkLost() {
    if (lostBytes > 0) {
      unmark(LOST);
    }
    lostBytes = 0;
    waitingSegments = 0;
  }

  /** The peer has thrown away what it had reported (RFC 2018 8). */
  void unmarkSacked() {
    unmark(SACKED);
    sackedSegments = 0;
    sackedBytes = 0;
  }

  private boolean leftBefore(final int a, final int b) {
    return Delivery.isSentAfter(sentNs(b), endSeq(b), sentNs(a), endSeq(a));
  }

  /** Takes the mark from all; those that are under way again have their places in the order. */
  private void unmark(final int mark) {
    int later = order.oldest();
    int left = order.count();
    for (int position = first; position != end; position++) {
      final boolean was = isInNetwork(position);
      marks[index(position)] &= (byte) ~mark;
      if (was || !isInNetwork(position)) {
        continue;
      }
      while (left > 0 && leftBefore(later, position)) {
        later = order.after(later);
        left--;
      }
      if (left > 0) {
        order.insertBefore(later, position);
      } else {
        order.append(position);
      }
    }
  }

  /** Nothing is outstanding any more. */
  void clear() {
    first = end;
    sackedSegments = 0;
    sackedBytes = 0;
    lostBytes = 0;
    retransmittedSegments = 0;
    retransmittedBytes = 0;
    waitingSegments = 0;
    order.clear();
  }
}
