package io.ustack.tcp.congestion;

import static io.ustack.tcp.congestion.Acks.MS;
import static io.ustack.tcp.congestion.Acks.MSS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 5681, RFC 3465. */
class RenoTest {
  private final Acks acks = new Acks(new NewReno());
  private final CongestionWindow window = acks.window;

  @ParameterizedTest(name = "ACK of {0} bytes")
  @CsvSource({"1, 1", "500, 500", "1000, 1000", "8000, 8000", "8001, 8000", "64000, 8000"})
  void firstSlowStartGrowsByEightSegmentsAnAckAtMost(final int acked, final int growth) {
    acks.ack(acked);
    assertEquals(10 * MSS + growth, window.cwnd(), "RFC 9406 4.3, L = 8");
  }

  @ParameterizedTest(name = "ACK of {0} bytes")
  @CsvSource({"1, 1", "1000, 1000", "2000, 2000", "2001, 2000", "64000, 2000"})
  @Covers(
      rfc = "RFC 3465",
      clause = "2.2, 2.3",
      what = "L, after a timeout 1",
      by = LossBased.class)
  void laterSlowStartGrowsByTwoSegmentsAnAckAtMost(final int acked, final int growth) {
    window.ssthresh(50 * MSS);
    acks.ack(acked);
    assertEquals(10 * MSS + growth, window.cwnd(), "RFC 3465 2.2, L = 2");
  }

  @Test
  @Covers(rfc = "RFC 3465", clause = "2.2, 2.3")
  void afterATimeoutAnAckAddsOneSegment() {
    window.cwnd(40 * MSS);
    acks.timeOut();
    assertEquals(20 * MSS, window.ssthresh());
    acks.ack(5 * MSS);
    assertEquals(2 * MSS, window.cwnd(), "RFC 3465 2.3, L = 1");
    acks.lose();
    window.ssthresh(50 * MSS);
    final int before = window.cwnd();
    acks.ack(5 * MSS);
    assertEquals(before + 2 * MSS, window.cwnd(), "that timeout is over");
  }

  @Test
  void slowStartDoublesPerRoundTrip() {
    acks.round();
    assertEquals(20 * MSS, window.cwnd());
    acks.round();
    assertEquals(40 * MSS, window.cwnd());
  }

  @Test
  void slowStartEndsAtTheThresholdAndTheRestCountsForAvoidance() {
    window.ssthresh(11 * MSS);
    acks.ack(2 * MSS);
    assertEquals(11 * MSS, window.cwnd());
    acks.ack(10 * MSS - 1);
    assertEquals(11 * MSS, window.cwnd());
    acks.ack(1);
    assertEquals(12 * MSS, window.cwnd());
  }

  @Test
  void avoidanceGrowsByOneSegmentPerWindow() {
    acks.avoidAt(8);
    for (int round = 8; round < 12; round++) {
      for (int i = 0; i < round; i++) {
        assertEquals(round * MSS, window.cwnd());
        acks.ack(MSS);
      }
      assertEquals((round + 1) * MSS, window.cwnd(), "RFC 5681 3.1 (3)");
    }
  }

  @Test
  @Covers(
      rfc = "RFC 3465",
      clause = "2.1",
      what = "congestion avoidance counts bytes",
      by = NewReno.class)
  void avoidanceCountsBytesNotAcks() {
    acks.avoidAt(8);
    for (int i = 0; i < 7; i++) {
      acks.ack(1);
    }
    assertEquals(8 * MSS, window.cwnd());
    acks.ack(8 * MSS - 7);
    assertEquals(9 * MSS, window.cwnd());
  }

  @Test
  void oneAckOfManyWindowsAddsOneSegment() {
    acks.avoidAt(8);
    acks.ack(80 * MSS);
    assertEquals(9 * MSS, window.cwnd());
    acks.ack(1);
    assertEquals(9 * MSS, window.cwnd(), "no more than one segment a window");
  }

  @Test
  @Covers(rfc = "RFC 7661", what = "a window that is not used does not grow", by = LossBased.class)
  void aWindowThatIsNotUsedStays() {
    acks.isCwndLimited = false;
    acks.ack(MSS);
    assertEquals(10 * MSS, window.cwnd(), "slow start");
    acks.avoidAt(4);
    for (int i = 0; i < 10; i++) {
      acks.ack(MSS);
    }
    assertEquals(4 * MSS, window.cwnd(), "avoidance");
  }

  @ParameterizedTest(name = "{0} in flight of {1}")
  @CsvSource({"20, 20, 10", "10, 20, 5", "22, 20, 10", "3, 20, 2", "0, 20, 2"})
  void lossHalvesWhatIsInFlight(final int flight, final int cwnd, final int ssthresh) {
    window.cwnd((long) cwnd * MSS);
    acks.control.onCongestion(window, CongestionControl.Event.LOSS, flight * MSS, acks.nowNs);
    assertEquals(ssthresh * MSS, window.ssthresh(), "RFC 5681 3.1 (4)");
    assertEquals(cwnd * MSS, window.cwnd(), "recovery's business");
  }

  @Test
  void congestionMarkHalvesToo() {
    window.cwnd(20 * MSS);
    acks.control.onCongestion(window, CongestionControl.Event.ECN, 20 * MSS, acks.nowNs);
    assertEquals(10 * MSS, window.ssthresh(), "RFC 3168 6.1.2");
  }

  @Test
  @Covers(rfc = "RFC 5681", clause = "4.1", what = "restart after idle", by = LossBased.class)
  void idleForLongerThanTheTimeoutStartsAgain() {
    window.cwnd(50 * MSS);
    acks.control.onRestart(window, 200 * MS, 200 * MS, acks.nowNs);
    assertEquals(50 * MSS, window.cwnd());
    acks.control.onRestart(window, 200 * MS + 1, 200 * MS, acks.nowNs);
    assertEquals(10 * MSS, window.cwnd(), "RFC 5681 4.1");
    window.cwnd(4 * MSS);
    acks.control.onRestart(window, 300 * MS, 200 * MS, acks.nowNs);
    assertEquals(4 * MSS, window.cwnd(), "a restart is no gift");
  }
}
