package io.ustack.tcp.congestion;

import static io.ustack.tcp.congestion.Acks.MS;
import static io.ustack.tcp.congestion.Acks.MSS;
import static io.ustack.tcp.congestion.Acks.SECOND;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 9438. Expected numbers are worked out from its equations, in segments and seconds. */
class CubicTest {
  private final Acks acks = new Acks(new Cubic());
  private final CongestionWindow window = acks.window;

  /** Equations 1 and 2. */
  private static double cubic(final double wMax, final double cwndEpoch, final double t) {
    final double k = Math.cbrt((wMax - cwndEpoch) / 0.4);
    return 0.4 * Math.pow(t - k, 3) + wMax;
  }

  private void loseAt(final int segments) {
    acks.avoidAt(segments);
    acks.ack(1);
    acks.lose();
  }

  @Test
  @Covers(rfc = "RFC 9438", clause = "4.6", what = "multiplicative decrease", by = Cubic.class)
  void lossLeavesSevenTenths() {
    window.cwnd(100 * MSS);
    acks.control.onCongestion(window, CongestionControl.Event.LOSS, 50 * MSS, acks.nowNs);
    assertEquals(70 * MSS, window.ssthresh(), "RFC 9438 4.6, of cwnd");
    assertEquals(100 * MSS, window.cwnd(), "recovery's business");
  }

  @Test
  void congestionMarkAndTimeoutLeaveSevenTenthsToo() {
    for (final CongestionControl.Event event :
        new CongestionControl.Event[] {
          CongestionControl.Event.ECN, CongestionControl.Event.TIMEOUT
        }) {
      window.cwnd(100 * MSS);
      acks.control.onCongestion(window, event, 100 * MSS, acks.nowNs);
      assertEquals(70 * MSS, window.ssthresh(), "RFC 9438 4.6, 4.8");
    }
  }

  @Test
  @Covers(rfc = "RFC 9438", clause = "4.6")
  void thresholdIsNeverBelowTwoSegments() {
    window.cwnd(2 * MSS);
    acks.control.onCongestion(window, CongestionControl.Event.LOSS, 2 * MSS, acks.nowNs);
    assertEquals(2 * MSS, window.ssthresh());
  }

  /** K for a window that was 1000: cbrt(1000 * 0.3 / 0.4) = 9.086 s; at 100 ms a round trip. */
  @ParameterizedTest(name = "{0} ms round trips, W_max {1}")
  @CsvSource({"100, 1000", "20, 3000", "200, 500", "50, 10000"})
  @Covers(rfc = "RFC 9438", clause = "4.2, 4.4, 4.5", what = "the cube", by = CubicCurve.class)
  void windowFollowsTheCube(final long rttMs, final int wMax) {
    acks.rttNs = rttMs * MS;
    loseAt(wMax);
    final double cwndEpoch = window.cwnd() / (double) MSS;
    assertEquals(0.7 * wMax, cwndEpoch, 0.01);
    final double k = Math.cbrt((wMax - cwndEpoch) / 0.4);
    acks.ack(1);
    final long epochNs = acks.nowNs;
    double t = 0;
    while (t < 1.3 * k) {
      acks.round();
      t = (acks.nowNs - epochNs) / 1e9;
      final double reached = window.cwnd() / (double) MSS;
      // A round of ACKs at t brings the window to W_cubic(t + RTT), but for what (target - cwnd) /
      // cwnd per ACK leaves when the window grows while they come.
      final double aim = cubic(wMax, cwndEpoch, t + rttMs / 1e3);
      final double past = cubic(wMax, cwndEpoch, t);
      assertTrue(
          reached <= aim + 1 && reached >= past - 1,
          () -> "t within [" + past + ", " + aim + "], was " + reached);
    }
    assertEquals(cubic(wMax, cwndEpoch, t), window.cwnd() / (double) MSS, 0.02 * wMax);
    assertTrue(window.cwnd() > wMax * MSS, "convex beyond W_max");
  }

