package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The scoreboard alone: RFC 6675 3 and 4, RFC 2018 5, against a model that knows each segment. */
class RetransmitQueueTest {
  private static final int MSS = 1000;

  private final RetransmitQueue queue = new RetransmitQueue();
  private final Delivery delivery = new Delivery();
  private final int base = queue.first();

  private void send(final int seq, final int segments) {
    for (int i = 0; i < segments; i++) {
      queue.append(seq + i * MSS, seq + (i + 1) * MSS, false, false, i);
    }
  }

  private void acknowledge(final int ack) {
    delivery.begin(0, TcpSegment.NO_ECHO, 1000);
    queue.acknowledge(ack, delivery);
  }

  private void sack(final int position) {
    delivery.begin(0, TcpSegment.NO_ECHO, 1000);
    queue.markSacked(base + position, delivery);
  }

  private void counts(final int outstanding, final int sacked, final int lost, final int again) {
    assertEquals(outstanding, queue.outstandingBytes(), "outstanding");
    assertEquals(sacked, queue.sackedBytes(), "SACKed");
    assertEquals(lost, queue.lostBytes(), "lost");
    assertEquals(again, queue.retransmittedBytes(), "retransmitted");
    assertEquals(outstanding - sacked - lost + again, queue.inFlightBytes(), "in flight");
  }

  // ---- Marks

  @Test
  void eachMarkMovesItsBytes() {
    send(0, 4);
    counts(4000, 0, 0, 0);
    sack(2);
    counts(4000, 1000, 0, 0);
    queue.markLost(base + 0);
    queue.markLost(base + 0);
    counts(4000, 1000, 1000, 0);
    queue.onRetransmitted(base + 0, 10);
    counts(4000, 1000, 1000, 1000);
    queue.markLost(base + 0); // and its retransmission
    counts(4000, 1000, 1000, 0);
    queue.onRetransmitted(base + 0, 20);
    sack(0);
    counts(4000, 2000, 0, 0);
    acknowledge(4000);
    counts(0, 0, 0, 0);
    assertTrue(queue.isEmpty());
  }

  @Test
  void partOfASegmentKeepsTheMarksOfTheRest() {
    send(0, 2);
    acknowledge(400);
    assertEquals(400, delivery.bytes);
    assertEquals(0, delivery.segments);
    counts(1600, 0, 0, 0);
    queue.markLost(base + 0);
    acknowledge(500);
    counts(1500, 0, 500, 0);
    queue.onRetransmitted(base + 0, 10);
    acknowledge(600);
    counts(1400, 0, 400, 400);
    sack(0);
    assertEquals(400, delivery.bytes);
    acknowledge(700);
    assertEquals(0, delivery.bytes);
    counts(1300, 300, 0, 0);
    acknowledge(1000);
    counts(1000, 0, 0, 0);
  }

  @Test
  void theRoundTripIsThatOfTheFirstSegmentThatWasNotKnown() {
    send(0, 4);
    sack(0);
    acknowledge(3000);
    assertEquals(1, delivery.oldestSentNs);
    assertEquals(2, delivery.newestSentNs);
    assertEquals(3000, delivery.newestEndSeq);
    assertEquals(2000, delivery.bytes);
  }

  @Test
  void aRepeatedSegmentTimesNothing() {
    queue.append(0, MSS, false, true, 5);
    acknowledge(MSS);
    assertEquals(Delivery.NONE, delivery.oldestSentNs);
    assertTrue(delivery.repeatedArrived);
    assertFalse(delivery.originalArrived);
  }

  // ---- To be sent again

