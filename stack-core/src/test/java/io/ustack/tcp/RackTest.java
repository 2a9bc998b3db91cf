package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;

/** RACK alone: RFC 8985 6. Segments of ten bytes, times in milliseconds, a round trip of 100. */
class RackTest {
  private static final long MS = 1_000_000;

  private final Rack rack = new Rack();
  private final RetransmitQueue queue = new RetransmitQueue();
  private final Delivery delivery = new Delivery();
  private final RttEstimator rtt = new RttEstimator(TcpConfig.DEFAULT);
  private final int base = queue.first();

  RackTest() {
    rtt.onAck(100 * MS, 0, 0);
    rtt.onShortest(100 * MS, 0);
  }

  private void send(final int segments, final long atMs) {
    for (int i = 0; i < segments; i++) {
      final int seq = (queue.end() - base) * 10;
      queue.append(seq, seq + 10, false, false, atMs * MS);
    }
  }

  private void deliver(final long atMs, final int... segments) {
    delivery.begin(rtt.minRttNs(), TcpSegment.NO_ECHO, atMs * MS);
    for (final int segment : segments) {
      queue.markSacked(base + segment, delivery);
    }
    rack.onAck(delivery, 0, 1000, atMs * MS);
  }

  private void duplicate(final int sndUna, final int sndNxt) {
    delivery.begin(rtt.minRttNs(), TcpSegment.NO_ECHO, 0);
    delivery.onDuplicate(0, 10);
    rack.onAck(delivery, sndUna, sndNxt, 0);
  }

  /** Milliseconds until the next look, or -1. */
  private long detect(final boolean recovering, final long atMs) {
    final long waitNs = rack.detectLosses(queue, recovering, rtt, atMs * MS);
    return waitNs == Rack.NOTHING_WAITS ? -1 : waitNs / MS;
  }

  private void lost(final int... segments) {
    int bytes = 0;
    for (final int segment : segments) {
      assertTrue(queue.isLost(base + segment), "lost: " + segment);
      bytes += 10;
    }
    assertEquals(bytes, queue.lostBytes());
  }

  @Test
  void withoutADeliveryNothingIsLost() {
    send(3, 0);
    assertEquals(-1, detect(false, 10_000));
    lost();
  }

  @Test
  @Covers(
      rfc = "RFC 8985",
      clause = "6.2",
      what = "RACK",
      by = {Rack.class, Delivery.class})
  void aQuarterOfTheRoundTripThenItIsLost() {
    send(3, 0);
    deliver(100, 1);
    assertEquals(25, detect(false, 100));
    assertEquals(1, detect(false, 124));
    lost();
    assertEquals(-1, detect(false, 125));
    lost(0);
  }

  @Test
  void whatLeftLaterIsNot() {
    send(2, 0);
    send(2, 10);
    deliver(110, 2);
    assertEquals(-1, detect(true, 110));
    lost(0, 1);
  }

  /** Each has its own time, and the wait is for the first. */
  @Test
  void eachHasItsOwnTime() {
    send(1, 0);
    send(1, 10);
    send(1, 20);
    deliver(120, 2);
    assertEquals(5, detect(false, 120));
    assertEquals(10, detect(false, 125));
    lost(0);
    assertEquals(-1, detect(false, 135));
    lost(0, 1);
  }

  @Test
  void threeReportedOrARecoveryNeedNoPatience() {
    send(5, 0);
    deliver(100, 2, 3);
    assertEquals(25, detect(false, 100));
    assertEquals(-1, detect(true, 100));
    lost(0, 1);
    send(3, 100);
    deliver(200, 4, 5, 6);
    assertEquals(-1, detect(false, 200));
  }

  @Test
  void afterReorderingEvenThreeNeedPatience() {
    send(6, 0);
    deliver(100, 1);
    deliver(105, 0);
    deliver(105, 3, 4, 5);
    assertTrue(detect(true, 105) > 0);
    lost();
  }

  /** A repetition that arrives below what had arrived is no reordering. */
  @Test
  void aRepetitionIsNoReordering() {
    send(4, 0);
    deliver(100, 1, 2, 3);
    detect(false, 100);
    queue.onRetransmitted(base, 100 * MS);
    deliver(200, 0);
    send(2, 200);
    deliver(300, 5);
    assertEquals(-1, detect(true, 300), "no patience");
    lost(4);
  }

  @Test
  @Covers(rfc = "RFC 8985", clause = "6.2")
  void aRepetitionIsLostWhenWhatLeftAfterItHasArrived() {
    send(4, 0);
    deliver(100, 1, 2, 3);
    detect(false, 100);
    queue.onRetransmitted(base, 101 * MS);
    send(1, 102);
    assertEquals(-1, detect(true, 190));
    assertTrue(queue.isRetransmitted(base));
    deliver(202, 4);
    assertEquals(-1, detect(true, 202));
    assertFalse(queue.isRetransmitted(base));
    lost(0);
  }

  /** Too fast for the repetition: it answers the original, and says nothing of what left since. */
  @Test
  void anAnswerFasterThanAnyRoundTripIsTheOriginals() {
    send(4, 0);
    deliver(100, 1, 2, 3);
    detect(false, 100);
    queue.onRetransmitted(base, 100 * MS);
    send(1, 100);
    deliver(130, 0);
    detect(true, 130);
    lost();
  }

  @Test
  void eachRoundTripWithADuplicateWidensTheWindow() {
    send(6, 0);
    deliver(100, 1);
    deliver(100, 0);
    duplicate(0, 100);
    duplicate(50, 100); // the same round trip
    deliver(100, 3);
    assertEquals(50, detect(false, 100));
    duplicate(100, 200);
    assertEquals(75, detect(false, 100));
    duplicate(200, 300);
    duplicate(300, 400);
    assertEquals(100, detect(false, 100), "never more than SRTT");
  }

  @Test
  void afterSixteenRecoveriesTheWindowIsWhatItWas() {
    send(6, 0);
    deliver(100, 1);
    deliver(100, 0);
    duplicate(0, 100);
    deliver(100, 3);
    for (int i = 0; i < 15; i++) {
      rack.onRecovered();
      assertEquals(50, detect(false, 100));
    }
    rack.onRecovered();
    assertEquals(25, detect(false, 100));
  }

  /** RFC 8985 6.3: the first, and what has been under way for longer than a round trip. */
  @Test
  @Covers(rfc = "RFC 8985", clause = "6.3", what = "what a timeout marks", by = Rack.class)
  void aTimeoutSparesWhatLeftJustNow() {
    send(2, 0);
    deliver(100, 1);
    send(2, 100);
    send(2, 350);
    rack.onTimeout(queue, rtt, 400 * MS);
    lost(0, 2, 3);
  }

  @Test
  void aDuplicateLongAfterTheLastBeginsARoundOfItsOwn() {
    send(6, 0);
    deliver(100, 1);
    deliver(100, 0);
    duplicate(0, 100);
    delivery.begin(0, TcpSegment.NO_ECHO, 0);
    rack.onAck(delivery, 1 << 30, (1 << 30) + 100, 0);
    rack.onAck(delivery, (int) (3L << 30), (int) (3L << 30) + 100, 0);
    duplicate((int) (3L << 30), (int) (3L << 30) + 100);
    deliver(100, 3);
    assertEquals(75, detect(false, 100));
  }
}
