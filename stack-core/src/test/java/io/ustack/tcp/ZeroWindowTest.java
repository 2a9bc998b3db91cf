package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;

/** A peer that closes its window: RFC 9293 3.8.6.1, RFC 1122 4.2.2.17. */
class ZeroWindowTest {
  /** ESTABLISHED; the peer's window is closed and 2000 bytes wait. */
  private static TestStack closedWindow() {
    final TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 0");
    s.connection.options().noDelay(true);
    s.write(1, 2000);
    return s;
  }

  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.8.6.1",
      what = "zero-window probes",
      by = {Emission.class, Sender.class})
  @Rfc9293({"MUST-36", "SHLD-29", "SHLD-30"})
  void probesBackOffUpToTwoMinutes() {
    try (TestStack s = closedWindow()) {
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          +0.4 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          +0.8 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          +1.6 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          +3.2 > . 1:2(1) ack 1
          +6.4 > . 1:2(1) ack 1
          +12.8 > . 1:2(1) ack 1
          +25.6 > . 1:2(1) ack 1
          +51.2 > . 1:2(1) ack 1
          +102.4 > . 1:2(1) ack 1
          +120 > . 1:2(1) ack 1
          +120 > . 1:2(1) ack 1
          """);
      s.in(TcpState.ESTABLISHED);
      assertEquals(12, s.net.count(Counter.TCP_WINDOW_PROBES_OUT));
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.6.1")
  @Rfc9293("MUST-37")
  void answeredProbesGoOnForEver() {
    try (TestStack s = closedWindow()) {
      double interval = 0.2;
      for (int i = 0; i < 100; i++) {
        s.script("+%s > . 1:2(1) ack 1%n< . 1:1(0) ack 1 win 0".formatted(interval));
        interval = Math.min(2 * interval, 120);
      }
      s.in(TcpState.ESTABLISHED);
      assertEquals(0, s.net.count(Counter.TCP_FAST_RETRANSMITS));
    }
  }

  /** The byte of a probe is not "outstanding data" (RFC 5681 2): its echoes are no duplicates. */
  @Test
  void answersToProbesAreNotDuplicateAcks() {
    try (TestStack s = closedWindow()) {
      final int cwnd = s.connection.sender().window().cwnd();
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          < . 1:1(0) ack 1 win 0
          < . 1:1(0) ack 1 win 0
          < . 1:1(0) ack 1 win 0
          """);
      assertEquals(cwnd, s.connection.sender().window().cwnd());
      assertEquals(0, s.net.count(Counter.TCP_FAST_RETRANSMITS));
      s.script(
          """
          < . 1:1(0) ack 1 win 65535
          > . 1:1461(1460) ack 1
          > P. 1461:2001(540) ack 1
          """);
    }
  }

  @Test
  void unansweredProbesEndTheConnection() {
    try (TestStack s = closedWindow()) {
      double interval = 0.2;
      for (int i = 0; i < 15; i++) {
        s.script("+%s > . 1:2(1) ack 1".formatted(interval));
        interval = Math.min(2 * interval, 120);
      }
      s.silence(119.9);
      s.in(TcpState.ESTABLISHED);
      s.silence(0.2);
      s.in(TcpState.CLOSED);
      assertEquals(Failure.TIMED_OUT, s.connection.failure());
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
    }
  }

  @Test
  void windowUpdateThatWasLostIsFoundByTheProbe() {
    try (TestStack s = closedWindow()) {
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:1(0) ack 2 win 4000
          > . 2:1462(1460) ack 1
          > P. 1462:2001(539) ack 1
          < . 1:1(0) ack 2001 win 4000
          """);
      s.silence(10);
    }
  }

  @Test
  void probeByteIsAcceptedWhileTheWindowStaysClosed() {
    try (TestStack s = closedWindow()) {
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:1(0) ack 2 win 0
          +0.4 > . 2:3(1) ack 1
          < . 1:1(0) ack 3 win 0
          +0.8 > . 3:4(1) ack 1
          < . 1:1(0) ack 4 win 65535
          > . 4:1464(1460) ack 1
          > P. 1464:2001(537) ack 1
          """);
    }
  }

  @Test
  void intervalStartsAgainAfterTheWindowOpened() {
    try (TestStack s = closedWindow()) {
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 0
          +0.4 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 1460
          > . 1:1461(1460) ack 1
          +0.01 < . 1:1(0) ack 1461 win 0
          +0.2 > . 1461:1462(1) ack 1
          """);
    }
  }

  @Test
  void finAloneWaitsBehindAClosedWindow() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.shutdownSend();
      s.script(
          """
          +0.2 > F. 1:1(0) ack 1
          < . 1:1(0) ack 1 win 0
          +0.4 > F. 1:1(0) ack 1
          < . 1:1(0) ack 2 win 0
          """);
      s.in(TcpState.FIN_WAIT_2);
      s.silence(10);
    }
  }

  /** FIN takes a sequence number, so it needs a place in the window (RFC 9293 3.4). */
  @Test
  void finDoesNotRideBeyondTheWindow() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 100")) {
      s.connection.sendBuffer().write(ScriptedSegment.stream(1, 100), 0, 100);
      s.shutdownSend();
      s.script(
          """
          > P. 1:101(100) ack 1
          < . 1:1(0) ack 101 win 0
          +0.2 > F. 101:101(0) ack 1
          < . 1:1(0) ack 101 win 1
          > F. 101:101(0) ack 1
          < . 1:1(0) ack 102 win 1
          """);
      s.in(TcpState.FIN_WAIT_2);
    }
  }

  @Test
  void finBehindDataBehindAClosedWindow() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 0")) {
      s.connection.sendBuffer().write(ScriptedSegment.stream(1, 2), 0, 2);
      s.shutdownSend();
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:1(0) ack 2 win 0
          +0.4 > P. 2:3(1) ack 1
          < . 1:1(0) ack 3 win 0
          +0.8 > F. 3:3(0) ack 1
          < . 1:1(0) ack 4 win 0
          """);
      s.in(TcpState.FIN_WAIT_2);
    }
  }

  /** A window that closed over data in flight: it is lost, and probed for instead. */
  @Test
  @Rfc9293("MAY-7")
  void timeoutWhileTheWindowIsClosed() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2000);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > P. 1461:2001(540) ack 1
          +0.05 < . 1:1(0) ack 1 win 0
          +0.15 > . 1:1461(1460) ack 1
          < . 1:1(0) ack 1 win 0
          +0.4 > . 1:1461(1460) ack 1
          < . 1:1(0) ack 1 win 0
          +0.8 > . 1:1461(1460) ack 1
          < . 1:1(0) ack 1461 win 3000
          > P. 1461:2001(540) ack 1
          """);
    }
  }

  /** The byte of a probe lies beyond the window: an ACK from behind it would not be looked at. */
  @Test
  void acksDuringProbesStayAtTheWindow() {
    try (TestStack s = TestStack.scaled(TestStack.PLAIN).script("< . 1:1(0) ack 1 win 0")) {
      s.write(1, 2000);
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:101(100) ack 1 win 0
          +0.04 > . 1:1(0) ack 101
          """);
    }
  }

  @Test
  void windowThatIsClosedFromTheStart() {
    try (TestStack s = new TestStack().listen(16)) {
      s.script(
          """
          < S 0:0(0) win 0 <mss 1460>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < . 1:1(0) ack 1 win 0
          """);
      s.accept();
      s.write(1, 10);
      s.script(
          """
          +0.2 > . 1:2(1) ack 1
          < . 1:1(0) ack 1 win 1000
          > P. 1:11(10) ack 1
          """);
    }
  }

  /** Linux tcp_probe_timer: nobody waits for an orphan, so a closed window does not hold it. */
  @Test
  void orphanIsNotHeldByAClosedWindowForEver() {
    try (TestStack s = closedWindow()) {
      s.closeConnection();
      s.in(TcpState.FIN_WAIT_1);
      double interval = 0.2;
      for (int i = 0; i < 8; i++) {
        s.script("+%s > . 1:2(1) ack 1%n< . 1:1(0) ack 1 win 0".formatted(interval));
        interval = 2 * interval;
      }
      s.silence(interval + 1);
      s.in(TcpState.CLOSED);
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }
}