  @Test
  void theLostOnesLeaveInTheirOrder() {
    send(0, 6);
    queue.markLost(base + 4);
    queue.markLost(base + 1);
    assertEquals(base + 1, queue.nextLost());
    queue.onRetransmitted(base + 1, 10);
    assertEquals(base + 4, queue.nextLost());
    queue.markLost(base + 1);
    assertEquals(base + 1, queue.nextLost());
    queue.onRetransmitted(base + 1, 20);
    queue.onRetransmitted(base + 4, 20);
    assertEquals(queue.end(), queue.nextLost());
    sack(1);
    sack(4);
    assertEquals(queue.end(), queue.nextLost());
  }

  @Test
  void smallSegmentsLeaveTogether() {
    for (int i = 0; i < 5; i++) {
      queue.append(i * 300, (i + 1) * 300, false, false, i);
    }
    for (int p = 0; p < 5; p++) {
      queue.markLost(base + p);
    }
    final int position = queue.nextLost(MSS);
    assertEquals(0, queue.seq(position));
    assertEquals(900, queue.length(position));
    assertEquals(3, queue.segments());
    counts(1500, 0, 1500, 0);
    queue.onRetransmitted(position, 10);
    assertEquals(900, queue.seq(queue.nextLost(MSS)));
    assertEquals(300, queue.length(queue.nextLost(MSS)), "only the first is joined");
  }

  @Test
  void theFinIsJoinedAndTakesNoPayload() {
    queue.append(0, 400, false, false, 0);
    queue.append(400, 1001, true, false, 1);
    queue.markLost(base + 0);
    queue.markLost(base + 1);
    final int position = queue.nextLost(MSS);
    assertEquals(1001, queue.length(position));
    assertEquals(1000, queue.payloadLength(position));
  }

  @Test
  void whatDoesNotFitIsSplit() {
    queue.append(0, 2501, true, false, 7);
    queue.markLost(base + 0);
    final int position = queue.nextLost(MSS);
    assertEquals(MSS, queue.length(position));
    assertEquals(MSS, queue.payloadLength(position));
    assertEquals(2, queue.segments());
    counts(2501, 0, 2501, 0);
    queue.onRetransmitted(position, 10);
    final int second = queue.nextLost(MSS);
    assertEquals(MSS, queue.length(second));
    queue.onRetransmitted(second, 10);
    final int third = queue.nextLost(MSS);
    assertEquals(501, queue.length(third));
    assertEquals(500, queue.payloadLength(third));
    queue.onRetransmitted(third, 10);
    counts(2501, 0, 2501, 2501);
    assertEquals(3, queue.inNetwork());
  }

  @Test
  void theLastIsSplitForAProbe() {
    queue.append(0, MSS, false, false, 0);
    queue.append(MSS, 3300, false, false, 1);
    final int last = queue.last(MSS);
    assertEquals(3000, queue.seq(last));
    assertEquals(300, queue.length(last));
    assertEquals(4, queue.segments());
    assertEquals(4, queue.inNetwork());
    queue.onRetransmitted(last, 10);
    assertEquals(queue.first(), queue.oldest());
    counts(3300, 0, 0, 300);
  }

  // ---- Undo and reneging

  @Test
  void whatWasNotLostIsUnderWayAgainInItsOrder() {
    send(0, 6);
    queue.markLost(base + 0);
    queue.markLost(base + 1);
    queue.markLost(base + 3);
    queue.onRetransmitted(base + 0, 10);
    queue.unmarkLost();
    counts(6000, 0, 0, 1000);
    assertEquals(queue.end(), queue.nextLost());
    assertEquals(List.of(1, 2, 3, 4, 5, 0), order());
  }

  @Test
  void whatThePeerThrewAwayIsOutstandingAgain() {
    send(0, 5);
    sack(0);
    sack(1);
    sack(3);
    assertEquals(base + 2, queue.notSackedFrom(base + 0));
    queue.unmarkSacked();
    counts(5000, 0, 0, 0);
    assertEquals(base + 0, queue.notSackedFrom(base + 0));
    assertEquals(List.of(0, 1, 2, 3, 4), order());
  }

