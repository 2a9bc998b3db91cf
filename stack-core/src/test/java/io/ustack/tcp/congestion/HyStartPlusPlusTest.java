package io.ustack.tcp.congestion;

import static io.ustack.tcp.congestion.Acks.MS;
import static io.ustack.tcp.congestion.Acks.MSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** RFC 9406, the phase alone and in an algorithm. */
class HyStartPlusPlusTest {
  private final HyStartPlusPlus phase = new HyStartPlusPlus();
  private final AckSample sample = new AckSample();

  /** A round of {@code count} ACKs, each of one segment, all with this round trip. */
  private int round(final int count, final long rttNs) {
    int growth = 0;
    for (int i = 0; i < count; i++) {
      growth += ack(count - 1, rttNs);
    }
    return growth;
  }

  private int ack(final int inFlight, final long rttNs) {
    sample.ackedBytes = MSS;
    sample.totalDeliveredBytes = (sample.totalDeliveredBytes + MSS) & 0xFFFF_FFFFL;
    sample.inFlightBytes = inFlight * MSS;
    sample.rttNs = rttNs;
    return phase.onAck(sample, MSS);
  }

  /** RttThresh is an eighth of the last round's, but 4 to 16 ms. */
  @ParameterizedTest(name = "{0} us, then {1} us")
  @CsvSource({
    "1000, 4999, false", "1000, 5000, true",
    "32000, 35999, false", "32000, 36000, true",
    "80000, 89999, false", "80000, 90000, true",
    "128000, 143999, false", "128000, 144000, true",
    "400000, 415999, false", "400000, 416000, true",
  })
  @Covers(
      rfc = "RFC 9406",
      clause = "4.2",
      what = "delay ends slow start",
      by = HyStartPlusPlus.class)
  void delayThatGrowsByAnEighthBeginsConservativeSlowStart(
      final long firstUs, final long secondUs, final boolean begins) {
    ack(10, firstUs * 1000);
    round(10, firstUs * 1000);
    round(10, secondUs * 1000);
    assertEquals(begins, phase.inCss(), "RFC 9406 4.2");
  }

  @Test
  void sevenSamplesDecideNothing() {
    ack(10, 50 * MS);
    round(10, 50 * MS);
    for (int i = 0; i < 7; i++) {
      ack(9, 80 * MS);
    }
    assertFalse(phase.inCss());
    ack(9, 80 * MS);
    assertTrue(phase.inCss(), "the eighth does");
  }

  /** A connection that never fills its window is in its first slow start for ever. */
  @ParameterizedTest
  @ValueSource(
      longs = {0x7FFF_FFFFL - 15 * MSS, 0x7FFF_FFFFL, 0x8000_0000L, 0xFFFF_FFFFL - 15 * MSS})
  void roundsAreToldModulo(final long delivered) {
    sample.totalDeliveredBytes = delivered;
    sevenSamplesDecideNothing();
    phase.restart();
    sevenSamplesDecideNothing();
  }

  @Test
  void acksWithoutASampleDecideNothing() {
    ack(10, 50 * MS);
    round(10, 50 * MS);
    for (int i = 0; i < 9; i++) {
      ack(9, AckSample.NONE);
    }
    assertFalse(phase.inCss());
  }

  @Test
  void theShortestOfARoundCounts() {
    ack(10, 50 * MS);
    round(10, 50 * MS);
    ack(9, 51 * MS);
    round(9, 90 * MS);
    assertFalse(phase.inCss());
  }

  @Test
  @Covers(
      rfc = "RFC 9406",
      clause = "4.2",
      what = "conservative slow start, five rounds, or back",
      by = HyStartPlusPlus.class)
  void conservativeSlowStartGrowsByAQuarterAndEndsAfterFiveRounds() {
    ack(10, 50 * MS);
    assertEquals(10 * MSS, round(10, 50 * MS));
    round(10, 80 * MS);
    for (int rounds = 2; rounds <= 5; rounds++) {
      assertFalse(phase.isOver(), "round " + rounds);
      assertEquals(10 * MSS / 4, round(10, 80 * MS), "CSS_GROWTH_DIVISOR");
    }
    assertTrue(phase.isOver(), "CSS_ROUNDS, the one in which it began included");
  }

  @Test
  @Covers(rfc = "RFC 9406", clause = "4.2", what = "conservative slow start, five rounds, or back")
  void delayThatFallsBackResumesSlowStart() {
    ack(10, 50 * MS);
    round(10, 50 * MS);
    round(10, 80 * MS);
    round(10, 80 * MS);
    assertTrue(phase.inCss());
    round(10, 79 * MS);
    assertFalse(phase.inCss(), "RFC 9406 4.2: below the baseline");
    round(10, 79 * MS);
    for (int rounds = 0; rounds < 5; rounds++) {
      assertFalse(phase.isOver());
      round(10, 99 * MS);
    }
    assertTrue(phase.isOver(), "and begins anew");
  }

  @Test
  void endSetsTheThresholdAndAvoidanceFollows() {
    final Acks acks = new Acks(new NewReno());
    acks.round();
    acks.round();
    acks.rttNs = 130 * MS;
    for (int rounds = 0; rounds < 6; rounds++) {
      acks.round();
    }
    final CongestionWindow window = acks.window;
    assertFalse(window.inSlowStart());
    assertTrue(window.ssthresh() <= window.cwnd());
    final int before = window.cwnd();
    acks.round();
    assertEquals(before + MSS, window.cwnd(), "one segment a round trip");
  }

  @Test
  @Covers(
      rfc = "RFC 9406",
      clause = "4.3",
      what = "only the first slow start",
      by = LossBased.class)
  void onlyTheFirstSlowStartHasIt() {
    final Acks acks = new Acks(new NewReno());
    acks.window.ssthresh(10_000 * MSS);
    acks.round();
    acks.round();
    acks.rttNs = 200 * MS;
    for (int rounds = 0; rounds < 4; rounds++) {
      acks.round();
    }
    assertEquals(640 * MSS, acks.window.cwnd(), "RFC 9406 4.3");
  }
}
