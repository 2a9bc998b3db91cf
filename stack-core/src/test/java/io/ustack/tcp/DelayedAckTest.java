package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.tcp.congestion.CongestionControl;
import io.ustack.tcp.congestion.CongestionWindow;
import io.ustack.testing.ExpectedErrors;
import io.ustack.testing.StillControl;
import org.junit.jupiter.api.Test;

/** When an ACK leaves: RFC 9293 3.8.6.3, RFC 5681 4.2. */
class DelayedAckTest {
  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.8.6.3",
      what = "delayed ACK",
      by = {AckPolicy.class, TcpTimers.class})
  @Rfc9293({"MUST-40", "SHLD-18"})
  void oneSegmentIsAcknowledgedAfterFortyMilliseconds() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1461(1460) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1461");
      assertEquals(1, s.net.count(Counter.TCP_DELAYED_ACKS));
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.6.3")
  void secondSegmentIsAcknowledgedAtOnce() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < . 1:1461(1460) ack 1 win 65535
          +0.01 < . 1461:2921(1460) ack 1 win 65535
          > . 1:1(0) ack 2921
          < . 2921:4381(1460) ack 1 win 65535
          < . 4381:5841(1460) ack 1 win 65535
          > . 1:1(0) ack 5841
          """);
      s.silence(1);
      assertEquals(0, s.net.count(Counter.TCP_DELAYED_ACKS));
    }
  }

  @Test
  void delayRunsFromTheFirstSegmentThatWaits() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 101");
      s.script("+0.03 < . 101:201(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 201");
      // An answer in time takes the ACK along; the next segment has its own delay.
      s.script("< . 201:301(100) ack 1 win 65535");
      s.silence(0.03);
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 301", "< . 301:401(100) ack 11 win 65535");
      s.script("+0.04 > . 11:11(0) ack 401");
    }
  }

  @Test
  void dataTakesTheAckAlong() {
    try (TestStack s = TestStack.established()) {
      s.script("< P. 1:101(100) ack 1 win 65535");
      s.write(1, 50);
      s.script("> P. 1:51(50) ack 101");
      s.silence(0.1);
    }
  }

  /** Nothing is scheduled for an ACK that the answer takes along before the next cycle. */
  @Test
  void anAnswerAtOnceLeavesTheWheelAlone() {
    try (TestStack s = TestStack.established()) {
      final long nowNs = s.net.clock.nanoTime();
      s.oneCycle("P. 1:101(100) ack 1 win 65535");
      assertTrue(s.connection.timers().isDelayingAck());
      s.write(1, 50);
      s.script("> P. 1:51(50) ack 101");
      assertTrue(s.connection.timers().deadlineNs() - nowNs > 100_000_000L);
    }
  }

  /** A bug in an emission: nobody asks this connection again, but the timer does. */
  @Test
  void anExceptionWhileItIsEmittedDoesNotLoseIt() {
    try (ExpectedErrors errors = new ExpectedErrors()) {
      final TestStack s = TestStack.established();
      s.silence(2);
      s.script("< P. 1:101(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 101");
      s.oneCycle("P. 101:201(100) ack 1 win 65535");
      final CongestionControl control = s.connection.sender().control;
      s.connection.sender().control = new Broken();
      s.write(1, 50);
      s.net.poll();
      assertEquals(1, s.net.count(Counter.INTERNAL_ERRORS));
      s.connection.sender().control = control;
      s.script("+0.04 > P. 1:51(50) ack 201");
      s.net.stack.close();
      assertEquals(0, s.net.link.pool().inUse());
      assertEquals(1, errors.logged());
    }
  }

  /** Throws when data is to leave after a pause. */
  private static final class Broken extends StillControl {
    @Override
    public void onRestart(
        final CongestionWindow window, final long idleNs, final long rtoNs, final long nowNs) {
      throw new IllegalStateException("on purpose");
    }
  }

  @Test
  void retransmissionTakesTheAckAlong() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 50);
      s.script(
          "> P. 1:51(50) ack 1",
          "+0.18 < P. 1:101(100) ack 1 win 65535",
          "+0.02 > P. 1:51(50) ack 101");
      s.silence(0.1);
    }
  }

  @Test
  void finIsAcknowledgedAtOnce() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < . 1:101(100) ack 1 win 65535
          < F. 101:101(0) ack 1 win 65535
          > . 1:1(0) ack 102
          """);
      s.silence(0.1);
    }
  }

  @Test
  void ourFinTakesTheAckAlong() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535");
      s.shutdownSend();
      s.script("> F. 1:1(0) ack 101");
      s.silence(0.1);
    }
  }

  /** As behind GRO, and RFC 9293 3.8.6.3 asks for no more than one in two. */
  @Test
  @Rfc9293({"MUST-58", "MUST-59"})
  void burstIsAcknowledgedOnce() {
    try (TestStack s = TestStack.established()) {
      s.burst(
          ". 1:1461(1460) ack 1 win 65535",
          ". 1461:2921(1460) ack 1 win 65535",
          ". 2921:4381(1460) ack 1 win 65535",
          ". 4381:5841(1460) ack 1 win 65535");
      s.script("> . 1:1(0) ack 5841");
      s.silence(0.1);
    }
  }

  @Test
  void pureAcksAreNotAcknowledged() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1(0) ack 1 win 65535", "< . 1:1(0) ack 1 win 60000");
      s.silence(1);
    }
  }

  @Test
  void windowThatDoublesByReadingIsToldInsteadOfTheDelay() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(2920, 2920))) {
      s.script("< . 1:1461(1460) ack 1 win 65535");
      assertEquals(1460, s.read(1, 2000));
      s.script("> . 1:1(0) ack 1461 win 2920");
      s.silence(0.1);
    }
  }

  @Test
  void delayedAckIsNotSentByADeadConnection() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535", "< R 101:101(0) win 0");
      s.silence(1);
    }
  }
}
