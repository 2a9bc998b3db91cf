package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.readiness.Readiness;
import org.junit.jupiter.api.Test;

/** What is told of data that was not sent, to who asked for it (TCP_NOTSENT_LOWAT, SIOCOUTQNSD). */
class NotSentTest {
  private static final TcpConfig ASKED = TestStack.PLAIN.with().notSentLowBytes(1).build();

  private static void assertNotSent(final TestStack s, final int bytes) {
    final ConnectionOptions options = s.connection.options();
    assertEquals(bytes, options.unsentBytes());
    assertEquals(bytes, s.connection.sendBuffer().writePosition() - options.sentPosition());
  }

  @Test
  void eachSegmentThatLeavesIsTold() {
    try (TestStack s = TestStack.established(ASKED)) {
      assertNotSent(s, 0);
      s.write(1, 10);
      assertEquals(Readiness.SENT, s.events.take());
      assertNotSent(s, 0);
      s.script("> P. 1:11(10) ack 1");
      s.script("< . 1:1(0) ack 11 win 5");
      assertEquals(Readiness.SENT, s.events.take(), "and each ACK");
      s.write(11, 10);
      assertEquals(0, s.events.take(), "the window is too small");
      assertNotSent(s, 10);
    }
  }

  @Test
  void nobodyIsToldWhoDidNotAsk() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1", "< . 1:1(0) ack 11 win 65535");
      assertEquals(0, s.events.take());
    }
  }

  /** A probe's byte is sent when it is acknowledged: only then SND.NXT moves. */
  @Test
  void theByteOfAProbeCountsWhenItIsAcknowledged() {
    try (TestStack s = TestStack.established(ASKED)) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.write(1, 1);
      s.script("+0.2 > P. 1:2(1) ack 1");
      assertNotSent(s, 1);
      s.events.take();
      s.script("< . 1:1(0) ack 2 win 0");
      assertEquals(Readiness.SENT, s.events.take());
      assertNotSent(s, 0);
    }
  }

  /** A FIN is a byte of what SIOCOUTQNSD and SIOCOUTQ count, and none of the buffer's. */
  @Test
  void aFinCountsAsSequenceSpace() {
    try (TestStack s = TestStack.established(ASKED)) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.write(1, 10);
      s.shutdownSend();
      assertEquals(11, s.connection.options().unsentBytes());
      assertEquals(11, s.connection.options().unacknowledgedBytes());
      s.script("< . 1:1(0) ack 1 win 65535", "> FP. 1:11(10) ack 1");
      assertEquals(0, s.connection.options().unsentBytes());
      assertEquals(11, s.connection.options().unacknowledgedBytes());
      assertEquals(10, s.connection.options().sentPosition());
      s.script("< . 1:1(0) ack 12 win 65535");
      assertEquals(0, s.connection.options().unacknowledgedBytes());
      assertEquals(10, s.connection.options().sentPosition());
    }
  }
}
