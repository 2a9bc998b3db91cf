package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Closing, in order and in all the other ways: RFC 9293 3.6, 3.10.4, 3.10.5. */
class CloseTest {
  private static void unread(final TestStack s, final int bytes) {
    assertEquals(bytes, s.connection.receiveBuffer().length());
  }

  // ---- In order

  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.6",
      what = "closing in every order",
      by = TcpConnection.class)
  void weCloseFirst() {
    try (TestStack s = TestStack.established()) {
      s.closeConnection();
      s.script(
          """
          > F. 1:1(0) ack 1
          < . 1:1(0) ack 2 win 65535
          < F. 1:1(0) ack 2 win 65535
          > . 2:2(0) ack 2
          """);
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.6")
  void thePeerClosesFirst() {
    try (TestStack s = TestStack.closeWait()) {
      assertEquals("READABLE|READ_CLOSED", TestStack.bits(s.events.take()));
      s.connection.shutdownSend(s.net.clock.nanoTime());
      s.net.poll();
      s.in(TcpState.LAST_ACK);
      s.script("> F. 1:1(0) ack 2", "< . 2:2(0) ack 2 win 65535");
      s.in(TcpState.CLOSED);
      assertEquals("READ_CLOSED|CLOSED", TestStack.bits(s.events.take()));
      assertEquals(Failure.NONE, s.connection.failure());
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  /** RFC 9293 figure 13. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.6")
  void bothCloseAtOnce() {
    try (TestStack s = TestStack.finWait1()) {
      s.script("< F. 1:1(0) ack 1 win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.CLOSING);
      s.script("< . 2:2(0) ack 2 win 65535");
      s.in(TcpState.TIME_WAIT);
      assertEquals("READABLE|READ_CLOSED|CLOSED", TestStack.bits(s.events.take()));
    }
  }

  @Test
  void finThatAcknowledgesOurFin() {
    try (TestStack s = TestStack.finWait1()) {
      s.script("< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2");
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  void finWithTheLastData() {
    try (TestStack s = TestStack.established()) {
      s.script("< FP. 1:101(100) ack 1 win 65535", "> . 1:1(0) ack 102");
      assertEquals("READABLE|READ_CLOSED", TestStack.bits(s.events.take()));
      s.in(TcpState.CLOSE_WAIT);
      assertEquals(100, s.read(1, 1000));
    }
  }

  @Test
  void unsentDataGoesBeforeTheFin() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 1460")) {
      s.write(1, 2000);
      s.closeConnection();
      s.script(
          """
          > . 1:1461(1460) ack 1
          < . 1:1(0) ack 1461 win 1460
          > FP. 1461:2001(540) ack 1
          < . 1:1(0) ack 2002 win 1460
          """);
      s.in(TcpState.FIN_WAIT_2);
    }
  }

  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.6.1",
      what = "half-close, and RST for data nobody will read",
      by = {TcpConnection.class, SegmentArrival.class})
  void thePeerMaySendAfterOurFin() {
    try (TestStack s = TestStack.finWait2()) {
      s.script(
          """
          < . 1:1461(1460) ack 2 win 65535
          < . 1461:2921(1460) ack 2 win 65535
          > . 2:2(0) ack 2921
          """);
      assertEquals(2920, s.read(1, 4000));
      s.script("< F. 2921:2921(0) ack 2 win 65535", "> . 2:2(0) ack 2922");
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  void weMaySendAfterThePeersFin() {
    try (TestStack s = TestStack.closeWait()) {
      s.write(1, 2000);
      s.connection.options().noDelay(true);
      s.net.poll();
      s.script(
          """
          > . 1:1461(1460) ack 2
          > P. 1461:2001(540) ack 2
          < . 2:2(0) ack 2001 win 65535
          """);
      s.shutdownSend();
      s.script("> F. 2001:2001(0) ack 2", "< . 2:2(0) ack 2002 win 65535");
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void secondShutdownDoesNothing() {
    try (TestStack s = TestStack.finWait1()) {
      s.shutdownSend();
      s.in(TcpState.FIN_WAIT_1);
      s.script("< . 1:1(0) ack 2 win 65535");
      s.shutdownSend();
      s.in(TcpState.FIN_WAIT_2);
    }
  }

  @Test
  void finIsRetransmittedWithBackOff() {
    try (TestStack s = TestStack.finWait1()) {
      s.script(
          """
          +0.2 > F. 1:1(0) ack 1
          +0.4 > F. 1:1(0) ack 1
          +0.8 > F. 1:1(0) ack 1
          < . 1:1(0) ack 2 win 65535
          """);
      s.in(TcpState.FIN_WAIT_2);
    }
  }

  /** Each one: the peer did not get our ACK. Not rate-limited, as on Linux. */
  @ParameterizedTest
  @ValueSource(strings = {"closeWait", "closing", "lastAck", "timeWait"})
  void repeatedFinIsAcknowledgedEachTime(final String state) {
    try (TestStack s = fixture(state)) {
      final int ours = "closeWait".equals(state) ? 1 : 2;
      final int acked = "timeWait".equals(state) ? 2 : 1;
      for (int i = 0; i < 3; i++) {
        s.script(
            "+0.05 < F. 1:1(0) ack %d win 65535".formatted(acked),
            "> . %d:%d(0) ack 2".formatted(ours, ours));
      }
    }
  }

  private static TestStack fixture(final String state) {
    return switch (state) {
      case "established" -> TestStack.established();
      case "finWait1" -> TestStack.finWait1();
      case "finWait2" -> TestStack.finWait2();
      case "closeWait" -> TestStack.closeWait();
      case "closing" -> TestStack.closing();
      case "lastAck" -> TestStack.lastAck();
      case "timeWait" -> TestStack.timeWait();
      default -> throw new IllegalArgumentException(state);
    };
  }

  // ---- With data that nobody will read

  @Test
  @Covers(
      rfc = "RFC 2525",
      clause = "2.17",
      what = "close with unread data resets",
      by = TcpConnection.class)
  @Rfc9293("SHLD-3")
  void closeWithUnreadDataResets() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535");
      s.closeConnection();
      s.script("> R. 1:1(0) ack 101");
      s.in(TcpState.CLOSED);
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  /** RFC 2525 2.17, Linux tcp_close: the peer must hear that its data was lost, in any state. */
  @ParameterizedTest
  @ValueSource(strings = {"finWait1", "finWait2", "closeWait", "closing", "lastAck"})
  void closeWithUnreadDataResetsInEveryState(final String state) {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 101");
      if (state.startsWith("finWait") || "closing".equals(state)) {
        s.shutdownSend();
        s.script("> F. 1:1(0) ack 101");
      }
      if ("finWait2".equals(state)) {
        s.script("< . 101:101(0) ack 2 win 65535");
      }
      if ("closing".equals(state)) {
        s.script("< F. 101:101(0) ack 1 win 65535", "> . 2:2(0) ack 102");
      }
      if ("closeWait".equals(state) || "lastAck".equals(state)) {
        s.script("< F. 101:101(0) ack 1 win 65535", "> . 1:1(0) ack 102");
      }
      if ("lastAck".equals(state)) {
        s.shutdownSend();
        s.script("> F. 1:1(0) ack 102");
      }
      unread(s, 100);
      s.closeConnection();
      final int seq = "closeWait".equals(state) ? 1 : 2;
      final int ack = state.startsWith("finWait") ? 101 : 102;
      s.script("> R. %d:%d(0) ack %d".formatted(seq, seq, ack));
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void closeInTimeWaitDoesNotReset() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 101");
      s.shutdownSend();
      s.script("> F. 1:1(0) ack 101", "< F. 101:101(0) ack 2 win 65535", "> . 2:2(0) ack 102");
      s.in(TcpState.TIME_WAIT);
      s.closeConnection();
      s.script("");
      s.in(TcpState.TIME_WAIT);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"finWait1", "finWait2"})
  @Covers(rfc = "RFC 9293", clause = "3.6.1")
  @Rfc9293({"SHLD-3", "MAY-1"})
  void dataAfterCloseIsReset(final String state) {
    try (TestStack s = TestStack.established()) {
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1");
      if ("finWait2".equals(state)) {
        s.script("< . 1:1(0) ack 2 win 65535");
      }
      s.script("< . 1:101(100) ack 1 win 65535", "> R. 2:2(0) ack 1");
      s.in(TcpState.CLOSED);
      assertEquals(1, s.net.count(DropReason.TCP_DATA_AFTER_CLOSE));
      s.script("< . 101:201(100) ack 2 win 65535", "> R 2:2(0)");
    }
  }

  /** It was read before we closed: the FIN that comes with it ends the connection in order. */
  @Test
  void repeatedDataWithTheFinAfterCloseIsNoNewData() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535");
      s.read(1, 100);
      s.closeConnection();
      s.script(
          """
          > F. 1:1(0) ack 101
          < F. 1:101(100) ack 2 win 65535
          > . 2:2(0) ack 102
          """);
      s.in(TcpState.TIME_WAIT);
    }
  }

  @Test
  void dataAfterShutdownIsStillWelcome() {
    try (TestStack s = TestStack.finWait2()) {
      s.script("< . 1:101(100) ack 2 win 65535", "+0.04 > . 2:2(0) ack 101");
      unread(s, 100);
    }
  }

  @Test
  void dataAfterThePeersFinIsIgnored() {
    try (TestStack s = TestStack.closeWait()) {
      s.script("< . 2:102(100) ack 1 win 65535");
      unread(s, 0);
      s.in(TcpState.CLOSE_WAIT);
    }
  }

  // ---- Before the handshake is over

  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.10.4",
      what = "CLOSE in every state",
      by = TcpConnection.class)
  void closeInSynSentForgetsTheConnection() {
    try (TestStack s = TestStack.synSent()) {
      s.closeConnection();
      s.in(TcpState.CLOSED);
      assertEquals(0, s.net.stack.tcp().connections());
      s.script("< S. 0:0(0) ack 1 win 65535 <mss 1460>", "> R 1:1(0)");
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.10.4")
  void closeInSynReceivedSendsTheFinAfterTheHandshake() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          """);
      s.closeConnection();
      s.in(TcpState.SYN_RECEIVED);
      s.script("< . 1:1(0) ack 1 win 65535", "> F. 1:1(0) ack 1");
      s.in(TcpState.FIN_WAIT_1);
    }
  }

  @Test
  void dataWrittenInSynSentGoesOutBeforeTheFin() {
    try (TestStack s = TestStack.synSent()) {
      s.script("< S 0:0(0) win 65535", "> S. 0:0(0) ack 1 win 65535 <mss 1460>");
      s.write(1, 100);
      s.shutdownSend();
      s.script("< . 1:1(0) ack 1 win 65535", "> FP. 1:101(100) ack 1");
    }
  }

  // ---- Abort

  @ParameterizedTest
  @ValueSource(strings = {"established", "finWait1", "finWait2", "closeWait"})
  @Covers(rfc = "RFC 9293", clause = "3.10.5", what = "ABORT", by = TcpConnection.class)
  void abortResets(final String state) {
    try (TestStack s = fixture(state)) {
      s.abort();
      final int seq = state.startsWith("finWait") ? 2 : 1;
      final int ack = "closeWait".equals(state) ? 2 : 1;
      s.script("> R. %d:%d(0) ack %d".formatted(seq, seq, ack));
      s.in(TcpState.CLOSED);
      s.silence(1000);
    }
  }

  /** RFC 9293 3.10.5: both FINs are out, there is nothing to take back. */
  @ParameterizedTest
  @ValueSource(strings = {"closing", "lastAck", "timeWait"})
  void abortForgets(final String state) {
    try (TestStack s = fixture(state)) {
      s.abort();
      s.script("");
      s.in(TcpState.CLOSED);
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  /**
   * Linux tcp_disconnect: these states begin when the application closes, not when the FIN leaves;
   * with data unsent the peer would wait for ever.
   */
  @ParameterizedTest
  @EnumSource(
      value = TcpState.class,
      names = {"LAST_ACK", "CLOSING"})
  void abortWithUnsentDataResets(final TcpState state) {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1", "< . 1:1(0) ack 101 win 0");
      s.write(101, 100);
      if (state == TcpState.CLOSING) {
        s.shutdownSend();
        s.in(TcpState.FIN_WAIT_1);
      }
      s.script("< F. 1:1(0) ack 101 win 0", "> . 101:101(0) ack 2");
      s.shutdownSend();
      s.in(state);
      s.abort();
      s.script("> R. 101:101(0) ack 2");
    }
  }

  @Test
  void abortInSynReceivedResets() {
    try (TestStack s = TestStack.synReceived()) {
      s.listener().close(s.net.clock.nanoTime());
      s.net.poll();
      s.script("> R. 1:1(0) ack 1");
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  @Test
  void abortInSynSentForgets() {
    try (TestStack s = TestStack.synSent()) {
      s.abort();
      s.silence(300);
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void resetOfAnAbortStandsBehindWhatWasSent() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1000);
      s.script("> P. 1:1001(1000) ack 1");
      s.abort();
      s.script("> R. 1001:1001(0) ack 1");
    }
  }

  // ---- How long a half-closed connection is kept

  @Test
  void finWait2HasNoEndWhileASocketHoldsIt() {
    try (TestStack s = TestStack.finWait2()) {
      s.silence(10_000);
      s.in(TcpState.FIN_WAIT_2);
    }
  }

  @Test
  void orphanInFinWait2EndsAfterAMinute() {
    try (TestStack s = TestStack.established()) {
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1", "< . 1:1(0) ack 2 win 65535");
      s.in(TcpState.FIN_WAIT_2);
      s.silence(59.9);
      s.in(TcpState.FIN_WAIT_2);
      s.silence(0.2);
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void closeInFinWait2StartsTheMinute() {
    try (TestStack s = TestStack.finWait2()) {
      s.silence(1000);
      s.closeConnection();
      s.silence(59.9);
      s.in(TcpState.FIN_WAIT_2);
      s.silence(0.2);
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void orphanGivesUpAfterEightRepetitions() {
    try (TestStack s = TestStack.established()) {
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1");
      double interval = 0.2;
      for (int i = 0; i < 8; i++) {
        s.script("+%s > F. 1:1(0) ack 1".formatted(interval));
        interval *= 2;
      }
      s.silence(interval - 0.1);
      s.in(TcpState.FIN_WAIT_1);
      s.silence(0.2);
      s.in(TcpState.CLOSED);
      assertEquals(Failure.TIMED_OUT, s.connection.failure());
    }
  }
}
