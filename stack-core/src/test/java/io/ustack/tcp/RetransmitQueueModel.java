package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * What a {@link RetransmitQueue} holds, said without cleverness: each segment an object, each count
 * a walk over all of them. It acts on the queue and on itself, and then compares.
 */
final class RetransmitQueueModel {
  private static final int MSS = 1000;

  private static final Comparator<Segment> BY_END = (a, b) -> a.end - b.end;

  private static final Comparator<Segment> BY_DEPARTURE =
      Comparator.<Segment>comparingLong(s -> s.sentNs).thenComparing(BY_END);

  private final RetransmitQueue queue;
  private final Delivery delivery = new Delivery();
  private final List<Segment> segments = new ArrayList<>();
  private final List<Segment> order = new ArrayList<>();
  private int next;
  private boolean finSent;
  private int delivered;

  /** What the last action delivered, and which of it by the ACK itself. */
  private final List<Segment> arrived = new ArrayList<>();

  private final List<Segment> acknowledged = new ArrayList<>();

  RetransmitQueueModel(final RetransmitQueue queue, final int seq) {
    this.queue = queue;
    next = seq;
  }

  void act(final Random random, final long nowNs) {
    delivered = 0;
    arrived.clear();
    acknowledged.clear();
    delivery.begin(0, TcpSegment.NO_ECHO, nowNs);
    switch (random.nextInt(12)) {
      case 0, 1, 2, 3 -> append(random, nowNs);
      case 4 -> acknowledge(random);
      case 5, 6 -> sackRun(random);
      case 7 -> markLost(random);
      case 8, 9 -> retransmit(random, nowNs);
      case 10 -> probe(random, nowNs);
      default -> {
        if (random.nextInt(4) == 0) {
          unmark(random.nextBoolean());
        }
      }
    }
    assertEquals(delivered, delivery.bytes, "delivered");
    checkDelivery();
  }

  /** What {@link Delivery} has gathered, from the list of all that arrived. */
  private void checkDelivery() {
    assertEquals(arrived.size(), delivery.segments, "segments");
    final List<Segment> originals = arrived.stream().filter(s -> !s.repeated).toList();
    assertEquals(!originals.isEmpty(), delivery.originalArrived, "an original");
    assertEquals(originals.size() < arrived.size(), delivery.repeatedArrived, "a repeated one");
    if (!originals.isEmpty()) {
      final int lowest = Collections.min(originals, BY_END).end;
      assertEquals(lowest, delivery.lowestOriginalEnd, "lowest end of an original");
    }
    if (!arrived.isEmpty()) {
      assertEquals(Collections.max(arrived, BY_END).end, delivery.highestEnd, "highest end");
      final Segment newest = Collections.max(arrived, BY_DEPARTURE);
      assertEquals(newest.sentNs, delivery.newestSentNs, "newest");
      assertEquals(newest.end, delivery.newestEndSeq, "end of the newest");
      assertEquals(newest.repeated, delivery.newestRepeated, "newest repeated");
    }
    final boolean timed = !acknowledged.isEmpty() && !acknowledged.get(0).repeated;
    final long oldestNs = timed ? acknowledged.get(0).sentNs : Delivery.NONE;
    assertEquals(oldestNs, delivery.oldestSentNs, "oldest");
  }

  private void append(final Random random, final long nowNs) {
    for (int n = random.nextInt(6); n > 0 && !finSent; n--) {
      final Segment s = new Segment();
      s.start = next;
      s.fin = random.nextInt(60) == 0;
      finSent = s.fin;
      s.end = next + (s.fin ? 1 : 0) + random.nextInt(2 * MSS) + (s.fin ? 0 : 1);
      s.sentNs = nowNs;
      next = s.end;
      segments.add(s);
      order.add(s);
      queue.append(s.start, s.end, s.fin, false, nowNs);
    }
  }

  private void acknowledge(final Random random) {
    if (segments.isEmpty()) {
      return;
    }
    final Segment to = segments.get(random.nextInt(Math.min(8, segments.size())));
    final int ack = random.nextBoolean() ? to.end : to.start + random.nextInt(to.end - to.start);
    take(ack);
  }

  void acknowledgeAll() {
    delivery.begin(0, TcpSegment.NO_ECHO, 0);
    take(next);
    finSent = false;
    assertTrue(queue.isEmpty());
  }

  private void take(final int ack) {
    queue.acknowledge(ack, delivery);
    while (!segments.isEmpty() && segments.get(0).end - ack <= 0) {
      final Segment gone = segments.remove(0);
      order.remove(gone);
      if (!gone.sacked) {
        delivered += gone.end - gone.start;
        arrived.add(gone);
        acknowledged.add(gone);
      }
    }
    if (!segments.isEmpty() && ack - segments.get(0).start > 0) {
      delivered += segments.get(0).sacked ? 0 : ack - segments.get(0).start;
      segments.get(0).start = ack;
    }
  }

  private void sackRun(final Random random) {
    if (segments.isEmpty()) {
      return;
    }
    final int from = random.nextInt(segments.size());
    final int to = Math.min(segments.size(), from + 1 + random.nextInt(10));
    for (int i = from; i < to; i++) {
      final Segment s = segments.get(i);
      assertEquals(
          firstNotSacked(i) + queue.first(), queue.notSackedFrom(queue.first() + i), "run");
      if (!s.sacked) {
        queue.markSacked(queue.first() + i, delivery);
        delivered += s.end - s.start;
        arrived.add(s);
        s.sacked = true;
        s.lost = false;
        s.again = false;
        order.remove(s);
      }
    }
  }

  private int firstNotSacked(final int from) {
    int i = from;
    while (i < segments.size() && segments.get(i).sacked) {
      i++;
    }
    return i;
  }

