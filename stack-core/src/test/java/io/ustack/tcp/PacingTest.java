package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PacingTest {
  private static final int MSS = 1000;
  private static final long MS = 1_000_000;
  private static final long SECOND = 1000 * MS;

  private long nowNs = Long.MAX_VALUE - SECOND / 2;
  private final Pacing pacing = new Pacing(nowNs);

  private int burst(final long rate) {
    int segments = 0;
    while (pacing.mayLeave(rate, nowNs)) {
      pacing.onSent(MSS, rate, MSS, nowNs);
      segments++;
      assertTrue(segments <= 1000, "no end");
    }
    return segments;
  }

  /** A millisecond's worth, 2 to 64 segments. */
  @ParameterizedTest(name = "{0} B/s")
  @CsvSource({
    "1, 2000",
    "1000000, 2000",
    "3000000, 3000",
    "10000000, 10000",
    "64000000, 64000",
    "12500000000, 64000"
  })
  void quantum(final long rate, final int bytes) {
    assertEquals(bytes, Pacing.quantumBytes(rate, MSS));
  }

  @Test
  void burstIsAQuantumAndThePauseIsAsLongAsItTakes() {
    assertEquals(10, burst(10_000_000));
    assertEquals(nowNs + MS, pacing.departureNs());
    nowNs += MS - 1;
    assertFalse(pacing.mayLeave(10_000_000, nowNs));
    nowNs += 1;
    assertEquals(10, burst(10_000_000));
  }

  @Test
  void keepsTheRate() {
    final long startNs = nowNs;
    long sent = 0;
    while (nowNs - startNs < 2 * SECOND) {
      sent += (long) burst(5_000_000) * MSS;
      nowNs = pacing.departureNs();
    }
    assertTrue(Math.abs(10_000_000 - sent) <= 10_000, "sent " + sent);
  }

  @Test
  @Covers(
      rfc = "Linux",
      clause = "tcp_tso_autosize",
      what = "pacing in quanta of a millisecond",
      by = Pacing.class)
  void keepsTheRateWhenAskedLate() {
    final long startNs = nowNs;
    long sent = 0;
    while (nowNs - startNs < 2 * SECOND) {
      sent += (long) burst(5_000_000) * MSS;
      // As a timer on a wheel with ticks of 65 µs, and a link that was busy.
      nowNs = pacing.departureNs() + 500_000;
    }
    assertTrue(Math.abs(10_000_000 - sent) <= 20_000, "sent " + sent);
  }

  @Test
  @Covers(rfc = "Linux", clause = "tcp_tso_autosize")
  void idlenessSavesUpOneQuantum() {
    burst(10_000_000);
    nowNs += 3600 * SECOND;
    assertEquals(20, burst(10_000_000));
  }

  @Test
  void segmentsAFewAtATimeLeaveWithoutAPause() {
    for (int i = 0; i < 100; i++) {
      assertTrue(pacing.mayLeave(10_000_000, nowNs));
      pacing.onSent(MSS, 10_000_000, MSS, nowNs);
      nowNs += MS / 10;
    }
  }

  @Test
  void withoutARateThereIsNoPause() {
    for (int i = 0; i < 1000; i++) {
      assertTrue(pacing.mayLeave(0, nowNs));
      pacing.onSent(MSS, 0, MSS, nowNs);
    }
    assertEquals(10, burst(10_000_000), "and nothing is owed");
    assertTrue(pacing.mayLeave(0, nowNs), "a rate that ends ends its pause");
  }

  @Test
  void slowestRateStillHasAnEnd() {
    assertEquals(2, burst(1));
    assertEquals(2000 * SECOND, pacing.departureNs() - nowNs);
  }
}