  @Test
  @Covers(rfc = "RFC 9438", clause = "4.2, 4.4, 4.5")
  void reachesTheOldWindowAfterK() {
    final CubicCurve curve = new CubicCurve();
    curve.onCongestion(1000 * MSS, false);
    curve.begin(700 * MSS, MSS, 0);
    assertEquals(9.0856, curve.k(), 0.0001, "cbrt(300 / 0.4)");
    assertEquals(700 * MSS, curve.at(0, MSS), 1);
    assertEquals(1000 * MSS, curve.at(curve.k(), MSS), 1);
    assertEquals(1000.4 * MSS, curve.at(curve.k() + 1, MSS), 1, "C = 0.4 a second later");
    assertEquals(1400 * MSS, curve.at(curve.k() + 10, MSS), 1);
  }

  @Test
  @Covers(rfc = "RFC 9438", clause = "4.7", what = "fast convergence", by = CubicCurve.class)
  void fastConvergenceGivesWay() {
    final CubicCurve curve = new CubicCurve();
    curve.onCongestion(1000 * MSS, false);
    curve.onCongestion(800 * MSS, false);
    assertEquals(680 * MSS, curve.wMax(), 1, "800 * (1 + 0.7) / 2, RFC 9438 4.7");
    curve.onCongestion(700 * MSS, false);
    assertEquals(700 * MSS, curve.wMax(), "above the W_max before");
  }

  /** Short round trips: alpha = 3 * 0.3 / 1.7 segments a round, until cwnd_prior; then one. */
  @Test
  @Covers(rfc = "RFC 9438", clause = "4.3", what = "Reno-friendly region", by = CubicCurve.class)
  void isNeverSlowerThanReno() {
    acks.rttNs = 5 * MS;
    loseAt(100);
    final double alpha = 0.9 / 1.7;
    double wEst = window.cwnd() / (double) MSS;
    int rounds = 0;
    while (wEst < 100) {
      acks.round();
      wEst += alpha;
      rounds++;
      assertEquals(wEst, window.cwnd() / (double) MSS, 1, "round " + rounds);
    }
    assertTrue(rounds > 50);
    final int before = window.cwnd();
    for (int i = 0; i < 20; i++) {
      acks.round();
    }
    assertEquals(20, (window.cwnd() - before) / (double) MSS, 1, "alpha = 1 from cwnd_prior on");
  }

  @Test
  void growsByHalfARoundTripAtMost() {
    acks.avoidAt(10);
    acks.ack(1);
    // Nothing was limited in this time, so it does count.
    acks.nowNs += 1000 * SECOND;
    acks.round();
    assertTrue(window.cwnd() <= 17 * MSS, "target is 1.5 cwnd at most: " + window.cwnd());
    assertTrue(window.cwnd() >= 14 * MSS, "and that is used: " + window.cwnd());
  }

  @Test
  @Covers(
      rfc = "RFC 9438",
      clause = "4.8, 4.10",
      what = "after a timeout, after HyStart++",
      by = CubicCurve.class)
  void afterATimeoutTheStageIsConvexFromItsBeginning() {
    acks.avoidAt(1000);
    acks.ack(1);
    acks.timeOut();
    window.cwnd(window.ssthresh());
    acks.ack(1);
    final long epochNs = acks.nowNs;
    while (acks.nowNs - epochNs < 8 * SECOND) {
      acks.round();
    }
    // K = 0, W_max = 700: 700 + 0.4 * 8^3 = 904.8 (RFC 9438 4.8)
    assertEquals(904.8, window.cwnd() / (double) MSS, 12);
  }

  @Test
  @Covers(rfc = "RFC 9438", clause = "4.8, 4.10")
  void afterHyStartTheStageIsConvexFromItsBeginning() {
    acks.avoidAt(1000);
    acks.ack(1);
    final long epochNs = acks.nowNs;
    while (acks.nowNs - epochNs < 8 * SECOND) {
      acks.round();
    }
    assertEquals(1204.8, window.cwnd() / (double) MSS, 12, "RFC 9438 4.10");
  }

