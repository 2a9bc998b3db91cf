package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;

/** Fast retransmit and NewReno: RFC 5681 3.2, RFC 6582 3.2. */
class FastRetransmitTest {
  private static final int MSS = 1460;

  /** ESTABLISHED with ten full segments in flight, all of them seen to leave, nothing behind. */
  private static TestStack tenInFlight() {
    final TestStack s = TestStack.established();
    s.write(1, 10 * MSS);
    final String[] sent = new String[10];
    for (int i = 0; i < 10; i++) {
      sent[i] = full(i, i == 9);
    }
    return s.script(sent);
  }

  /** Segment number {@code i} as we send it. */
  private static String full(final int i, final boolean last) {
    return data(1 + i * MSS, MSS, last);
  }

  private static String data(final int seq, final int length, final boolean push) {
    return "> %s %d:%d(%d) ack 1".formatted(push ? "P." : ".", seq, seq + length, length);
  }

  /** The peer acknowledges everything before segment number {@code i}. */
  private static String ack(final int i) {
    return "< . 1:1(0) ack %d win 65535".formatted(1 + i * MSS);
  }

  private static void cwnd(final TestStack s, final int expected) {
    assertEquals(expected, s.connection.sender().window().cwnd(), "cwnd");
  }

  private static void ssthresh(final TestStack s, final int expected) {
    assertEquals(expected, s.connection.sender().window().ssthresh(), "ssthresh");
  }

  private static boolean recovering(final TestStack s) {
    return s.connection.sender().congestionState() == CongestionState.RECOVERY;
  }

