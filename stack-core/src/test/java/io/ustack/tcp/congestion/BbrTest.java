package io.ustack.tcp.congestion;

import static io.ustack.tcp.congestion.Acks.MS;
import static io.ustack.tcp.congestion.Acks.MSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;

/** draft-cardwell-iccrg-bbr-congestion-control-00, step by step; PathTest has it in a loop. */
class BbrTest {
  private static final long RTT_NS = 100 * MS;

  private final Bbr bbr = new Bbr();
  private final CongestionWindow window = new CongestionWindow();
  private final AckSample sample = new AckSample();
  private long nowNs = Long.MAX_VALUE - 1000 * MS;
  private long delivered;

  BbrTest() {
    window.start(MSS, 10 * MSS);
    bbr.start(window, nowNs);
    sample.rttNs = RTT_NS;
    sample.srttNs = RTT_NS;
    sample.minRttNs = RTT_NS;
  }

  /** A round trip in which {@code bytes} arrive, as one ACK; {@code inFlight} is sent meanwhile. */
  private void round(final int bytes, final int inFlight) {
    nowNs += RTT_NS;
    sample.nowNs = nowNs;
    sample.ackedBytes = bytes;
    sample.deliveredBytes = bytes;
    sample.priorDeliveredBytes = delivered;
    delivered += bytes;
    sample.totalDeliveredBytes = delivered;
    sample.deliveryIntervalNs = RTT_NS;
    sample.inFlightBeforeBytes = inFlight;
    sample.inFlightBytes = inFlight;
    bbr.onAck(window, sample);
  }

  /** 1 MB/s: 100 segments a round trip. */
  private void fillPipe() {
    for (int size = 10; size < 100; size *= 2) {
      round(size * MSS, size * MSS);
    }
    for (int i = 0; i < 4; i++) {
      round(100 * MSS, 250 * MSS);
    }
    assertEquals(Bbr.State.DRAIN, bbr.state());
  }

  private void reachProbeBandwidth() {
    fillPipe();
    round(100 * MSS, 100 * MSS);
    assertEquals(Bbr.State.PROBE_BW, bbr.state());
  }

  /** To four places. */
  private void assertRate(final long bytesPerSecond) {
    final long rate = bbr.pacingRate(window);
    assertTrue(Math.abs(rate - bytesPerSecond) <= bytesPerSecond / 10_000, "rate " + rate);
  }

  @Test
  void beginsWithTheInitialWindowInAMillisecondTimesHighGain() {
    assertRate(28_853_900);
    assertTrue(bbr.ownsRecovery());
  }

  @Test
  void firstRoundTripSetsTheRate() {
    sample.isAppLimited = true;
    round(MSS, 9 * MSS);
    assertRate(288_539);
  }

  @Test
  void startupPacesFasterThanTheBandwidthByHighGain() {
    round(10 * MSS, 20 * MSS);
    round(20 * MSS, 40 * MSS);
    assertEquals(200_000, bbr.bandwidth());
    assertRate(577_078);
    assertEquals(40 * MSS, window.cwnd(), "grows by what is delivered");
  }

  @Test
  @Covers(
      rfc = "draft-cardwell-iccrg-bbr-congestion-control-00",
      clause = "4.3",
      what = "its states",
      by = Bbr.class)
  void threeRoundsWithoutAQuarterMoreEndStartup() {
    round(10 * MSS, 20 * MSS);
    for (int i = 0; i < 2; i++) {
      round(12 * MSS, 20 * MSS);
      assertEquals(Bbr.State.STARTUP, bbr.state());
    }
    round(13 * MSS, 200 * MSS);
    assertEquals(Bbr.State.STARTUP, bbr.state(), "a quarter more than 10 begins the count anew");
    round(13 * MSS, 200 * MSS);
    round(13 * MSS, 200 * MSS);
    assertEquals(Bbr.State.STARTUP, bbr.state());
    round(13 * MSS, 200 * MSS);
    assertEquals(Bbr.State.DRAIN, bbr.state());
    assertEquals(1 / 2.885, bbr.pacingGain(), 0.001);
  }

  @Test
  @Covers(
      rfc = "draft-cardwell-iccrg-bbr-congestion-control-00",
      clause = "4.1",
      what = "the model",
      by = {Bbr.class, WindowedMax.class})
  void limitedSamplesNeitherEndStartupNorLowerTheBandwidth() {
    round(20 * MSS, 20 * MSS);
    sample.isAppLimited = true;
    for (int i = 0; i < 20; i++) {
      round(MSS, MSS);
    }
    assertEquals(Bbr.State.STARTUP, bbr.state());
    assertEquals(200_000, bbr.bandwidth());
    round(30 * MSS, 30 * MSS);
    assertEquals(300_000, bbr.bandwidth(), "but they may raise it");
  }

