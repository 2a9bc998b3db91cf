package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 6298, number by number, with Linux's bounds. */
class RttEstimatorTest {
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;

  private final RttEstimator rtt = new RttEstimator(TcpConfig.DEFAULT);
  private int seq = -1;

  /** A fresh segment leaves and is acknowledged {@code rttNs} later. */
  private void measure(final long rttNs) {
    rtt.onAck(rttNs, ++seq, seq);
  }

  @Test
  void beginsWithOneSecond() {
    assertEquals(SECOND, rtt.rtoNs(), "RFC 6298 2.1");
    assertEquals(0, rtt.srttNs());
  }

  @ParameterizedTest(name = "R = {0} ms")
  @CsvSource({"0, 200", "1, 201", "50, 250", "100, 300", "500, 1500", "40000, 120000"})
  @Covers(rfc = "RFC 6298", clause = "2", what = "SRTT, RTTVAR, RTO", by = RttEstimator.class)
  void firstSample(final long rttMs, final long rtoMs) {
    measure(rttMs * MS);
    assertEquals(rttMs * MS, rtt.srttNs(), "RFC 6298 2.2");
    assertEquals(rttMs * MS / 2, rtt.rttvarNs(), "RFC 6298 2.2");
    assertEquals(rtoMs * MS, rtt.rtoNs(), "RFC 6298 2.2, Linux tcp_set_rto");
  }

  @Test
  @Covers(rfc = "RFC 6298", clause = "2")
  void secondSampleMovesVariationBeforeMean() {
    measure(800 * MS);
    measure(1600 * MS);
    assertEquals((3 * 400 + 800) / 4 * MS, rtt.rttvarNs(), "RFC 6298 2.3, beta 1/4");
    assertEquals((7 * 800 + 1600) / 8 * MS, rtt.srttNs(), "RFC 6298 2.3, alpha 1/8");
    assertEquals(900 * MS + 4 * 500 * MS, rtt.rtoNs(), "RFC 6298 2.3, K = 4");
  }

  @Test
  void shorterSampleRaisesTheVariationToo() {
    measure(800 * MS);
    measure(400 * MS);
    assertEquals((3 * 400 + 400) / 4 * MS, rtt.rttvarNs());
    assertEquals((7 * 800 + 400) / 8 * MS, rtt.srttNs());
  }

  /**
   * Linux's TCP_RTO_MIN is a floor of the variation's share, not of the sum: a steady path of 300
   * ms must leave room for the peer's delayed ACK.
   */
  @ParameterizedTest(name = "RTT {0} ms")
  @ValueSource(longs = {1, 30, 300, 2000})
  void steadyPathKeepsRoomForDelayedAcks(final long rttMs) {
    for (int i = 0; i < 200; i++) {
      measure(rttMs * MS);
    }
    assertEquals((rttMs + 200) * MS, rtt.rtoNs());
  }

  @Test
  void ceilingIsTwoMinutes() {
    measure(100 * SECOND);
    assertEquals(120 * SECOND, rtt.rtoNs(), "RFC 6298 2.5");
  }

  @Test
  void backOffDoublesUpToTheCeiling() {
    measure(100 * MS);
    long expectedNs = 300 * MS;
    for (int i = 0; i < 80; i++) {
      assertEquals(Math.min(expectedNs, 120 * SECOND), rtt.rtoNs(), "RFC 6298 5.5");
      rtt.onTimeout();
      expectedNs = Math.min(2 * expectedNs, 240 * SECOND);
    }
    assertEquals(80, rtt.timeouts());
  }

  @Test
  void oneMeasurementEachRoundTrip() {
    rtt.onAck(100 * MS, 10, 50);
    rtt.onAck(900 * MS, 20, 60);
    rtt.onAck(900 * MS, 50, 70);
    assertEquals(100 * MS, rtt.srttNs(), "what had left before the last measurement");
    rtt.onAck(180 * MS, 51, 80);
    assertEquals(110 * MS, rtt.srttNs());
  }

  @Test
  @Covers(
      rfc = "RFC 6298",
      clause = "3",
      what = "Karn",
      by = {Delivery.class, RttEstimator.class})
  @Rfc9293("MUST-18")
  void ackWithoutAMeasurementIsNone() {
    rtt.onAck(TcpSegment.NO_ECHO, 10, 20);
    assertEquals(0, rtt.srttNs(), "Karn, RFC 6298 3");
    assertEquals(SECOND, rtt.rtoNs());
    rtt.onAck(50 * MS, 11, 20);
    assertEquals(50 * MS, rtt.srttNs());
  }