  @Test
  void twoDuplicatesSendNothing() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0));
      cwnd(s, 10 * MSS);
      s.script(ack(10));
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  /** RFC 3042: each of the first two lets one new segment out, beyond the congestion window. */
  @Test
  @Covers(rfc = "RFC 3042", what = "limited transmit", by = Sender.class)
  void twoDuplicatesLetTwoNewSegmentsOut() {
    try (TestStack s = tenInFlight()) {
      s.write(1 + 10 * MSS, 5 * MSS);
      s.script(ack(0), full(10, false), ack(0), full(11, false));
      cwnd(s, 10 * MSS);
      s.script(ack(0), full(0, false));
      // RFC 5681 3.2 (2): the two do not count.
      ssthresh(s, 5 * MSS);
      s.script(ack(12), full(12, false), full(13, false), full(14, true));
    }
  }

  /** With three segments in all, only what limited transmit sends brings the third duplicate. */
  @Test
  @Covers(rfc = "RFC 3042")
  void limitedTransmitSavesASmallWindowFromTheTimeout() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(10));
      s.connection.sender().window().cwnd(MSS);
      s.write(1 + 10 * MSS, 3 * MSS);
      s.script(full(10, false), ack(10), full(11, false), ack(10), full(12, true));
      s.script(ack(10), full(10, false));
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS));
    }
  }

  @Test
  void limitedTransmitKeepsToTheWindowOfThePeer() {
    try (TestStack s = tenInFlight()) {
      s.write(1 + 10 * MSS, 5 * MSS);
      s.script("< . 1:1(0) ack 1 win %d".formatted(10 * MSS), "< . 1:1(0) ack 1 win 14600");
      assertEquals(10 * MSS, s.connection.sender().sndNxt() - s.connection.sender().sndUna());
    }
  }

  @Test
  @Covers(
      rfc = "RFC 5681",
      clause = "3.2",
      what = "fast retransmit and recovery",
      by = LossRecovery.class)
  void thirdDuplicateSendsTheSegmentAgain() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false));
      ssthresh(s, 5 * MSS);
      // RFC 9937 6: six are in flight and the first retransmission.
      cwnd(s, 7 * MSS);
      assertTrue(recovering(s));
      assertEquals(1, s.net.count(Counter.TCP_FAST_RETRANSMITS));
      assertEquals(1, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
      s.script(ack(10));
      cwnd(s, 5 * MSS);
      assertFalse(recovering(s));
    }
  }

  @Test
  void duplicatesInRecoveryShrinkTheFlightAndThenLetNewDataOut() {
    try (TestStack s = tenInFlight()) {
      s.write(1 + 10 * MSS, 5 * MSS);
      s.script(ack(0), full(10, false), ack(0), full(11, false));
      s.script(ack(0), full(0, false));
      // RFC 9937 6: of twelve in flight five are to be left, so not each duplicate lets one out.
      s.script(ack(0), ack(0), ack(0), ack(0));
      cwnd(s, 5 * MSS);
      s.script(ack(0), full(12, false));
      cwnd(s, 5 * MSS);
      s.script(ack(0), full(13, false));
      cwnd(s, 5 * MSS);
      s.script(ack(12), full(14, true));
      cwnd(s, 5 * MSS);
      s.script(ack(15));
    }
  }

  /** A peer that repeats its ACK for ever: no more can have arrived than was sent. */
  @Test
  void duplicatesCountNoMoreThanWhatIsOutstanding() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false));
      for (int i = 0; i < 100; i++) {
        s.script(ack(0));
      }
      assertEquals(9, s.connection.sender().makeRecoveryState().duplicateAcks);
      s.script(ack(10));
    }
  }

  @Test
  @Covers(
      rfc = "RFC 6582",
      clause = "3.2",
      what = "recovery without SACK",
      by = {LossRecovery.class, RetransmissionTimer.class})
  void partialAckSendsTheNextHole() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false));
      for (int i = 0; i < 4; i++) {
        s.script(ack(0));
      }
      s.script(ack(3), full(3, false));
      assertTrue(recovering(s));
      s.script(ack(7), full(7, false));
      s.script(ack(10));
      assertFalse(recovering(s));
      assertEquals(3, s.net.count(Counter.TCP_FAST_RETRANSMITS));
      ssthresh(s, 5 * MSS);
    }
  }

  @Test
  void partialAckOfLessThanASegmentSendsTheRestAgain() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false));
      s.script("< . 1:1(0) ack 101 win 65535", data(101, MSS - 100, false));
    }
  }

  /** RFC 6582 3.2 step 3: the timer starts again at the first partial ACK, not at later ones. */
  @Test
  @Covers(rfc = "RFC 6582", clause = "3.2")
  void onlyTheFirstPartialAckRestartsTheTimer() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false));
      s.silence(0.1);
      s.script(ack(2), full(2, false));
      s.silence(0.1);
      s.script(ack(4), full(4, false));
      // 100 ms after the sample of 0, the path's RTO still is 200 ms.
      s.script("+0.1", full(4, false));
      assertEquals(1, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS));
    }
  }

  @Test
  void duplicatesOfWhatAnEarlierRecoverySentStartNoSecondOne() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false), ack(10));
      s.write(1 + 10 * MSS, 2 * MSS);
      s.script(full(10, false), full(11, true));
      // They cover nothing beyond "recover": RFC 6582 3.2 step 2.
      s.script(ack(10), ack(10), ack(10), ack(10));
      assertFalse(recovering(s));
      assertEquals(1, s.net.count(Counter.TCP_FAST_RETRANSMITS));
      s.script(ack(12));
    }
  }

  @Test
  void laterLossStartsAnotherRecovery() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false), ack(10));
      s.connection.options().noDelay(true);
      s.write(1 + 10 * MSS, 2 * MSS);
      s.script(full(10, false), full(11, true), ack(11));
      s.script(ack(11), ack(11), ack(11), full(11, true));
      ssthresh(s, 2 * MSS);
      assertEquals(2, s.net.count(Counter.TCP_FAST_RETRANSMITS));
      s.script(ack(12));
    }
  }

  @Test
  void timeoutEndsRecovery() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false));
      s.script("+0.2", full(0, false));
      assertFalse(recovering(s));
      cwnd(s, MSS);
      ssthresh(s, 5 * MSS);
      // Duplicates of what was sent before the timeout: RFC 6582 3.2 step 4.
      s.script(ack(0), ack(0), ack(0), ack(0));
      assertFalse(recovering(s));
      s.script(ack(1), full(1, false), full(2, false));
      s.script(ack(10));
    }
  }

  @Test
  void oldAcksAreNoDuplicates() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(5));
      for (int i = 0; i < 4; i++) {
        s.script(ack(4));
      }
      assertFalse(recovering(s));
    }
  }

  @Test
  void windowUpdatesAreNoDuplicates() {
    try (TestStack s = tenInFlight()) {
      for (int i = 0; i < 4; i++) {
        s.script("< . 1:1(0) ack 1 win %d".formatted(65000 - i));
      }
      assertFalse(recovering(s));
    }
  }

  @Test
  void segmentsWithDataAreNoDuplicates() {
    try (TestStack s = tenInFlight()) {
      s.script(
          """
          < . 1:11(10) ack 1 win 65535
          < . 11:21(10) ack 1 win 65535
          > . 14601:14601(0) ack 21
          < . 21:31(10) ack 1 win 65535
          < . 31:41(10) ack 1 win 65535
          > . 14601:14601(0) ack 41
          """);
      assertFalse(recovering(s));
    }
  }

  @Test
  void acksWithNothingOutstandingAreNoDuplicates() {
    try (TestStack s = TestStack.established()) {
      s.script(ack(0), ack(0), ack(0), ack(0));
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
      assertFalse(recovering(s));
      s.silence(0.1);
    }
  }

  /** What the third duplicate asked for is not sent once a full ACK made it needless. */
  @Test
  void fullAckInTheSameBurstCallsTheRetransmissionOff() {
    try (TestStack s = tenInFlight()) {
      final String duplicate = ". 1:1(0) ack 1 win 65535";
      s.burst(duplicate, duplicate, duplicate, ". 1:1(0) ack 14601 win 65535");
      s.script("");
      s.write(1 + 10 * MSS, MSS);
      s.script(full(10, true));
      s.silence(0.1);
      assertEquals(0, s.net.count(Counter.TCP_FAST_RETRANSMITS));
    }
  }

  @Test
  void finIsRetransmittedFast() {
    try (TestStack s = tenInFlight()) {
      s.shutdownSend();
      s.script("> F. 14601:14601(0) ack 1");
      s.script(ack(10), ack(10), ack(10), ack(10), "> F. 14601:14601(0) ack 1");
      s.script("< . 1:1(0) ack 14602 win 65535").in(TcpState.FIN_WAIT_2);
    }
  }

  @Test
  void lastSegmentAndItsFinAreRetransmittedTogether() {
    try (TestStack s = TestStack.established()) {
      s.connection.sendBuffer().write(ScriptedSegment.stream(1, 100), 0, 100);
      s.shutdownSend();
      s.script("> FP. 1:101(100) ack 1", ack(0), ack(0), ack(0), "> FP. 1:101(100) ack 1");
      s.script("< . 1:1(0) ack 102 win 65535").in(TcpState.FIN_WAIT_2);
    }
  }

  @Test
  void recoveryOfEveryOtherSegmentTakesOnePartialAckEach() {
    try (TestStack s = tenInFlight()) {
      s.script(ack(0), ack(0), ack(0), full(0, false));
      for (int hole = 2; hole < 10; hole += 2) {
        s.script(ack(hole), full(hole, false));
      }
      s.script(ack(10));
      assertFalse(recovering(s));
      assertEquals(5, s.net.count(Counter.TCP_FAST_RETRANSMITS));
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS));
    }
  }
}
