package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Small segments: RFC 9293 3.7.4 (Nagle) and TCP_NODELAY. */
class NagleTest {
  @Test
  void smallSegmentGoesAtOnceWhenNothingIsOut() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
    }
  }

  @Test
  void smallSegmentsWaitForTheAckAndGoTogether() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.write(11, 20);
      s.write(31, 30);
      s.script("> P. 1:11(10) ack 1", "+0.1 < . 1:1(0) ack 11 win 65535", "> P. 11:61(50) ack 1");
    }
  }

  @Test
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
  void tailOfALargeWriteWaits() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2000);
      s.script(
          "> . 1:1461(1460) ack 1", "< . 1:1(0) ack 1461 win 65535", "> P. 1461:2001(540) ack 1");
    }
  }

  @Test
  void noDelaySendsEachAtOnce() {
    try (TestStack s = TestStack.established()) {
      s.connection.noDelay(true);
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
      s.connection.noDelay(true);
      s.net.poll();
      s.script("> P. 11:31(20) ack 1");
      s.connection.noDelay(false);
      s.write(31, 30);
      s.script("");
    }
  }

  @Test
  void noDelayDoesNotOverrunTheWindows() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 100")) {
      s.connection.noDelay(true);
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
      s.connection.noDelay(true);
      s.write(1, 10);
      s.write(11, 10);
      s.script("> P. 1:11(10) ack 1", "> P. 11:21(10) ack 1");
      s.connection.noDelay(false);
      s.script("+0.2 > P. 1:21(20) ack 1");
    }
  }

  @Test
  void pushMarksTheEndOfWhatIsThere() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2920);
      s.script("> . 1:1461(1460) ack 1", "> P. 1461:2921(1460) ack 1");
      assertEquals(2920, s.connection.sendBuffer().length());
    }
  }
}