  @Test
  void afterATimeoutTheFirstValidMeasurementCounts() {
    rtt.onAck(100 * MS, 10, 50);
    rtt.onTimeout();
    rtt.onAck(180 * MS, 20, 50);
    assertEquals(110 * MS, rtt.srttNs());
    assertEquals(0, rtt.backoffs());
  }

  @Test
  void shortestRoundTripOfTheLastFiveMinutes() {
    assertEquals(0, rtt.minRttNs());
    rtt.onShortest(50 * MS, 0);
    rtt.onShortest(80 * MS, 299 * SECOND);
    assertEquals(50 * MS, rtt.minRttNs());
    rtt.onShortest(80 * MS, 301 * SECOND);
    assertEquals(80 * MS, rtt.minRttNs());
    rtt.onShortest(30 * MS, 302 * SECOND);
    assertEquals(30 * MS, rtt.minRttNs());
  }

  /** Else an ACK that comes exactly as fast would seem to come too fast for any (RFC 8985 6.2). */
  @ParameterizedTest
  @ValueSource(longs = {1, 16_777_217, 33_554_431, 123_456_789, 987_654_321, 9_999_999_999L})
  void noRoundTripIsShorterThanTheShortest(final long rttNs) {
    rtt.onShortest(rttNs, 0);
    assertTrue(rtt.minRttNs() <= rttNs, () -> rtt.minRttNs() + "");
    assertTrue(rtt.minRttNs() >= rttNs - rttNs / 8_000_000, () -> rtt.minRttNs() + "");
  }

  @Test
  void countsEndAt255() {
    measure(100 * MS);
    for (int i = 0; i < 1000; i++) {
      rtt.onTimeout();
    }
    assertEquals(255, rtt.timeouts());
    assertEquals(255, rtt.backoffs());
    assertEquals(120 * SECOND, rtt.rtoNs());
  }

  @Test
  void backOffStaysUntilAValidSample() {
    measure(100 * MS);
    rtt.onTimeout();
    rtt.onTimeout();
    assertEquals(1200 * MS, rtt.rtoNs());
    rtt.onAck(TcpSegment.NO_ECHO, ++seq, seq);
    assertEquals(1200 * MS, rtt.rtoNs(), "an ACK of repeated data proves nothing");
    assertEquals(0, rtt.timeouts(), "but it ends the count towards giving up");
    measure(100 * MS);
    assertTrue(rtt.rtoNs() <= 300 * MS);
  }

  @Test
  @Covers(
      rfc = "RFC 6298",
      clause = "5.7",
      what = "3 s after a repeated SYN",
      by = RttEstimator.class)
  void repeatedSynStartsDataWithThreeSeconds() {
    rtt.onTimeout();
    rtt.onStartAfterRepeatedSyn();
    assertEquals(3 * SECOND, rtt.rtoNs(), "RFC 6298 5.7");
    measure(100 * MS);
    assertEquals(300 * MS, rtt.rtoNs());
  }

  @Test
  void answeredProbesKeepTheBackOffButNotTheCount() {
    measure(100 * MS);
    rtt.onTimeout();
    rtt.onTimeout();
    rtt.onProbeAnswered();
    assertEquals(0, rtt.timeouts());
    assertEquals(1200 * MS, rtt.rtoNs());
    rtt.onProbingEnded();
    assertEquals(300 * MS, rtt.rtoNs());
  }

  /** What is echoed is the peer's to say, up to 24 days. */
  @Test
  void noEchoMakesTheTimeoutOverflow() {
    final RttEstimator rtt = new RttEstimator(TcpConfig.DEFAULT);
    rtt.onAck(Integer.MAX_VALUE * 1_000_000L, 0, 0);
    for (int i = 0; i < 24; i++) {
      assertEquals(TcpConfig.DEFAULT.maxRtoNs(), rtt.rtoNs());
      rtt.onTimeout();
    }
  }

  @Test
  void retriesAreCountedTo255() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.with().dataRetries(255).build())) {
      s.write(1, 10);
      for (int i = 0; i < 35 && s.connection.state() != TcpState.CLOSED; i++) {
        s.takeSent();
        s.net.advance(1000 * io.ustack.testing.TestNet.SECOND);
      }
      s.takeSent();
      s.in(TcpState.CLOSED);
    }
  }
}