  @Test
  @Covers(rfc = "draft-cardwell-iccrg-bbr-congestion-control-00", clause = "4.3")
  void drainEndsWhenOneProductIsInFlight() {
    fillPipe();
    final int quanta = 3 * 2 * MSS;
    round(100 * MSS, 100 * MSS + quanta + MSS);
    assertEquals(Bbr.State.DRAIN, bbr.state());
    round(100 * MSS, 100 * MSS);
    assertEquals(Bbr.State.PROBE_BW, bbr.state());
  }

  @Test
  @Covers(rfc = "draft-cardwell-iccrg-bbr-congestion-control-00", clause = "4.3")
  void probesForBandwidthOnceInEightRounds() {
    reachProbeBandwidth();
    while (bbr.pacingGain() != 1.25) {
      round(100 * MSS, 100 * MSS);
    }
    sample.lostBytes = 0;
    round(100 * MSS, 110 * MSS);
    assertEquals(1.25, bbr.pacingGain(), "until a quarter more is in flight");
    nowNs += 1;
    round(100 * MSS, 131 * MSS);
    assertEquals(0.75, bbr.pacingGain());
    assertRate(750_000);
    round(100 * MSS, 100 * MSS);
    for (int i = 0; i < 6; i++) {
      assertEquals(1, bbr.pacingGain(), "round " + i);
      nowNs += 1;
      round(100 * MSS, 100 * MSS);
    }
    assertEquals(1.25, bbr.pacingGain());
  }

  @Test
  void windowIsTwoProductsAndThreeQuanta() {
    reachProbeBandwidth();
    for (int i = 0; i < 20; i++) {
      round(100 * MSS, 100 * MSS);
    }
    assertEquals(200 * MSS + 3 * 2 * MSS, window.cwnd(), "4.2.3.2");
  }

  @Test
  @Covers(rfc = "draft-cardwell-iccrg-bbr-congestion-control-00", clause = "4.1")
  void bandwidthIsForgottenAfterTenRounds() {
    reachProbeBandwidth();
    for (int i = 0; i < 9; i++) {
      round(50 * MSS, 50 * MSS);
    }
    assertEquals(1_000_000, bbr.bandwidth());
    round(50 * MSS, 50 * MSS);
    round(50 * MSS, 50 * MSS);
    assertEquals(500_000, bbr.bandwidth());
  }

  @Test
  @Covers(rfc = "draft-cardwell-iccrg-bbr-congestion-control-00", clause = "4.3")
  void tenSecondsWithoutAShorterRoundTripProbeForOne() {
    reachProbeBandwidth();
    sample.rttNs = RTT_NS + 1;
    for (int i = 0; i < 99; i++) {
      round(100 * MSS, 100 * MSS);
    }
    final int cwnd = window.cwnd();
    int rounds = 0;
    while (bbr.state() != Bbr.State.PROBE_RTT) {
      round(100 * MSS, 100 * MSS);
      rounds++;
      assertTrue(rounds < 12, "4.3.5");
    }
    assertEquals(4 * MSS, window.cwnd());
    assertEquals(RTT_NS + 1, bbr.rtPropNs(), "the old one is too old");
    round(100 * MSS, 4 * MSS);
    round(4 * MSS, 4 * MSS);
    round(4 * MSS, 4 * MSS);
    assertEquals(Bbr.State.PROBE_RTT, bbr.state(), "200 ms not over");
    round(4 * MSS, 4 * MSS);
    assertEquals(Bbr.State.PROBE_BW, bbr.state());
    assertEquals(cwnd, window.cwnd(), 4 * MSS);
    for (int i = 0; i < 20; i++) {
      round(100 * MSS, 100 * MSS);
    }
    assertEquals(1_000_000, bbr.bandwidth(), "what PROBE_RTT let through counts for nothing");
  }

