package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import org.junit.jupiter.api.Test;

/** The congestion window on the wire: RFC 5681 3.1 and 4.1, RFC 6928. */
class CongestionTest {
  private static final int MSS = 1460;

  private static TestStack established() {
    // The peer's window (65536 << 7) is out of the way.
    final TcpConfig config = TestStack.PLAIN.withBuffers(1 << 17, 1 << 20);
    return TestStack.scaled(config).script("< . 1:1(0) ack 1 win 65535");
  }

  private static void ack(final TestStack s, final int segments) {
    s.burst(". 1:1(0) ack %d win 65535".formatted(1 + segments * MSS));
  }

  private static int cwnd(final TestStack s) {
    return s.connection.sender().window().cwnd();
  }

  @Test
  @Covers(rfc = "RFC 6928", what = "initial window of ten segments", byName = "NewReno")
  void tenSegmentsAtFirst() {
    try (TestStack s = established()) {
      s.write(1, 100 * MSS);
      assertEquals(10, s.takeSent());
    }
  }

  @Test
  void oneSegmentAtFirstAfterARepeatedSyn() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          "+1 > S 0:0(0) win 65535 " + s.synOptions(1),
          "< S. 0:0(0) ack 1 win 65535 <mss 1460>",
          "> . 1:1(0) ack 1");
      s.write(1, 10 * MSS);
      s.script("> . 1:1461(1460) ack 1", "+3 > . 1:1461(1460) ack 1");
    }
  }

  @Test
  void oneSegmentAtFirstAfterARepeatedSynAck() {
    try (TestStack s = TestStack.synReceived()) {
      s.script("+1 > S. 0:0(0) ack 1 win 65535 <mss 1460>", "< . 1:1(0) ack 1 win 65535");
      s.accept();
      s.write(1, 10 * MSS);
      s.script("> . 1:1461(1460) ack 1");
    }
  }

  @Test
  @Covers(
      rfc = "RFC 5681",
      clause = "3.1",
      what = "slow start, congestion avoidance",
      byName = "NewReno")
  @Rfc9293("MUST-19")
  void slowStartDoublesEachRoundTrip() {
    try (TestStack s = established()) {
      s.write(1, 400 * MSS);
      int acked = 0;
      int inFlight = s.takeSent();
      for (int round = 0; round < 4; round++) {
        int sent = 0;
        for (int i = 0; i < inFlight; i++) {
          ack(s, ++acked);
          sent += s.takeSent();
        }
        assertEquals(2 * inFlight, sent);
        inFlight = sent;
        assertEquals(inFlight * MSS, cwnd(s));
      }
    }
  }

  @Test
  void acksOfTwoSegmentsDoubleAsWell() {
    try (TestStack s = established()) {
      s.write(1, 400 * MSS);
      s.takeSent();
      for (int acked = 2; acked <= 10; acked += 2) {
        ack(s, acked);
        assertEquals(4, s.takeSent());
      }
      assertEquals(20 * MSS, cwnd(s));
    }
  }

  @Test
  @Covers(rfc = "RFC 5681", clause = "3.1")
  @Rfc9293("MUST-19")
  void avoidanceAddsOneSegmentEachRoundTrip() {
    try (TestStack s = established()) {
      s.write(1, 400 * MSS);
      s.takeSent();
      final String duplicate = ". 1:1(0) ack 1 win 65535";
      s.burst(duplicate, duplicate, duplicate);
      assertEquals(1, s.takeSent());
      ack(s, 10);
      assertEquals(5 * MSS, cwnd(s), "RFC 9937 6");
      assertEquals(5 * MSS, s.connection.sender().window().ssthresh());
      int acked = 10;
      int inFlight = s.takeSent();
      while (cwnd(s) < 5 * MSS) {
        ack(s, ++acked);
        inFlight += s.takeSent() - 1;
      }
      for (int round = 5; round < 9; round++) {
        assertEquals(round, inFlight);
        for (int i = 0; i < round; i++) {
          assertEquals(round * MSS, cwnd(s));
          ack(s, ++acked);
          inFlight += s.takeSent() - 1;
        }
        assertEquals((round + 1) * MSS, cwnd(s));
      }
    }
  }

  @Test
  @Covers(rfc = "RFC 5681", clause = "4.1", what = "restart after idle", byName = "NewReno")
  void idleConnectionStartsAgainWithTheInitialWindow() {
    try (TestStack s = established()) {
      s.write(1, 30 * MSS);
      int acked = 0;
      while (s.connection.sendBuffer().length() > 0) {
        s.takeSent();
        ack(s, ++acked);
      }
      assertEquals(true, cwnd(s) > 20 * MSS);
      final int before = cwnd(s);
      s.silence(0.19);
      s.write(1 + 30 * MSS, MSS);
      assertEquals(1, s.takeSent());
      ack(s, 31);
      assertEquals(before, cwnd(s), "shorter than the timeout: nothing changes");
      s.silence(1);
      s.write(1 + 31 * MSS, 100 * MSS);
      assertEquals(10, s.takeSent(), "RFC 5681 4.1");
      assertEquals(10 * MSS, cwnd(s));
    }
  }

  @Test
  void waitingForAnAckIsNotIdleness() {
    try (TestStack s = established()) {
      s.write(1, 12 * MSS);
      s.takeSent();
      ack(s, 10);
      s.takeSent();
      final int before = cwnd(s);
      s.net.advance(190_000_000);
      s.write(1 + 12 * MSS, 40 * MSS);
      assertEquals(before, cwnd(s));
      assertEquals(before / MSS - 2, s.takeSent());
    }
  }

  @Test
  void applicationThatSendsLittleDoesNotGrowTheWindow() {
    try (TestStack s = established()) {
      int at = 1;
      for (int i = 0; i < 200; i++) {
        s.write(at, 100);
        at += 100;
        assertEquals(1, s.takeSent());
        s.burst(". 1:1(0) ack %d win 65535".formatted(at));
      }
      assertEquals(10 * MSS, cwnd(s));
    }
  }

  @Test
  void sendersLimitIsTheSmallerOfBothWindows() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 5000")) {
      s.write(1, 20 * MSS);
      assertEquals(3, s.takeSent(), "the peer's window");
    }
    try (TestStack s = established()) {
      s.write(1, 20 * MSS);
      assertEquals(10, s.takeSent(), "the congestion window");
    }
  }
}