  private List<Integer> order() {
    final List<Integer> order = new ArrayList<>();
    int p = queue.inNetwork() > 0 ? queue.oldest() : 0;
    for (int left = queue.inNetwork(); left > 0; left--) {
      order.add(p - queue.first());
      p = queue.leftAfter(p);
    }
    return order;
  }

  // ---- Limits and wraps

  @Test
  void fullWithAllItMayHave() {
    for (int i = 0; i < RetransmitQueue.MAX_SEGMENTS; i++) {
      assertFalse(queue.isFull());
      queue.append(i * 2, i * 2 + 2, false, false, i);
    }
    assertTrue(queue.isFull());
    assertEquals(RetransmitQueue.MAX_SEGMENTS, queue.capacity());
    queue.last(1);
    assertTrue(queue.isFull(), "also with one more, after a split");
    acknowledge(2);
    assertTrue(queue.isFull());
    acknowledge(4);
    assertFalse(queue.isFull());
  }

  @Test
  void findingWrapsWithTheSequenceNumbers() {
    final int start = -2500;
    send(start, 5);
    assertEquals(base + 0, queue.find(start - 1));
    assertEquals(base + 0, queue.find(start));
    assertEquals(base + 1, queue.find(start + 1));
    assertEquals(base + 3, queue.find(start + 3 * MSS));
    assertEquals(base + 4, queue.find(start + 3 * MSS + 1));
    assertEquals(queue.end(), queue.find(start + 5 * MSS));
  }

  /** Positions count on for ever; so do the queues that go from one connection to the next. */
  @Test
  void positionsWrap() {
    final Random random = new Random(7);
    boolean wrapped = false;
    for (int round = 0; round < 100; round++) {
      final boolean before = queue.first() > 0;
      randomLife(random, new Model(queue, random.nextInt()), 60);
      wrapped |= before && queue.first() < 0;
    }
    assertTrue(wrapped, "the counter wrapped");
  }

  // ---- Against a model

  @Test
  @Covers(
      rfc = "RFC 2018",
      clause = "5, RFC 6675 3 and 4",
      what = "the scoreboard and the pipe",
      by = {SackScoreboard.class, RetransmitQueue.class, TransmitOrder.class})
  void countsAreThoseOfTheModel() {
    for (int seed = 0; seed < 300; seed++) {
      final Random random = new Random(seed);
      final RetransmitQueue fresh = new RetransmitQueue();
      final Model model = new Model(fresh, random.nextInt(4) == 0 ? -5000 : random.nextInt());
      randomLife(random, model, 400);
    }
  }

  private static void randomLife(final Random random, final Model model, final int steps) {
    for (int step = 0; step < steps; step++) {
      model.act(random, step);
      model.check();
    }
    model.acknowledgeAll();
    model.check();
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

  /** Says the same, without cleverness. */
  private static final class Model {
    private final RetransmitQueue queue;
    private final Delivery delivery = new Delivery();
    private final List<Segment> segments = new ArrayList<>();
    private final List<Segment> order = new ArrayList<>();
    private int next;
    private boolean finSent;
    private int delivered;

    Model(final RetransmitQueue queue, final int seq) {
      this.queue = queue;
      next = seq;
    }

    void act(final Random random, final long nowNs) {
      delivered = 0;
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
        delivered += gone.sacked ? 0 : gone.end - gone.start;
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
        assertEquals(p, queue.find(s.start));
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
  }

  // ---- Lent

  @Test
  void aQueueGoesFromOneConnectionToTheNext() {
    final RetransmitQueues queues = new RetransmitQueues();
    final RetransmitQueue first = queues.take();
    final RetransmitQueue second = queues.take();
    assertNotSame(first, second);
    first.append(0, 10, false, false, 0);
    first.markLost(first.first());
    queues.give(first);
    assertSame(first, queues.take());
    assertTrue(first.isEmpty());
    assertEquals(0, first.inFlightBytes());
    assertEquals(first.end(), first.nextLost());
  }
}
