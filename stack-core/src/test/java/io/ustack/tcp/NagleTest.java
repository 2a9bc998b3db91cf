package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import org.junit.jupiter.api.Test;

/** Small segments: RFC 9293 3.7.4 (Nagle) and TCP_NODELAY. */
class NagleTest {
  @Test
  @Rfc9293("MUST-60")
  void smallSegmentGoesAtOnceWhenNothingIsOut() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
    }
  }

  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.7.4",
      what = "Nagle, with Minshall's variation (draft-minshall-nagle)",
      by = Nagle.class)
  @Rfc9293({"SHLD-7", "SHLD-27"})
  void smallSegmentsWaitForTheAckAndGoTogether() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.write(11, 20);
      s.write(31, 30);
      s.script("> P. 1:11(10) ack 1", "+0.1 < . 1:1(0) ack 11 win 65535", "> P. 11:61(50) ack 1");
    }
  }

  @Test
  @Rfc9293("SHLD-28")
  void waitingDataGoesAsSoonAsItFillsASegment() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
      s.write(11, 1459);
      s.script("");
      s.write(1470, 1);
      s.script("> P. 11:1471(1460) ack 1");
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.7.4")
  void tailOfALargeWriteDoesNotWait() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2000);
      s.script("> . 1:1461(1460) ack 1", "> P. 1461:2001(540) ack 1");
    }
  }

  /** Minshall: what waits is the small one behind a small one, full ones between or not. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.7.4")
  void secondSmallSegmentWaitsForTheFirst() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2000);
      s.script("> . 1:1461(1460) ack 1", "> P. 1461:2001(540) ack 1");
      s.write(2001, 2000);
      s.script(
          """
          > . 2001:3461(1460) ack 1
          < . 1:1(0) ack 1461 win 65535
          < . 1:1(0) ack 2001 win 65535
          > P. 3461:4001(540) ack 1
          """);
    }
  }

  @Test
  @Rfc9293("MAY-16")
  void corkHoldsSmallSegmentsUntilItIsPulled() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().cork(true);
      s.write(1, 10);
      s.script("");
      s.write(11, 1500);
      s.script("> . 1:1461(1460) ack 1", "< . 1:1(0) ack 1461 win 65535");
      s.silence(0.1);
      s.connection.options().cork(false);
      s.net.poll();
      s.script("> P. 1461:1511(50) ack 1");
    }
  }

  /** As on Linux the timer of window probes sends it: after a timeout, 200 ms at least. */
  @Test
  @Covers(
      rfc = "Linux",
      what = "TCP_CORK, MSG_MORE",
      by = {Nagle.class, ConnectionOptions.class})
  @Rfc9293("MUST-60")
  void corkHoldsForOneTimeout() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().cork(true);
      s.write(1, 10);
      s.script("+0.2 > P. 1:11(10) ack 1", "< . 1:1(0) ack 11 win 65535");
      s.write(11, 10);
      s.silence(0.1);
      s.write(21, 10);
      s.script("+0.1 > P. 11:31(20) ack 1");
      assertEquals(0, s.net.count(Counter.TCP_WINDOW_PROBES_OUT));
    }
  }

  /** Linux: TCP_NODELAY is weaker than the cork, but pushes what is there. */
  @Test
  @Covers(rfc = "Linux", what = "TCP_CORK, MSG_MORE")
  void noDelayPushesOnceThroughACork() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().cork(true);
      s.write(1, 10);
      s.connection.options().noDelay(true);
      s.net.poll();
      s.script("> P. 1:11(10) ack 1");
      s.write(11, 10);
      s.script("");
      s.connection.options().cork(false);
      s.net.poll();
      s.script("> P. 11:21(10) ack 1");
      s.write(21, 10);
      s.script("> P. 21:31(10) ack 1");
    }
  }

  @Test
  void finDoesNotWaitBehindACork() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().cork(true);
      s.write(1, 10);
      s.shutdownSend();
      s.script("> FP. 1:11(10) ack 1");
    }
  }

  /** send(2), MSG_MORE: until something is written without it, or the next ACK. */
  @Test
  @Covers(rfc = "Linux", what = "TCP_CORK, MSG_MORE")
  void whatMoreFollowsWaits() {
    try (TestStack s = TestStack.established()) {
      writeMore(s, 1, 10);
      s.script("");
      s.write(11, 10);
      s.script("> P. 1:21(20) ack 1", "< . 1:1(0) ack 21 win 65535");
      writeMore(s, 21, 1470);
      s.script(
          """
          > . 21:1481(1460) ack 1
          < . 1:1(0) ack 1481 win 65535
          > P. 1481:1491(10) ack 1
          < . 1:1(0) ack 1491 win 65535
          """);
      writeMore(s, 1491, 10);
      s.script("+0.2 > P. 1491:1501(10) ack 1");
    }
  }

  /** Linux tcp_data_snd_check: whatever comes lets out what MSG_MORE held. */
  @Test
  void whatThePeerSendsEndsTheWaitForMore() {
    try (TestStack s = TestStack.established()) {
      writeMore(s, 1, 7);
      s.script("< P. 1:4(3) ack 1 win 65535", "> P. 1:8(7) ack 4");
    }
  }

  private static void writeMore(final TestStack s, final int seq, final int length) {
    s.connection.sendBuffer().write(ScriptedSegment.stream(seq, length), 0, length);
    s.connection.options().moreComes();
    s.net.poll();
  }

  @Test
  @Rfc9293("MUST-17")
  void noDelaySendsEachAtOnce() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().noDelay(true);
      s.write(1, 10);
      s.write(11, 20);
      s.write(31, 30);
      s.script("> P. 1:11(10) ack 1", "> P. 11:31(20) ack 1", "> P. 31:61(30) ack 1");
    }
  }

  @Test
  void noDelayLetsWhatWaitsOut() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.write(11, 20);
      s.script("> P. 1:11(10) ack 1");
      s.connection.options().noDelay(true);
      s.net.poll();
      s.script("> P. 11:31(20) ack 1");
      s.connection.options().noDelay(false);
      s.write(31, 30);
      s.script("");
    }
  }

  @Test
  void noDelayDoesNotOverrunTheWindows() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 100")) {
      s.connection.options().noDelay(true);
      s.write(1, 100);
      s.write(101, 10);
      s.script("> P. 1:101(100) ack 1", "< . 1:1(0) ack 101 win 100", "> P. 101:111(10) ack 1");
    }
  }

  @Test
  void finDoesNotWait() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
      s.write(11, 20);
      s.script("");
      s.shutdownSend();
      s.script("> FP. 11:31(20) ack 1");
    }
  }

  @Test
  void repetitionDoesNotWait() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().noDelay(true);
      s.write(1, 10);
      s.write(11, 10);
      s.script("> P. 1:11(10) ack 1", "> P. 11:21(10) ack 1");
      s.connection.options().noDelay(false);
      s.script("+0.2 > P. 1:21(20) ack 1");
    }
  }

  @Test
  @Rfc9293({"MUST-61", "SHLD-28"})
  void pushMarksTheEndOfWhatIsThere() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2920);
      s.script("> . 1:1461(1460) ack 1", "> P. 1461:2921(1460) ack 1");
      assertEquals(2920, s.connection.sendBuffer().length());
    }
  }
}