  @Test
  @Covers(
      rfc = "draft-cardwell-iccrg-bbr-congestion-control-00",
      clause = "4.2.3.4",
      what = "recovery",
      by = Bbr.class)
  void recoveryConservesPacketsForARoundAndThenRestoresTheWindow() {
    reachProbeBandwidth();
    for (int i = 0; i < 10; i++) {
      round(100 * MSS, 100 * MSS);
    }
    final int before = window.cwnd();
    bbr.onCongestion(window, CongestionControl.Event.LOSS, 100 * MSS, nowNs);
    assertEquals(before, window.cwnd());
    sample.lostBytes = 5 * MSS;
    sample.priorDeliveredBytes = delivered - MSS;
    ackInRound(MSS, 94 * MSS);
    assertEquals(95 * MSS, window.cwnd(), "in flight and one more, 4.2.3.4");
    sample.lostBytes = 0;
    ackInRound(2 * MSS, 92 * MSS);
    assertEquals(95 * MSS, window.cwnd(), "no more than leaves");
    sample.lostBytes = 5 * MSS;
    ackInRound(2 * MSS, 85 * MSS);
    assertEquals(90 * MSS, window.cwnd(), "what is lost leaves the window");
    sample.lostBytes = 0;
    round(92 * MSS, 90 * MSS);
    assertTrue(window.cwnd() > 95 * MSS, "after a round it grows again");
    bbr.onRecovered(window, nowNs);
    assertTrue(window.cwnd() >= before);
  }

  /** An ACK of what left before the round began. */
  private void ackInRound(final int bytes, final int inFlight) {
    sample.nowNs = nowNs;
    sample.deliveredBytes = bytes;
    sample.priorDeliveredBytes = delivered - 100 * MSS;
    delivered += bytes;
    sample.totalDeliveredBytes = delivered;
    sample.inFlightBeforeBytes = inFlight + bytes;
    sample.inFlightBytes = inFlight;
    bbr.onAck(window, sample);
  }

  @Test
  void ackThatBeginsARecoveryAndARoundConservesToo() {
    reachProbeBandwidth();
    bbr.onCongestion(window, CongestionControl.Event.LOSS, 100 * MSS, nowNs);
    round(MSS, 60 * MSS);
    assertEquals(61 * MSS, window.cwnd());
    ackInRound(2 * MSS, 50 * MSS);
    assertEquals(61 * MSS, window.cwnd());
  }

  @Test
  void undoneLossDoesNotEndStartup() {
    round(10 * MSS, 20 * MSS);
    for (int i = 0; i < 2; i++) {
      round(10 * MSS, 20 * MSS);
    }
    bbr.onCongestion(window, CongestionControl.Event.LOSS, 100 * MSS, nowNs);
    bbr.onUndo(window, nowNs);
    for (int i = 0; i < 3; i++) {
      round(10 * MSS, 200 * MSS);
      assertEquals(Bbr.State.STARTUP, bbr.state());
    }
    round(10 * MSS, 200 * MSS);
    assertEquals(Bbr.State.DRAIN, bbr.state());
  }

  @Test
  void timeoutLeavesOneSegmentAndRecoveryRestoresTheWindow() {
    reachProbeBandwidth();
    final int before = window.cwnd();
    bbr.onCongestion(window, CongestionControl.Event.TIMEOUT, 100 * MSS, nowNs);
    assertEquals(MSS, window.cwnd());
    bbr.onCongestion(window, CongestionControl.Event.TIMEOUT, MSS, nowNs);
    bbr.onRecovered(window, nowNs);
    assertEquals(before, window.cwnd(), "the second timeout did not forget it");
  }

  @Test
  void congestionMarksAreNotHeard() {
    reachProbeBandwidth();
    final int before = window.cwnd();
    bbr.onCongestion(window, CongestionControl.Event.ECN, 100 * MSS, nowNs);
    ackInRound(MSS, 20 * MSS);
    assertTrue(window.cwnd() >= before);
  }

  @Test
  void restartIsPacedAtTheBandwidthAndDoesNotProbeForTheRoundTrip() {
    reachProbeBandwidth();
    while (bbr.pacingGain() != 1.25) {
      round(100 * MSS, 100 * MSS);
    }
    nowNs += 20_000 * MS;
    bbr.onRestart(window, 20_000 * MS, 200 * MS, nowNs);
    assertEquals(1_000_000, bbr.pacingRate(window), "4.3.4.4");
    sample.rttNs = RTT_NS + 1;
    round(10 * MSS, 10 * MSS);
    assertNotEquals(Bbr.State.PROBE_RTT, bbr.state(), "idleness has emptied the queue");
  }

  @Test
  void quantumBelongsToTheRate() {
    reachProbeBandwidth();
    for (int i = 0; i < 30; i++) {
      round(100, 100);
    }
    assertEquals(1000, bbr.bandwidth());
    for (int i = 0; i < 3; i++) {
      round(100, 100);
    }
    assertEquals(4 * MSS, window.cwnd(), "four segments at least");
  }
}
