package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The congestion window alone: RFC 5681, RFC 3465, RFC 6582, RFC 6928. */
class NewRenoTest {
  private static final int MSS = 1000;

  private final NewReno reno = new NewReno(10);

  /** Puts the window into congestion avoidance at this size. */
  private void avoidAt(final int segments) {
    reno.start(MSS, false);
    reno.enterRecovery(2 * segments * MSS);
    reno.exitRecovery(segments * MSS);
    assertEquals(segments * MSS, reno.cwnd());
    assertEquals(segments * MSS, reno.ssthresh());
  }

  /** An ACK of {@code acked} bytes while the window was full. */
  private void ack(final int acked) {
    reno.onAck(acked, reno.cwnd());
  }

  @ParameterizedTest(name = "SMSS {0}")
  @CsvSource({"48, 480", "536, 5360", "1460, 14600", "8960, 89600"})
  void initialWindow(final int smss, final int cwnd) {
    reno.start(smss, false);
    assertEquals(cwnd, reno.cwnd(), "RFC 6928 2, ten segments as Linux counts");
  }

  @Test
  void lostSynMeansAnInitialWindowOfOne() {
    reno.start(MSS, true);
    assertEquals(MSS, reno.cwnd(), "RFC 5681 3.1");
    ack(MSS);
    assertEquals(2 * MSS, reno.cwnd());
  }

  @ParameterizedTest(name = "ACK of {0} bytes")
  @CsvSource({"1, 1", "500, 500", "1000, 1000", "2000, 2000", "2001, 2000", "64000, 2000"})
  void slowStartGrowsByWhatIsAcknowledged(final int acked, final int growth) {
    reno.start(MSS, false);
    ack(acked);
    assertEquals(10 * MSS + growth, reno.cwnd(), "RFC 3465 2.2, L = 2");
  }

  @Test
  void slowStartDoublesPerRoundTrip() {
    reno.start(MSS, false);
    for (int i = 0; i < 10; i++) {
      reno.onAck(MSS, 10 * MSS);
    }
    assertEquals(20 * MSS, reno.cwnd());
  }

  @Test
  void avoidanceGrowsByOneSegmentPerWindow() {
    avoidAt(8);
    for (int round = 8; round < 12; round++) {
      for (int i = 0; i < round; i++) {
        assertEquals(round * MSS, reno.cwnd());
        ack(MSS);
      }
      assertEquals((round + 1) * MSS, reno.cwnd(), "RFC 5681 3.1 (3)");
    }
  }

  @Test
  void avoidanceCountsBytesNotAcks() {
    avoidAt(8);
    for (int i = 0; i < 7; i++) {
      ack(1);
    }
    assertEquals(8 * MSS, reno.cwnd());
    ack(8 * MSS - 7);
    assertEquals(9 * MSS, reno.cwnd());
  }

  @Test
  void windowThatIsNotUsedDoesNotGrow() {
    reno.start(MSS, false);
    reno.onAck(MSS, 5 * MSS);
    assertEquals(10 * MSS, reno.cwnd(), "slow start");
    avoidAt(8);
    for (int i = 0; i < 100; i++) {
      reno.onAck(MSS, 6 * MSS);
    }
    assertEquals(8 * MSS, reno.cwnd(), "avoidance");
  }

  @Test
  void timeoutLeavesOneSegment() {
    reno.start(MSS, false);
    reno.onTimeout(10 * MSS, true);
    assertEquals(MSS, reno.cwnd());
    assertEquals(5 * MSS, reno.ssthresh(), "RFC 5681 3.1 (4)");
    reno.onTimeout(MSS, false);
    assertEquals(5 * MSS, reno.ssthresh(), "held for the same segment");
  }

  @ParameterizedTest(name = "flight {0}")
  @CsvSource({"1, 2000", "3999, 2000", "4000, 2000", "5001, 2500", "100000, 50000"})
  void thresholdIsHalfTheFlightButTwoSegments(final int flight, final int ssthresh) {
    reno.start(MSS, false);
    reno.onTimeout(flight, true);
    assertEquals(ssthresh, reno.ssthresh());
    reno.enterRecovery(flight);
    assertEquals(ssthresh, reno.ssthresh());
    assertEquals(ssthresh + 3 * MSS, reno.cwnd(), "RFC 5681 3.2 (3)");
  }

  @Test
  void partialAckDeflatesByWhatItAcknowledges() {
    reno.start(MSS, false);
    reno.enterRecovery(20 * MSS);
    reno.inflate();
    assertEquals(14 * MSS, reno.cwnd());
    reno.onPartialAck(3 * MSS);
    assertEquals(12 * MSS, reno.cwnd(), "and adds one segment back, RFC 6582 3.2 step 3");
    reno.onPartialAck(MSS - 1);
    assertEquals(11 * MSS + 1, reno.cwnd(), "less than a segment adds none");
    reno.onPartialAck(100 * MSS);
    assertEquals(2 * MSS, reno.cwnd(), "never below a segment, plus the one");
  }

  @ParameterizedTest(name = "flight {0}")
  @CsvSource({"0, 2000", "500, 2000", "4000, 5000", "9000, 10000", "9999, 10000", "50000, 10000"})
  void fullAckEndsWithoutABurst(final int flight, final int cwnd) {
    reno.start(MSS, false);
    reno.enterRecovery(20 * MSS);
    for (int i = 0; i < 50; i++) {
      reno.inflate();
    }
    reno.exitRecovery(flight);
    assertEquals(cwnd, reno.cwnd(), "RFC 6582 3.2 step 3 (1)");
  }

  @Test
  void idlenessStartsAgainWithTheInitialWindow() {
    reno.start(MSS, false);
    for (int i = 0; i < 20; i++) {
      ack(2 * MSS);
    }
    assertEquals(50 * MSS, reno.cwnd());
    reno.onIdle();
    assertEquals(10 * MSS, reno.cwnd(), "RFC 5681 4.1");
    reno.onTimeout(10 * MSS, true);
    reno.onIdle();
    assertEquals(MSS, reno.cwnd(), "a smaller window stays");
  }

  @Test
  void windowEndsAtItsCeiling() {
    reno.start(65_000, false);
    for (int i = 0; i < 20_000; i++) {
      ack(130_000);
      reno.inflate();
    }
    assertEquals(1 << 30, reno.cwnd());
  }
}
