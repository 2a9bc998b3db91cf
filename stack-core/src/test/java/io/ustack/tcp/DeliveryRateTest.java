package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import io.ustack.tcp.congestion.AckSample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** draft-cheng-iccrg-delivery-rate-estimation-02. */
class DeliveryRateTest {
  private static final int MSS = 1000;
  private static final long MS = 1_000_000;

  /** What the retransmission queue keeps of a segment. */
  private record Sent(
      long sentNs, long delivered, long deliveredNs, long firstSentNs, boolean isAppLimited) {}

  private final DeliveryRate rate = new DeliveryRate();
  private final AckSample sample = new AckSample();
  private final List<Sent> flight = new ArrayList<>();
  private final long startNs = Long.MAX_VALUE - 20 * MS;

  private Sent send(final long atMs) {
    final long nowNs = startNs + atMs * MS;
    rate.onSend(flight.size() * MSS, nowNs);
    final Sent sent =
        new Sent(
            nowNs, rate.delivered(), rate.deliveredNs(), rate.firstSentNs(), rate.isAppLimited());
    flight.add(sent);
    return sent;
  }

  private void ack(final long atMs, final Sent... segments) {
    sample.nowNs = startNs + atMs * MS;
    sample.minRttNs = 10 * MS;
    rate.begin(sample);
    for (final Sent sent : segments) {
      flight.remove(sent);
      rate.onDelivered(
          sample,
          MSS,
          sent.sentNs,
          sent.delivered,
          sent.deliveredNs,
          sent.firstSentNs,
          sent.isAppLimited);
    }
    rate.finish(sample);
  }

  private void assertRate(final int segments, final long ms) {
    assertEquals((long) segments * MSS, sample.sampleDeliveredBytes());
    assertEquals(ms * MS, sample.deliveryIntervalNs);
  }

  @Test
  void oneSegmentInOneRoundTrip() {
    final Sent one = send(0);
    ack(40, one);
    assertRate(1, 40);
    assertEquals(MSS, sample.deliveredBytes);
    assertEquals(MSS, sample.totalDeliveredBytes);
  }

  @Test
  void whatArrivedSinceTheSegmentLeft() {
    final Sent a = send(0);
    final Sent b = send(0);
    final Sent c = send(0);
    ack(40, a);
    ack(41, b);
    final Sent d = send(41);
    ack(42, c);
    assertRate(3, 42);
    ack(81, d);
    assertEquals(2 * MSS, d.delivered);
    assertRate(2, 41);
    assertEquals(4 * MSS, sample.totalDeliveredBytes);
  }

  /** 2.2: ACKs that come in a bunch do not make the path faster than it was sent over. */
  @Test
  @Covers(
      rfc = "draft-cheng-iccrg-delivery-rate-estimation-02",
      what = "samples of the delivery rate",
      by = DeliveryRate.class)
  void bunchOfAcksIsMeasuredByTheTimeOfSending() {
    final Sent a = send(0);
    ack(20, a);
    final Sent[] spread = new Sent[10];
    for (int i = 0; i < 10; i++) {
      spread[i] = send(20 + 10 * i);
    }
    ack(130, spread[0]);
    final Sent after = send(130);
    ack(
        131, spread[1], spread[2], spread[3], spread[4], spread[5], spread[6], spread[7], spread[8],
        spread[9]);
    assertRate(10, 111);
    ack(150, after);
    assertEquals(110 * MS, sample.deliveryIntervalNs, "sent 110 ms after the one before");
    assertEquals(10 * MSS, sample.sampleDeliveredBytes());
  }

  /** The newest of an ACK decides: the one with the most delivered before it left. */
  @Test
  void newestSegmentOfTheAckDecides() {
    final Sent a = send(0);
    final Sent b = send(0);
    ack(40, a);
    final Sent c = send(40);
    ack(80, c, b);
    assertRate(2, 40);
  }

  @Test
  void laterOfTwoThatLeftAfterTheSameDeliveryDecides() {
    final Sent a = send(0);
    final Sent b = send(30);
    final Sent c = send(35);
    ack(70, a, b);
    assertRate(2, 70);
    final Sent d = send(70);
    ack(80, c);
    ack(110, d);
    assertRate(2, 40);
    assertEquals(40 * MS, d.sentNs - d.firstSentNs, "since b left");
  }

  @Test
  void flightThatBeginsAnewMeasuresNoIdleTime() {
    ack(40, send(0));
    ack(1040, send(1000));
    assertRate(1, 40);
  }

  @Test
  @Covers(rfc = "draft-cheng-iccrg-delivery-rate-estimation-02")
  void limitedUntilWhatWasInFlightIsDelivered() {
    final Sent a = send(0);
    final Sent b = send(0);
    rate.onAppLimited(2 * MSS);
    assertTrue(rate.isAppLimited());
    ack(40, a);
    assertFalse(sample.isAppLimited, "that left before");
    final Sent c = send(40);
    ack(41, b);
    assertTrue(rate.isAppLimited(), "up to here it was limited");
    ack(80, c);
    assertTrue(sample.isAppLimited);
    assertFalse(rate.isAppLimited());
    ack(120, send(80));
    assertFalse(sample.isAppLimited);
  }

  @Test
  void ackThatDeliversNothingMeasuresNothing() {
    ack(40, send(0));
    ack(50);
    assertEquals(AckSample.NONE, sample.deliveryIntervalNs);
    assertEquals(AckSample.NONE, sample.priorDeliveredBytes);
    assertEquals(0, sample.deliveredBytes);
    assertEquals(MSS, sample.totalDeliveredBytes);
  }

  /** 3.3: the original's ACK right after the retransmission. */
  @Test
  void shorterThanTheShortestRoundTripIsNoMeasure() {
    final Sent a = send(0);
    flight.remove(a);
    final Sent again = send(40);
    ack(45, again);
    assertEquals(AckSample.NONE, sample.deliveryIntervalNs);
    assertEquals(MSS, sample.deliveredBytes);
  }
}
