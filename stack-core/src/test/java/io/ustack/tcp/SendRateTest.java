package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.PacketRing;
import io.ustack.counter.Counters;
import io.ustack.house.Covers;
import io.ustack.tcp.congestion.AckSample;
import io.ustack.tcp.congestion.Bbr;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The stamps beside the retransmit queue. */
class SendRateTest {
  private static final int MSS = 536;
  private static final long MS = 1_000_000;

  private final Sender sender = sender();
  private final SendRate rate = new SendRate(0, 0);
  private final AckSample sample = new AckSample();
  private int sent;

  private static Sender sender() {
    return new Sender(
        new PacketRing(1 << 20),
        TcpConfig.DEFAULT,
        new Bbr(),
        new SenderParts(new Counters()),
        100);
  }

  private RetransmitQueue queue() {
    return sender.outstanding();
  }

  private void send(final long nowNs) {
    rate.onSend(queue().inFlightBytes(), nowNs);
    queue().append(sent, sent + MSS, false, false, nowNs);
    sent += MSS;
    rate.onSent(sender, queue().end() - 1, MSS, nowNs);
  }

  private void deliver(final int position, final long nowNs) {
    sample.nowNs = nowNs;
    sample.minRttNs = MS;
    rate.begin(sample);
    rate.onDelivered(sample, queue(), position);
    rate.finish(sample);
  }

  @Test
  void stampsStayWithTheirSegmentsWhileTheQueueGrows() {
    for (int i = 0; i < 10; i++) {
      send(i * MS);
    }
    deliver(queue().first() + 4, 9 * MS);
    rate.onAppLimited(MSS);
    send(10 * MS);
    for (int i = 11; i < 100; i++) {
      send(11 * MS);
    }
    deliver(queue().first() + 10, 12 * MS);
    assertEquals(6 * MS, sample.deliveryIntervalNs, "since the fourth left");
    assertEquals(MSS, sample.sampleDeliveredBytes());
    assertTrue(sample.isAppLimited);
    deliver(queue().first() + 9, 30 * MS);
    assertFalse(sample.isAppLimited);
    assertEquals(30 * MS, sample.deliveryIntervalNs, "since the flight began");
  }

  @Test
  @Covers(
      rfc = "draft-cheng-iccrg-delivery-rate-estimation-02",
      what = "samples of the delivery rate",
      by = SendRate.class)
  void retransmissionIsStampedAnew() {
    send(0);
    send(0);
    deliver(queue().first() + 1, 40 * MS);
    assertEquals(MSS, sample.totalDeliveredBytes);
    rate.onSend(MSS, 50 * MS);
    queue().onRetransmitted(queue().first(), 50 * MS);
    rate.onSent(sender, queue().first(), MSS, 50 * MS);
    deliver(queue().first(), 90 * MS);
    assertEquals(MSS, sample.priorDeliveredBytes);
    assertEquals(50 * MS, sample.deliveryIntervalNs, "sent 50 ms after the one before");
    assertEquals(2 * MSS, sample.totalDeliveredBytes);
  }

  @Test
  void positionsThatMovedGiveNoSample() {
    for (int i = 0; i < 4; i++) {
      send(i * MS);
    }
    queue().markLost(queue().first() + 1);
    final int again = queue().nextLost(MSS / 2);
    assertEquals(5, queue().segments(), "the second is two now");
    rate.onSend(queue().inFlightBytes(), 50 * MS);
    queue().onRetransmitted(again, 50 * MS);
    rate.onSent(sender, again, MSS / 2, 50 * MS);
    deliver(queue().first() + 4, 60 * MS);
    assertEquals(AckSample.NONE, sample.deliveryIntervalNs);
    assertEquals(MSS, sample.deliveredBytes, "but it counts");
    send(61 * MS);
    deliver(queue().end() - 1, 100 * MS);
    assertTrue(sample.deliveryIntervalNs > 0, "what leaves from now on does");
  }

  @Test
  void whatLeftBeforeItBeganGivesNoSample() {
    queue().append(0, MSS, false, false, 0);
    queue().append(MSS, 2 * MSS, false, false, 0);
    sent = 2 * MSS;
    final SendRate late = new SendRate(queue().end(), MS);
    sample.nowNs = 40 * MS;
    late.begin(sample);
    late.onDelivered(sample, queue(), queue().first());
    late.finish(sample);
    assertEquals(AckSample.NONE, sample.deliveryIntervalNs);
    assertEquals(MSS, sample.deliveredBytes);
  }

  @Test
  void limitedSegmentsSaySo() {
    send(0);
    rate.onAppLimited(MSS);
    send(MS);
    deliver(queue().first(), 40 * MS);
    assertFalse(sample.isAppLimited);
    deliver(queue().first() + 1, 41 * MS);
    assertTrue(sample.isAppLimited);
  }

  @Test
  void flightInAnotherQueueBeginsAnew() {
    for (int i = 0; i < 4; i++) {
      send(i * MS);
    }
    rate.onAppLimited(0);
    queue().append(sent, sent + MSS, false, false, 4 * MS);
    send(5 * MS);
    final Sender other = sender();
    rate.onSend(0, 100 * MS);
    other.outstanding().append(0, MSS, false, false, 100 * MS);
    rate.onSent(other, other.outstanding().first(), MSS, 100 * MS);
    sample.nowNs = 140 * MS;
    rate.begin(sample);
    rate.onDelivered(sample, other.outstanding(), other.outstanding().first());
    assertEquals(40 * MS, sample.deliveryIntervalNs, "the first of a flight, too");
  }

  /** A new connection's first segment, in a queue that others have used and made larger. */
  @Test
  @Timeout(5) // against looking for stamps at every position there is
  void flightBeginsInAQueueThatHasGrownAndWhosePositionsHaveWrapped() {
    for (int i = 0; i < 2000; i++) {
      queue().append(i, i + 1, false, false, 0);
      queue().clear();
    }
    for (int i = 0; i < 20; i++) {
      queue().append(i, i + 1, false, false, 0);
    }
    queue().clear();
    assertTrue(queue().first() < 0 && queue().capacity() == 32);
    send(0);
    send(MS);
    deliver(queue().first(), 40 * MS);
    assertEquals(40 * MS, sample.deliveryIntervalNs);
    deliver(queue().first() + 1, 41 * MS);
    assertEquals(41 * MS, sample.deliveryIntervalNs);
  }

  @Test
  void senderWithNothingToSaySaysSo() {
    final TcpConfig config = TestStack.PLAIN.with().congestionControl("bbr").build();
    try (TestStack t = TestStack.established(config)) {
      final SendRate measured = t.connection.sender().sendRate;
      assertNotNull(measured);
      t.write(1, 100);
      t.takeSent();
      assertTrue(measured.isAppLimited());
    }
  }
}
