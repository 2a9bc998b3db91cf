package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
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
    assertEquals(base + 0, SackScoreboard.find(queue, start - 1));
    assertEquals(base + 0, SackScoreboard.find(queue, start));
    assertEquals(base + 1, SackScoreboard.find(queue, start + 1));
    assertEquals(base + 3, SackScoreboard.find(queue, start + 3 * MSS));
    assertEquals(base + 4, SackScoreboard.find(queue, start + 3 * MSS + 1));
    assertEquals(queue.end(), SackScoreboard.find(queue, start + 5 * MSS));
  }

  /** Positions count on for ever; so do the queues that go from one connection to the next. */
  @Test
  void positionsWrap() {
    final Random random = new Random(7);
    boolean wrapped = false;
    for (int round = 0; round < 100; round++) {
      final boolean before = queue.first() > 0;
      randomLife(random, new RetransmitQueueModel(queue, random.nextInt()), 60);
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
      final RetransmitQueueModel model =
          new RetransmitQueueModel(fresh, random.nextInt(4) == 0 ? -5000 : random.nextInt());
      randomLife(random, model, 400);
    }
  }

  private static void randomLife(
      final Random random, final RetransmitQueueModel model, final int steps) {
    for (int step = 0; step < steps; step++) {
      model.act(random, step);
      model.check();
    }
    model.acknowledgeAll();
    model.check();
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

  /**
   * Of ten thousand connections that ask and answer thousands have something under way in turns.
   */
  @Test
  void thousandsAreLentAgain() {
    final RetransmitQueues queues = new RetransmitQueues();
    final Set<RetransmitQueue> lent = Collections.newSetFromMap(new IdentityHashMap<>());
    while (lent.size() < 5000) {
      lent.add(queues.take());
    }
    lent.forEach(queues::give);
    for (int i = 0; i < 5000; i++) {
      assertTrue(lent.remove(queues.take()), "a new one");
    }
  }
}
