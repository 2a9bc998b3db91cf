package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;

/** The user timeout (RFC 5482, RFC 9293 3.8.3), as Linux's TCP_USER_TIMEOUT. */
class UserTimeoutTest {
  private static final long SECOND = 1_000_000_000L;

  private static TcpConfig seconds(final long seconds) {
    return TestStack.PLAIN.with().userTimeoutNs(seconds * SECOND).build();
  }

  private static void timedOut(final TestStack s) {
    s.in(TcpState.CLOSED);
    assertEquals(Failure.TIMED_OUT, s.connection.failure());
    assertEquals(1, s.net.count(Counter.TCP_CONNECTIONS_TIMED_OUT));
    s.silence(1000);
  }

  /** From the first repetition on, and not a moment later (Linux tcp_clamp_rto_to_user_timeout). */
  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.8.3, RFC 5482",
      what = "user timeout",
      by = {TcpTimers.class, Emission.class})
  @Rfc9293("MUST-21")
  void dataWithoutAnswerEndsTheConnection() {
    try (TestStack s = TestStack.established(seconds(3))) {
      s.write(1, 10);
      s.script(
          """
          > P. 1:11(10) ack 1
          +0.2 > P. 1:11(10) ack 1
          +0.4 > P. 1:11(10) ack 1
          +0.8 > P. 1:11(10) ack 1
          +1.6 > P. 1:11(10) ack 1
          """);
      s.silence(0.199);
      s.in(TcpState.ESTABLISHED);
      s.silence(0.002);
      timedOut(s);
    }
  }

  /** It replaces the count of fifteen repetitions, for longer as well as for shorter. */
  @Test
  @Rfc9293("MUST-21")
  void longTimeoutGoesBeyondTheCount() {
    try (TestStack s = TestStack.established(seconds(5000))) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
      s.net.advance(1500 * SECOND);
      s.takeSent();
      s.in(TcpState.ESTABLISHED);
      s.net.advance(3600 * SECOND);
      s.takeSent();
      timedOut(s);
    }
  }

  @Test
  void progressStartsItAnew() {
    try (TestStack s = TestStack.established(seconds(1))) {
      s.write(1, 2920);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > P. 1461:2921(1460) ack 1
          +0.2 > . 1:1461(1460) ack 1
          +0.4 > . 1:1461(1460) ack 1
          +0.3 < . 1:1(0) ack 1461 win 65535
          > P. 1461:2921(1460) ack 1
          """);
      s.silence(0.5);
      s.in(TcpState.ESTABLISHED);
      s.script("< . 1:1(0) ack 2921 win 65535");
      s.silence(100);
      s.in(TcpState.ESTABLISHED);
    }
  }

  /** Linux: answers that keep the window closed are no progress. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.3, RFC 5482")
  void windowThatStaysClosedEndsTheConnection() {
    try (TestStack s = TestStack.established(seconds(2))) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.write(1, 10);
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          +0.4 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          +0.8 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          """);
      s.silence(0.799);
      s.in(TcpState.ESTABLISHED);
      s.silence(0.002);
      timedOut(s);
    }
  }

  @Test
  void windowThatOpensIsProgress() {
    try (TestStack s = TestStack.established(seconds(2))) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.write(1, 10);
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          +0.4 > . 1:2(1) ack 1
          +0.8 > . 1:2(1) ack 1
          +0.1 < . 1:1(0) ack 1 win 65535
          > P. 1:11(10) ack 1
          +0.2 > P. 1:11(10) ack 1
          +0.4 > P. 1:11(10) ack 1
          +0.3 < . 1:1(0) ack 11 win 65535
          """);
      s.silence(1000);
      s.in(TcpState.ESTABLISHED);
    }
  }

  /** Linux tcp_keepalive_timer: instead of the count, after one probe at least. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.3, RFC 5482")
  void silentPeerIsGivenUpByTimeInsteadOfCount() {
    final TcpConfig config =
        seconds(12)
            .with()
            .keepAlive(true)
            .keepAliveIdleNs(10 * SECOND)
            .keepAliveIntervalNs(SECOND)
            .keepAliveProbes(1)
            .build();
    try (TestStack s = TestStack.established(config)) {
      s.script(
          """
          +10 > . 0:0(0) ack 1
          +1 > . 0:0(0) ack 1
          +1 > R. 1:1(0) ack 1
          """);
      timedOut(s);
    }
    try (TestStack s = TestStack.established(config.with().userTimeoutNs(SECOND).build())) {
      s.script("+10 > . 0:0(0) ack 1", "+1 > R. 1:1(0) ack 1");
      timedOut(s);
    }
  }

  /** Linux tcp_connect: the time runs from the first SYN. */
  @Test
  void synIsGivenUpByWhateverComesFirst() {
    try (TestStack s = new TestStack(seconds(2)).connect()) {
      s.net.advance(1_900_000_000L);
      assertEquals(1, s.takeSent());
      s.in(TcpState.SYN_SENT);
      s.net.advance(200_000_000L);
      timedOut(s);
    }
    try (TestStack s = new TestStack(seconds(100_000)).connect()) {
      s.net.advance(200 * SECOND);
      assertEquals(6, s.takeSent());
      timedOut(s);
    }
  }
}
