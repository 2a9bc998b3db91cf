package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;

/** RFC 9293 3.8.4, and what Linux makes of it. */
class KeepAliveTest {
  private static final long SECOND = 1_000_000_000L;

  /** Silent for 10 s, then every 3 s, three times. */
  private static final TcpConfig SHORT =
      TestStack.PLAIN
          .with()
          .keepAlive(true)
          .keepAliveIdleNs(10 * SECOND)
          .keepAliveIntervalNs(3 * SECOND)
          .keepAliveProbes(3)
          .build();

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.4", what = "keep-alive", by = KeepAlive.class)
  @Rfc9293("MUST-25")
  void offByDefault() {
    try (TestStack s = TestStack.established()) {
      s.silence(10_000);
      assertEquals(0, s.net.count(Counter.TCP_KEEP_ALIVE_PROBES_OUT));
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.4")
  @Rfc9293({"MUST-28", "MUST-29", "SHLD-12"})
  void defaultsAreTwoHoursThenElevenMinutes() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.with().keepAlive(true).build())) {
      s.script("+7200 > . 0:0(0) ack 1");
      for (int i = 1; i < 9; i++) {
        s.script("+75 > . 0:0(0) ack 1");
      }
      s.script("+75 > R. 1:1(0) ack 1");
      s.in(TcpState.CLOSED);
      assertEquals(Failure.TIMED_OUT, s.connection.failure());
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
      assertEquals(9, s.net.count(Counter.TCP_KEEP_ALIVE_PROBES_OUT));
      assertEquals(1, s.net.count(Counter.TCP_CONNECTIONS_TIMED_OUT));
    }
  }

  @Test
  @Rfc9293({"MUST-29", "MAY-5"})
  void answerStartsTheSilenceAnew() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.script(
          """
          +10 > . 0:0(0) ack 1
          +3 > . 0:0(0) ack 1
          +1 < . 1:1(0) ack 1 win 65535
          +10 > . 0:0(0) ack 1
          +3 > . 0:0(0) ack 1
          +3 > . 0:0(0) ack 1
          +3 > R. 1:1(0) ack 1
          """);
    }
  }

  @Test
  @Rfc9293("MUST-26")
  void anySegmentOfThePeerPutsTheProbeOff() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.script("+9 < P. 1:11(10) ack 1 win 65535", "+0.04 > . 1:1(0) ack 11");
      s.script("+9.959 < . 11:11(0) ack 1 win 65535");
      s.script("+10 > . 0:0(0) ack 11", "< . 11:11(0) ack 1 win 65535");
    }
  }

  /** RFC 9293 3.8.4: not while something else is outstanding; that has a timer of its own. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.4")
  @Rfc9293("MUST-26")
  void noProbeWhileDataIsOutstanding() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.silence(9.9);
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1", "+0.2 > P. 1:11(10) ack 1", "+0.4 > P. 1:11(10) ack 1");
      s.script("< . 1:1(0) ack 11 win 65535", "+10 > . 10:10(0) ack 1");
      s.script("< . 1:1(0) ack 11 win 65535");
      assertEquals(1, s.net.count(Counter.TCP_KEEP_ALIVE_PROBES_OUT));
    }
  }

  /** Data that leaves while the peer is being asked takes over from the probes. */
  @Test
  void dataBetweenProbesIsRepeatedAsData() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.script("+10 > . 0:0(0) ack 1");
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1", "+0.2 > P. 1:11(10) ack 1");
      s.script("< . 1:1(0) ack 11 win 65535", "+10 > . 10:10(0) ack 1");
      s.script("< . 1:1(0) ack 11 win 65535");
    }
  }

  @Test
  void probesOfAClosedWindowGoOnInstead() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.write(1, 10);
      s.script("+0.2 > . 1:2(1) ack 1", "< . 1:1(0) ack 1 win 0", "+0.4 > . 1:2(1) ack 1");
      s.script("< . 1:1(0) ack 1 win 65535", "> P. 1:11(10) ack 1", "< . 1:1(0) ack 11 win 65535");
      s.script("+10 > . 10:10(0) ack 1", "< . 1:1(0) ack 11 win 65535");
    }
  }

  @Test
  void takesTheDelayedAckAlong() {
    try (TestStack s = TestStack.established(SHORT.with().keepAliveIdleNs(SECOND / 100).build())) {
      s.script("< P. 1:11(10) ack 1 win 65535", "+0.01 > . 0:0(0) ack 11");
      s.silence(0.1);
      s.script("< . 11:11(0) ack 1 win 65535", "< R. 11:11(0) ack 1 win 0");
    }
  }

  @Test
  void halfClosedConnectionsAreKeptToo() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.script("< F. 1:1(0) ack 1 win 65535", "> . 1:1(0) ack 2");
      s.script("+10 > . 0:0(0) ack 2", "< . 2:2(0) ack 1 win 65535");
    }
    try (TestStack s = TestStack.established(SHORT)) {
      s.shutdownSend();
      s.script("> F. 1:1(0) ack 1", "< . 1:1(0) ack 2 win 65535").in(TcpState.FIN_WAIT_2);
      s.script("+10 > . 1:1(0) ack 1", "< . 1:1(0) ack 2 win 65535");
      s.script("< F. 1:1(0) ack 2 win 65535", "> . 2:2(0) ack 2").in(TcpState.TIME_WAIT);
      s.silence(50);
    }
  }

  @Test
  @Rfc9293("MUST-24")
  void setOnAnOpenConnectionAndTakenBack() {
    try (TestStack s = TestStack.established()) {
      s.silence(100);
      s.connection.options().config(SHORT, s.net.clock.nanoTime());
      s.script("+10 > . 0:0(0) ack 1", "+3 > . 0:0(0) ack 1");
      s.connection.options().config(TestStack.PLAIN, s.net.clock.nanoTime());
      s.silence(1000);
      s.in(TcpState.ESTABLISHED);
    }
  }

  @Test
  void resetEndsIt() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.script("+10 > . 0:0(0) ack 1", "< R. 1:1(0) ack 1 win 0");
      s.silence(100);
      assertEquals(Failure.CONNECTION_RESET, s.connection.failure());
    }
  }

  @Test
  void probeWaitsForTheLink() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.net.link.accept(0);
      s.net.clock.advance(11 * SECOND);
      s.net.poll();
      s.expectNothing();
      s.net.link.accept(Integer.MAX_VALUE);
      s.net.poll();
      s.script("> . 0:0(0) ack 1", "+3 > . 0:0(0) ack 1", "< R. 1:1(0) ack 1 win 0");
    }
  }

  @Test
  void connectionThatNobodyHoldsIsNotKept() {
    try (TestStack s = TestStack.established(SHORT)) {
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1", "< . 1:1(0) ack 2 win 65535").in(TcpState.FIN_WAIT_2);
      s.silence(61);
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void switchedOffBehindAProbeItGivesItsTimersBack() {
    final TcpConfig on =
        TestStack.PLAIN
            .with()
            .keepAlive(true)
            .keepAliveIdleNs(10 * io.ustack.testing.TestNet.SECOND)
            .keepAliveIntervalNs(3 * io.ustack.testing.TestNet.SECOND)
            .build();
    try (TestStack s = TestStack.established(on)) {
      s.net.advance(10 * io.ustack.testing.TestNet.SECOND);
      assertEquals(1, s.takeSent());
      final TcpTimers timers = s.connection.timers();
      s.connection.options().config(TestStack.PLAIN, s.net.clock.nanoTime());
      s.script("< . 1:1(0) ack 1 win 65535");
      s.silence(20);
      assertEquals(0, s.net.stack.tcp().spareTimers().scheduled());
      assertNotNull(timers);
      assertTrue(timers.isResting());
    }
  }
}
