package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.ByteRing;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import org.junit.jupiter.api.Test;

/** The urgent pointer of what we send (RFC 9293 3.8.5), as Linux sets it. */
class UrgentSendTest {
  /** The same as {@link TestStack#write}, with MSG_OOB. */
  private static void writeUrgent(final TestStack s, final int streamSeq, final int length) {
    final ByteRing ring = s.connection.sendBuffer();
    Urgency.of(s.connection).send(ring.writePosition() + length);
    assertEquals(length, s.write(streamSeq, length));
  }

  @Test
  @Rfc9293({"MUST-30", "MUST-62"})
  @Covers(rfc = "RFC 6093")
  void pointerShowsTheByteBehind() {
    try (TestStack s = TestStack.established()) {
      writeUrgent(s, 1, 10);
      s.script("> PU. 1:11(10) ack 1 urg 10", "< . 1:1(0) ack 11 win 65535");
    }
  }

  @Test
  void withoutUrgentDataNothingIsMadeOrSaid() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1", "< . 1:1(0) ack 11 win 65535");
      assertNull(s.connection.urgency);
    }
  }

  /** What is written behind it says nothing; ACKs in front of it do, those behind don't. */
  @Test
  void onlySegmentsInFrontOfTheEndSayIt() {
    try (TestStack s = TestStack.established()) {
      writeUrgent(s, 1, 10);
      s.script("> PU. 1:11(10) ack 1 urg 10");
      s.write(11, 10);
      s.script(
          "> P. 11:21(10) ack 1",
          "< P. 1:11(10) ack 1 win 65535",
          "+0.04 > . 21:21(0) ack 11",
          "< . 11:11(0) ack 21 win 65535");
      s.write(21, 10);
      s.script("> P. 21:31(10) ack 11");
    }
  }

  /** Cut into segments each says how far it is; RFC 9293 3.8.5 knows no bound. */
  @Test
  @Rfc9293("MUST-31")
  void eachSegmentSaysHowFarItIs() {
    try (TestStack s = TestStack.established()) {
      writeUrgent(s, 1, 3000);
      s.script(
          "> U. 1:1461(1460) ack 1 urg 3000",
          "> U. 1461:2921(1460) ack 1 urg 1540",
          "> PU. 2921:3001(80) ack 1 urg 80");
    }
  }

  /** What a later call wrote takes its place. */
  @Test
  void aLaterByteTakesThePlace() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1(0) ack 1 win 0");
      writeUrgent(s, 1, 10);
      writeUrgent(s, 11, 10);
      s.write(21, 10);
      s.script("< . 1:1(0) ack 1 win 65535", "> PU. 1:31(30) ack 1 urg 20");
    }
  }

  @Test
  @Covers(rfc = "RFC 6093")
  void isSaidAgainWithWhatIsSentAgain() {
    try (TestStack s = TestStack.established()) {
      writeUrgent(s, 1, 10);
      s.script(
          "> PU. 1:11(10) ack 1 urg 10",
          "+0.2 > PU. 1:11(10) ack 1 urg 10",
          "< . 1:1(0) ack 5 win 65535",
          "+0.4 > PU. 5:11(6) ack 1 urg 6",
          "< . 1:1(0) ack 11 win 65535");
    }
  }

  /** Nothing waits for company: Linux tcp_nagle_test in urgent mode. */
  @Test
  void waitsForNoCompany() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
      s.write(11, 10);
      s.script("");
      writeUrgent(s, 21, 1);
      s.script("> PU. 11:22(11) ack 1 urg 11");
      s.write(22, 10);
      s.script("> P. 22:32(10) ack 1", "< . 1:1(0) ack 32 win 65535");
      s.write(32, 1);
      s.script("> P. 32:33(1) ack 1");
      s.write(33, 1);
      s.script(""); // over: company is waited for again
    }
  }

  @Test
  void leavesACorkedBottle() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().cork(true);
      s.write(1, 10);
      s.script("");
      writeUrgent(s, 11, 1);
      s.script("> PU. 1:12(11) ack 1 urg 11");
      s.connection.sendBuffer().write(ScriptedSegment.stream(12, 5), 0, 5);
      s.connection.options().moreComes();
      s.net.poll();
      s.script("> P. 12:17(5) ack 1", "< . 1:1(0) ack 17 win 65535");
      s.connection.sendBuffer().write(ScriptedSegment.stream(17, 5), 0, 5);
      s.connection.options().moreComes();
      s.net.poll();
      s.script("");
    }
  }

  /** RFC 9293 3.8.6.1: a probe and an ACK into a closed window announce it. */
  @Test
  @Rfc9293("MUST-32")
  void isAnnouncedToAClosedWindow() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1(0) ack 1 win 0");
      writeUrgent(s, 1, 100);
      s.script(
          "< P. 1:11(10) ack 1 win 0",
          "+0.04 > U. 1:1(0) ack 11 urg 100",
          "+0.16 > U. 1:2(1) ack 11 urg 100");
    }
  }

  /** More than 16 bits can say: as far as it goes. */
  @Test
  void whatIsFartherThan16BitsIsSaidAsFarAsItGoes() {
    try (TestStack s = TestStack.scaled(bigBuffer())) {
      s.script("< . 1:1(0) ack 1 win 0");
      writeUrgent(s, 1, 100_000);
      s.script("< . 1:1(0) ack 1 win 12", "> U. 1:1461(1460) ack 1 urg 65535");
      s.abort();
      s.takeSent();
    }
  }

  /**
   * ... unless it is the repetition of a segment that far behind: there it would say too little.
   */
  @Test
  void farBehindWhatWasSentNothingIsSaid() {
    final TcpConfig config = bigBuffer().with().initialWindowSegments(60).build();
    try (TestStack s = TestStack.scaled(config)) {
      s.script("< . 1:1(0) ack 1 win 1023");
      writeUrgent(s, 1, 150_000);
      final int sent = s.takeSent();
      assertTrue(1 + sent * 1460 > 65_536, "too little to tell");
      s.net.advance(200_000_000);
      s.script("> . 1:1461(1460) ack 1");
      s.abort();
      s.takeSent();
    }
  }

  private static TcpConfig bigBuffer() {
    return TestStack.PLAIN.with().sendBufferBytes(200_000).build();
  }

  /** A reset has nothing to add. */
  @Test
  void aResetDoesNotSayIt() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1(0) ack 1 win 0");
      writeUrgent(s, 1, 10);
      s.abort();
      s.script("> R. 1:1(0) ack 1");
    }
  }

  /** Positions come round after 4 GiB: what is over is forgotten before. */
  @Test
  void whatIsAcknowledgedIsForgotten() {
    try (TestStack s = TestStack.established()) {
      writeUrgent(s, 1, 10);
      final Urgency urgency = s.connection.urgency;
      final Sender sender = s.connection.sender();
      s.script("> PU. 1:11(10) ack 1 urg 10", "< . 1:1(0) ack 11 win 65535");
      assertFalse(urgency.isSending(sender));
      // As if three GiB had been sent since, which would put the old end in front again.
      for (int i = 0; i < 3; i++) {
        s.connection.sendBuffer().publish(1 << 30);
        s.connection.sendBuffer().discard(1 << 30);
      }
      assertFalse(urgency.isSending(sender));
    }
  }
}