  @Test
  @Covers(
      rfc = "RFC 9438",
      clause = "4.2, 5.8",
      what = "time without use does not count",
      by = Cubic.class)
  void timeInWhichTheWindowIsNotUsedDoesNotCount() {
    loseAt(1000);
    for (int i = 0; i < 30; i++) {
      acks.round();
    }
    final int before = window.cwnd();
    acks.isCwndLimited = false;
    for (int i = 0; i < 100; i++) {
      acks.nowNs += 100 * MS;
      acks.ack(MSS);
    }
    assertEquals(before, window.cwnd());
    acks.isCwndLimited = true;
    acks.round();
    // Ten seconds later it would stand at 1020 and more; a round trip later it is 0.7 s on.
    assertEquals(cubic(1000, 700, 3.15), window.cwnd() / (double) MSS, 10, "RFC 9438 4.2, 5.8");
  }

  @Test
  @Covers(rfc = "RFC 9438", clause = "4.2, 5.8")
  void idleTimeDoesNotCount() {
    loseAt(1000);
    for (int i = 0; i < 30; i++) {
      acks.round();
    }
    acks.nowNs += 20 * SECOND;
    acks.control.onRestart(window, 20 * SECOND, 30 * SECOND, acks.nowNs);
    acks.round();
    assertEquals(cubic(1000, 700, 3.15), window.cwnd() / (double) MSS, 10);
  }

  @Test
  void windowThatStartsAgainBeginsAStage() {
    acks.rttNs = 5 * MS;
    loseAt(8);
    for (int i = 0; i < 200; i++) {
      acks.round();
    }
    assertTrue(window.cwnd() > 40 * MSS);
    acks.control.onRestart(window, 2 * SECOND, SECOND, acks.nowNs);
    assertEquals(10 * MSS, window.cwnd());
    acks.round();
    assertTrue(window.cwnd() < 16 * MSS, "not W_est from before: " + window.cwnd());
  }

  @Test
  @Covers(rfc = "RFC 9438", clause = "4.9", what = "spurious events", by = Cubic.class)
  void undoneEventNeverWas() {
    final Acks other = new Acks(new Cubic());
    for (final Acks each : new Acks[] {acks, other}) {
      each.avoidAt(1000);
      each.ack(1);
      each.lose();
      for (int i = 0; i < 40; i++) {
        each.round();
      }
    }
    assertEquals(other.window.cwnd(), window.cwnd());
    final int cwnd = window.cwnd();
    final int ssthresh = window.ssthresh();
    acks.control.onCongestion(window, CongestionControl.Event.LOSS, cwnd, acks.nowNs);
    assertTrue(window.ssthresh() < cwnd);
    window.cwnd(cwnd);
    window.ssthresh(ssthresh);
    acks.control.onUndo(window, acks.nowNs);
    for (int i = 0; i < 100; i++) {
      acks.round();
      other.round();
      assertEquals(other.window.cwnd(), window.cwnd(), "RFC 9438 4.9");
    }
  }

  @Test
  void undoOfTheFirstLossGoesOnWithSlowStart() {
    acks.round();
    final int cwnd = window.cwnd();
    acks.control.onCongestion(window, CongestionControl.Event.LOSS, cwnd, acks.nowNs);
    window.cwnd(cwnd);
    window.ssthresh(CongestionWindow.MAX_BYTES);
    acks.control.onUndo(window, acks.nowNs);
    acks.round();
    assertEquals(2 * cwnd, window.cwnd());
  }

  @Test
  void fractionsOfABytePerAckAddUp() {
    acks.rttNs = 2000 * MS;
    window.cwnd(CongestionWindow.MAX_BYTES / 4);
    window.ssthresh(CongestionWindow.MAX_BYTES / 4);
    acks.ack(1);
    final int before = window.cwnd();
    for (int i = 0; i < 100_000; i++) {
      acks.nowNs += 20_000;
      acks.ack(MSS);
    }
    // 100 MB of 268 acknowledged, W_est = +0.373 of a segment, target = 0.4 * 4^3 = 25 segments
    assertTrue(window.cwnd() - before > 2 * MSS, "grew by " + (window.cwnd() - before));
  }
}
