package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TIME_WAIT: RFC 9293 3.10.7.4, 3.10.8, RFC 1122 4.2.2.13. */
class TimeWaitTest {
  /** Where the ISN of a reincarnation stands: Linux tcp_timewait_state_process. */
  private static final int NEXT_ISN = 2 + 65_535 + 2;

  private static void gone(final TestStack s) {
    s.in(TcpState.CLOSED);
    assertEquals(0, s.net.stack.tcp().connections());
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.10.8", what = "TIME_WAIT", by = TcpTimers.class)
  @Rfc9293("MUST-13")
  void lastsAMinute() {
    try (TestStack s = TestStack.timeWait()) {
      s.silence(59.999);
      s.in(TcpState.TIME_WAIT);
      assertEquals(1, s.net.stack.tcp().connections());
      s.silence(0.001);
      gone(s);
      assertEquals(1, s.net.count(Counter.TCP_TIME_WAITS));
    }
  }

  @Test
  void closedIsRaisedAtItsStartAndNotAtItsEnd() {
    try (TestStack s = TestStack.finWait2()) {
      s.events.take();
      s.script("< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      assertEquals("READABLE|READ_CLOSED|CLOSED", TestStack.bits(s.events.take()));
      s.silence(61);
      gone(s);
      assertEquals(0, s.events.take());
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.10.8")
  void repeatedFinStartsTheMinuteAgain() {
    try (TestStack s = TestStack.timeWait()) {
      s.script("+40 < F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.silence(59);
      s.in(TcpState.TIME_WAIT);
      s.silence(1.1);
      gone(s);
    }
  }

  @Test
  void otherSegmentsDoNotStartTheMinuteAgain() {
    try (TestStack s = TestStack.timeWait()) {
      s.script(
          """
          +40 < . 2:2(0) ack 2 win 65535
          < . 2:102(100) ack 2 win 65535
          < . 1:1(0) ack 2 win 65535
          > . 2:2(0) ack 2
          """);
      s.silence(20.1);
      gone(s);
    }
  }

  @Test
  void exactResetEndsIt() {
    try (TestStack s = TestStack.timeWait()) {
      s.script("< R 2:2(0) win 0");
      gone(s);
      assertEquals(Failure.NONE, s.connection.failure());
    }
  }

  @ParameterizedTest(name = "RST {0}")
  @ValueSource(strings = {"1:1(0)", "9000000:9000000(0)"})
  void otherResetsDoNot(final String numbers) {
    try (TestStack s = TestStack.timeWait()) {
      s.script("< R " + numbers + " win 0");
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4, second (RFC 5961 3.2)")
  void resetInsideTheWindowIsChallenged() {
    try (TestStack s = TestStack.timeWait()) {
      s.script("< R 500:500(0) win 0", "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
    }
  }

  @ParameterizedTest(name = "SYN {0}")
  @ValueSource(ints = {2, 3, 1000, 0x7FFF_0000})
  @Rfc9293("MAY-2")
  void laterSynStartsANewIncarnation(final int seq) {
    try (TestStack s = TestStack.timeWait()) {
      s.script(
          "< S %d:%d(0) win 65535 <mss 1460>".formatted(seq, seq),
          "> S. %d:%d(0) ack %d win 65535 <mss 1460>".formatted(NEXT_ISN, NEXT_ISN, seq + 1),
          "< . %d:%d(0) ack %d win 65535".formatted(seq + 1, seq + 1, NEXT_ISN + 1));
      s.in(TcpState.CLOSED);
      assertEquals(1, s.net.stack.tcp().connections());
      assertNotNull(s.listener().accept());
    }
  }

  /** RFC 1122 4.2.2.13 (1): above everything that the old incarnation sent, however fast it was. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.4.1, RFC 6528")
  void reincarnationStartsAboveItsPredecessor() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100_000);
      int at = 1;
      while (at < 100_001) {
        s.takeSent();
        at = Math.min(100_001, s.connection.sender().sndNxt() - TestStack.OUR_ISN);
        s.burst(". 1:1(0) ack %d win 65535".formatted(at));
      }
      s.takeSent();
      s.shutdownSend();
      s.script(
          "> F. 100001:100001(0) ack 1",
          "< F. 1:1(0) ack 100002 win 65535",
          "> . 100002:100002(0) ack 2");
      s.in(TcpState.TIME_WAIT);
      final int isn = 100_002 + 65_537;
      s.script(
          "< S 1000:1000(0) win 65535 <mss 1460>",
          "> S. %d:%d(0) ack 1001 win 65535 <mss 1460>".formatted(isn, isn));
    }
  }

  @ParameterizedTest(name = "SYN {0}")
  @ValueSource(ints = {0, 1, -70_000})
  void earlierSynIsAnOldDuplicate(final int seq) {
    try (TestStack s = TestStack.timeWait()) {
      final String number = Integer.toUnsignedString(seq);
      s.script("< S %s:%s(0) win 65535".formatted(number, number), "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
      // A peer that really is new says so, and its next SYN goes through (RFC 9293 3.5.1).
      s.script("< R 2:2(0) win 0");
      gone(s);
    }
  }

  @Test
  void synWithAckStartsNothing() {
    try (TestStack s = TestStack.timeWait()) {
      s.script("< S. 1000:1000(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  void synWithoutAListenerIsChallenged() {
    try (TestStack s = TestStack.timeWait()) {
      s.listener().close(s.net.clock.nanoTime());
      s.script("< S 1000:1000(0) win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  void synThatTheListenerCannotTakeLeavesItAlone() {
    try (TestStack s = TestStack.timeWait()) {
      s.listener().backlog(0);
      s.nextPeer();
      s.script("< S 0:0(0) win 65535", "> S. 0:0(0) ack 1 win 65535 <mss 1460>");
      s.script("< . 1:1(0) ack 1 win 65535");
      s.firstPeer();
      s.script("< S 1000:1000(0) win 65535");
      s.in(TcpState.TIME_WAIT);
    }
  }

  /** The ACK that is owed and the end of the minute fall on one moment: both must happen. */
  @Test
  void endsEvenIfAnAckIsOwedAtThatMoment() {
    try (TestStack s = TestStack.timeWait()) {
      s.silence(59.999_999);
      s.net.clock.advance(1_000);
      s.script("< S 1:1(0) win 65535", "> . 2:2(0) ack 2");
      s.silence(1);
      gone(s);
    }
  }

  @Test
  void beyondTheLimitTheyEndAtOnceButAcknowledge() {
    final TcpConfig config = TestStack.PLAIN.with().maxConnections(100).maxTimeWaits(1).build();
    try (TestStack s = TestStack.established(config)) {
      final TcpConnection first = s.connection;
      s.shutdownSend();
      s.script("> F. 1:1(0) ack 1", "< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      assertEquals(TcpState.TIME_WAIT, first.state());
      s.nextPeer().establish();
      s.shutdownSend();
      s.script("> F. 1:1(0) ack 1", "< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.CLOSED);
      assertEquals(1, s.net.stack.tcp().connections());
      s.silence(61);
      assertEquals(0, s.net.stack.tcp().connections());
      s.nextPeer().establish();
      s.shutdownSend();
      s.script("> F. 1:1(0) ack 1", "< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  void sameConnectionCannotBeOpenedFromHereMeanwhile() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      s.connect(tcp.bind(0, TestStack.OUR_PORT, true));
      s.script("< S. 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1", "< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
      final TcpBinding again = tcp.bind(0, TestStack.OUR_PORT, true);
      assertNotNull(again);
      final long nowNs = s.net.clock.nanoTime();
      assertNull(
          tcp.connect(again, TestNet.PEER, TestStack.PEER_PORT, tcp.config(), s.events, nowNs));
      assertEquals(Failure.ADDRESS_NOT_AVAILABLE, tcp.lastFailure());
      again.release();
    }
  }
}
