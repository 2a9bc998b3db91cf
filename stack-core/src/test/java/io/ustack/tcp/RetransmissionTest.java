package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;

/** The retransmission timer on the wire: RFC 6298 5, RFC 5681 3.1, RFC 9293 3.8.3. */
class RetransmissionTest {
  private static final int MSS = 1460;

  private static String data(final int from, final int to, final String flags) {
    return "> %s %d:%d(%d) ack 1".formatted(flags, from, to, to - from);
  }

  private static String ack(final int ack) {
    return "< . 1:1(0) ack %d win 65535".formatted(ack);
  }

  private static void cwnd(final TestStack s, final int expected) {
    assertEquals(expected, s.connection.sender().window().cwnd(), "cwnd");
  }

  private static void ssthresh(final TestStack s, final int expected) {
    assertEquals(expected, s.connection.sender().window().ssthresh(), "ssthresh");
  }

  @Test
  @Covers(
      rfc = "RFC 6298",
      clause = "5.5",
      what = "back-off",
      by = {RttEstimator.class, Emission.class})
  @Rfc9293({"MUST-19", "MUST-20", "SHLD-11"})
  void dataIsRepeatedFifteenTimesAndThenGivenUp() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script(data(1, 101, "P."));
      double interval = 0.2;
      for (int i = 0; i < 15; i++) {
        s.script("+" + interval + " " + data(1, 101, "P."));
        interval = Math.min(2 * interval, 120);
      }
      s.silence(119.999);
      s.in(TcpState.ESTABLISHED);
      s.silence(0.001);
      s.in(TcpState.CLOSED);
      assertEquals(Failure.TIMED_OUT, s.connection.failure());
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
      assertEquals(15, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS));
      assertEquals(15, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
      assertEquals(1, s.net.count(Counter.TCP_CONNECTIONS_TIMED_OUT));
    }
  }

  @Test
  void synAckIsRepeatedFiveTimesAndThenForgotten() {
    try (TestStack s = TestStack.synReceived()) {
      s.script(
          """
          +1 > S. 0:0(0) ack 1 win 65535 <mss 1460>
          +2 > S. 0:0(0) ack 1 win 65535 <mss 1460>
          +4 > S. 0:0(0) ack 1 win 65535 <mss 1460>
          +8 > S. 0:0(0) ack 1 win 65535 <mss 1460>
          +16 > S. 0:0(0) ack 1 win 65535 <mss 1460>
          """);
      s.silence(31.999);
      assertEquals(1, s.net.stack.tcp().connections());
      s.silence(0.001);
      assertEquals(0, s.net.stack.tcp().connections());
      // The place in the SYN queue is free again.
      s.listener().backlog(1);
      s.script("< S 0:0(0) win 65535", "> S. 0:0(0) ack 1 win 65535 <mss 1460>");
    }
  }

  @Test
  void answerOfAnyKindStartsTheCountAgain() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script(data(1, 101, "P."));
      for (int round = 0; round < 3; round++) {
        final int at = 1 + 100 * round;
        // The back-off stays, so from the second round on each of the 14 takes two minutes.
        s.net.advance((round == 0 ? 690 : 1690) * 1_000_000_000L);
        assertEquals(14, s.takeSent());
        s.script(ack(at + 100));
        s.write(at + 100, 100);
        s.script(data(at + 100, at + 200, "P."));
      }
      s.in(TcpState.ESTABLISHED);
    }
  }

  @Test
  void everythingGoesAgainInOrderAsAcksComeBack() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 4 * MSS);
      s.script(
          data(1, 1461, "."), data(1461, 2921, "."), data(2921, 4381, "."), data(4381, 5841, "P."));
      s.script("+0.2 " + data(1, 1461, "."));
      s.script(ack(1461), data(1461, 2921, "."), data(2921, 4381, "."));
      s.script(ack(2921), data(4381, 5841, "P."));
      s.script(ack(5841));
      s.silence(10);
      assertEquals(4, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  @Test
  void ackThatJumpsSavesTheRest() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 3 * MSS);
      s.script(data(1, 1461, "."), data(1461, 2921, "."), data(2921, 4381, "P."));
      s.script("+0.2 " + data(1, 1461, "."), ack(4381));
      s.write(4381, 10);
      s.script(data(4381, 4391, "P."));
    }
  }

  @Test
  @Covers(rfc = "RFC 6298", clause = "3")
  @Rfc9293("MUST-18")
  void lateAckOfTheFirstTransmissionIsNoSample() {
    try (TestStack s = TestStack.established()) {
      final long srttNs = s.connection.sender().rtt().srttNs();
      s.write(1, 100);
      s.script(data(1, 101, "P."), "+0.2 " + data(1, 101, "P."), "+0.1 " + ack(101));
      assertEquals(srttNs, s.connection.sender().rtt().srttNs(), "Karn, RFC 6298 3");
      // The back-off stays until a segment that was sent once is acknowledged.
      s.write(101, 100);
      s.script(data(101, 201, "P."), "+0.4 " + data(101, 201, "P."), ack(201));
      s.write(201, 100);
      s.script(data(201, 301, "P."), ack(301));
      s.write(301, 100);
      s.script(data(301, 401, "P."), "+0.2 " + data(301, 401, "P."));
    }
  }

  /** RFC 6298 5.3: an ACK of new data starts the timer again; 5.2: the last one stops it. */
  @Test
  void ackOfNewDataRestartsTheTimer() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2 * MSS);
      s.script(data(1, 1461, "."), data(1461, 2921, "P."));
      // A sample of 150 ms makes the timeout 218.75 ms plus its variation's share.
      s.script("+0.15 " + ack(1461));
      final long rtoNs = s.connection.sender().rtt().rtoNs();
      s.script("+" + rtoNs / 1e9 + " " + data(1461, 2921, "P."));
      s.script(ack(2921));
      s.silence(300);
    }
  }

  @Test
  void oldAckDoesNotRestartTheTimer() {
    try (TestStack s = TestStack.established()) {
      s.write(1, MSS);
      s.script(data(1, 1461, "P."), "+0.15 " + ack(1), "+0.05 " + data(1, 1461, "P."));
    }
  }

  @Test
  void lostDataWithItsFinGoesAgainInOneSegment() {
    try (TestStack s = TestStack.established()) {
      s.connection.sendBuffer().write(ScriptedSegment.stream(1, 100), 0, 100);
      s.shutdownSend();
      s.script(
          "> FP. 1:101(100) ack 1",
          "+0.2 > FP. 1:101(100) ack 1",
          "< . 1:1(0) ack 101 win 65535",
          "+0.4 > F. 101:101(0) ack 1",
          "< . 1:1(0) ack 102 win 65535");
      s.in(TcpState.FIN_WAIT_2);
    }
  }

  @Test
  void segmentsBeforeTheFinGoAgainWithoutIt() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().cork(true);
      s.write(1, 2000);
      s.shutdownSend();
      s.script(
          data(1, 1461, "."),
          data(1461, 2001, "FP."),
          "+0.2 " + data(1, 1461, "."),
          ack(1461),
          data(1461, 2001, "FP."),
          "< . 1:1(0) ack 2002 win 65535");
      s.in(TcpState.FIN_WAIT_2);
    }
  }

  @Test
  void dataAddedAfterTheLossWaitsForTheAck() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script(data(1, 101, "P."));
      s.write(101, 100);
      s.script("+0.2 " + data(1, 101, "."), ack(101), data(101, 201, "P."), ack(201));
      s.silence(10);
    }
  }

  // ---- RFC 5681 3.1

  @Test
  void timeoutShrinksToOneSegmentAndHalvesTheThreshold() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 8 * MSS);
      s.takeSent();
      s.net.advance(200_000_000);
      cwnd(s, MSS);
      ssthresh(s, 4 * MSS);
      s.takeSent();
      s.net.advance(400_000_000);
      s.takeSent();
      s.net.advance(800_000_000);
      s.takeSent();
      cwnd(s, MSS);
      // RFC 5681 3.1 (4): the threshold is held while the same segment is repeated.
      ssthresh(s, 4 * MSS);
    }
  }

  /**
   * What went back is not in flight any more: the second timeout halves what was sent since the
   * first (RFC 5681 3.1 (4), FlightSize).
   */
  @Test
  void secondLossWhileGoingAgainHalvesWhatIsReallyInFlight() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10 * MSS);
      s.takeSent();
      s.script("+0.2 " + data(1, 1461, "."));
      ssthresh(s, 5 * MSS);
      s.script(ack(1461), data(1461, 2921, "."), data(2921, 4381, "."));
      s.script("+0.4 " + data(1461, 2921, "."));
      ssthresh(s, 2 * MSS);
      cwnd(s, MSS);
    }
  }

  @Test
  void thresholdIsTwoSegmentsAtLeast() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script(data(1, 101, "P."), "+0.2 " + data(1, 101, "P."));
      ssthresh(s, 2 * MSS);
    }
  }

  @Test
  void slowStartAfterATimeoutUpToTheThreshold() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10 * MSS);
      s.takeSent();
      s.script("+0.2 " + data(1, 1461, "."));
      s.script(ack(1461), data(1461, 2921, "."), data(2921, 4381, "."));
      cwnd(s, 2 * MSS);
      s.script(ack(2921), data(4381, 5841, "."), data(5841, 7301, "."));
      cwnd(s, 3 * MSS);
      s.script(ack(4381), data(7301, 8761, "."), data(8761, 10221, "."));
      cwnd(s, 4 * MSS);
      s.script(ack(14601));
    }
  }

  @Test
  void timersOfManyConnectionsDoNotDisturbEachOther() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script(data(1, 101, "P."));
      s.net.advance(100_000_000);
      s.nextPeer().establish();
      s.write(1, 50);
      s.script(data(1, 51, "P."));
      s.firstPeer();
      s.script("+0.1 " + data(1, 101, "P."), ack(101));
      s.nextPeer();
      s.script("+0.1 " + data(1, 51, "P."), ack(51));
    }
  }
}