  private void markLost(final Random random) {
    for (int i = 0; i < segments.size(); i++) {
      final Segment s = segments.get(i);
      if (!s.sacked && random.nextInt(4) == 0) {
        queue.markLost(queue.first() + i);
        s.lost = true;
        s.again = false;
        order.remove(s);
      }
    }
  }

  private void retransmit(final Random random, final long nowNs) {
    int i = 0;
    while (i < segments.size() && !segments.get(i).isWaiting()) {
      i++;
    }
    if (i == segments.size()) {
      assertEquals(queue.end(), queue.nextLost());
      return;
    }
    final int mss = MSS + random.nextInt(3) * MSS / 2;
    final int position = queue.nextLost(mss);
    while (i == 0 && joinFirst(mss)) {
      // as many as fit
    }
    splitAt(i, mss);
    assertEquals(queue.first() + i, position);
    again(i, position, nowNs);
  }

  private boolean joinFirst(final int mss) {
    if (segments.size() < 2) {
      return false;
    }
    final Segment a = segments.get(0);
    final Segment b = segments.get(1);
    if (!b.isWaiting() || b.end - a.start - (b.fin ? 1 : 0) > mss) {
      return false;
    }
    b.start = a.start;
    b.repeated |= a.repeated;
    segments.remove(0);
    return true;
  }

  private void splitAt(final int i, final int mss) {
    final Segment s = segments.get(i);
    if (s.end - s.start - (s.fin ? 1 : 0) <= mss) {
      return;
    }
    final Segment rest = new Segment();
    rest.start = s.start + mss;
    rest.end = s.end;
    rest.fin = s.fin;
    rest.lost = s.lost;
    rest.again = s.again;
    rest.repeated = s.repeated;
    rest.sentNs = s.sentNs;
    s.end = rest.start;
    s.fin = false;
    segments.add(i + 1, rest);
    if (s.isInNetwork()) {
      order.add(order.indexOf(s) + 1, rest);
    }
  }

  private void again(final int i, final int position, final long nowNs) {
    final Segment s = segments.get(i);
    queue.onRetransmitted(position, nowNs);
    s.again = true;
    s.repeated = true;
    s.sentNs = nowNs;
    order.remove(s);
    order.add(s);
  }

  private void probe(final Random random, final long nowNs) {
    if (segments.isEmpty() || segments.get(segments.size() - 1).sacked) {
      return;
    }
    final int mss = MSS + random.nextInt(2) * MSS;
    final int position = queue.last(mss);
    int i = segments.size() - 1;
    while (segments.get(i).end - segments.get(i).start - (segments.get(i).fin ? 1 : 0) > mss) {
      splitAt(i, mss);
      i++;
    }
    assertEquals(queue.first() + i, position);
    again(i, position, nowNs);
  }

  private void unmark(final boolean sacked) {
    if (sacked) {
      queue.unmarkSacked();
    } else {
      queue.unmarkLost();
    }
    int at = 0;
    for (final Segment s : segments) {
      final boolean was = s.isInNetwork();
      s.sacked &= !sacked;
      s.lost &= sacked;
      if (!was && s.isInNetwork()) {
        while (at < order.size() && order.get(at).leftBefore(s)) {
          at++;
        }
        order.add(at++, s);
      }
    }
  }

  void check() {
    assertEquals(segments.size(), queue.segments());
    int sackedSegments = 0;
    int sacked = 0;
    int lost = 0;
    int again = 0;
    int againSegments = 0;
    int waiting = queue.end();
    for (int i = segments.size() - 1; i >= 0; i--) {
      final Segment s = segments.get(i);
      final int p = queue.first() + i;
      final int length = s.end - s.start;
      assertEquals(s.start, queue.seq(p));
      assertEquals(s.end, queue.endSeq(p));
      assertEquals(length - (s.fin ? 1 : 0), queue.payloadLength(p));
      assertEquals(s.sacked, queue.isSacked(p));
      assertEquals(s.lost, queue.isLost(p));
      assertEquals(s.again && !s.sacked, queue.isRetransmitted(p));
      assertEquals(s.repeated, queue.isRepeated(p));
      assertEquals(s.sentNs, queue.sentNs(p));
      assertEquals(p, SackScoreboard.find(queue, s.start));
      sackedSegments += s.sacked ? 1 : 0;
      sacked += s.sacked ? length : 0;
      lost += s.lost ? length : 0;
      again += s.again ? length : 0;
      againSegments += s.again ? 1 : 0;
      waiting = s.isWaiting() ? p : waiting;
    }
    assertEquals(sackedSegments, queue.sackedSegments());
    assertEquals(sacked, queue.sackedBytes());
    assertEquals(lost, queue.lostBytes());
    assertEquals(again, queue.retransmittedBytes());
    assertEquals(againSegments, queue.retransmittedSegments());
    assertEquals(waiting, queue.nextLost());
    assertTrue(queue.inFlightBytes() >= 0);
    assertEquals(order.size(), queue.inNetwork());
    for (int i = 0, p = order.isEmpty() ? 0 : queue.oldest(); i < order.size(); i++) {
      assertEquals(order.get(i).start, queue.seq(p), "order");
      p = i + 1 < order.size() ? queue.leftAfter(p) : p;
    }
  }

  private static final class Segment {
    int start;
    int end;
    long sentNs;
    boolean fin;
    boolean sacked;
    boolean lost;
    boolean again;
    boolean repeated;

    boolean isWaiting() {
      return lost && !again;
    }

    boolean isInNetwork() {
      return !sacked && !isWaiting();
    }

    /** Of those of one moment the lower left first. */
    boolean leftBefore(final Segment other) {
      return sentNs < other.sentNs || (sentNs == other.sentNs && end - other.end < 0);
    }
  }
}
