package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Windows of both sides: RFC 9293 3.8.6.2, RFC 7323 2. */
class WindowTest {
  private static final int MSS = 1460;

  // ---- The peer's window, which we must not overrun

  @Test
  void sendsWhatTheWindowTakesAndNoMore() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 2920")) {
      s.write(1, 5000);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > . 1461:2921(1460) ack 1
          < . 1:1(0) ack 1461 win 2920
          > . 2921:4381(1460) ack 1
          < . 1:1(0) ack 4381 win 2920
          > P. 4381:5001(620) ack 1
          """);
    }
  }

  @Test
  @Covers(
      rfc = "RFC 7323",
      clause = "2",
      what = "window scale",
      by = {TcpOptions.class, Sender.class, Receiver.class})
  @Rfc9293("REC-1")
  void scaledWindowCounts() {
    try (TestStack s = TestStack.scaled(TestStack.PLAIN)) {
      assertEquals(512 << 7, s.connection.sender().sndWnd());
      s.script("< . 1:1(0) ack 1 win 12");
      assertEquals(12 << 7, s.connection.sender().sndWnd());
      s.write(1, 3000);
      s.script(
          """
          > . 1:1461(1460) ack 1
          < . 1:1(0) ack 1461 win 12
          > . 1461:2921(1460) ack 1
          < . 1:1(0) ack 2921 win 12
          > P. 2921:3001(80) ack 1
          """);
    }
  }

  /** RFC 9293 3.8.6.2.1 (3): half of the largest window is worth a segment. */
  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.8.6.2.1",
      what = "sender's silly window avoidance",
      by = Sender.class)
  @Rfc9293("MUST-38")
  void halfOfALargestSmallWindowIsWorthASegment() {
    try (TestStack s = smallWindowFromTheStart(600)) {
      s.write(1, 2000);
      s.script(
          """
          > . 1:601(600) ack 1
          < . 1:1(0) ack 601 win 300
          > . 601:901(300) ack 1
          < . 1:1(0) ack 901 win 299
          +0.2 > . 901:1200(299) ack 1
          """);
    }
  }

  private static TestStack smallWindowFromTheStart(final int window) {
    final TestStack s =
        new TestStack()
            .listen(16)
            .script(
                "< S 0:0(0) win %d <mss 1460>".formatted(window),
                "> S. 0:0(0) ack 1 win 65535 <mss 1460>",
                "< . 1:1(0) ack 1 win %d".formatted(window));
    s.accept();
    return s;
  }

  /** RFC 9293 3.8.6.2.1 (4): a window too small to be worth it is used after the timeout. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.6.2.1")
  @Rfc9293("MUST-38")
  void sillyWindowIsUsedOnlyAfterTheOverride() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 500")) {
      s.write(1, 3000);
      s.script(
          """
          +0.2 > . 1:501(500) ack 1
          < . 1:1(0) ack 501 win 500
          +0.2 > . 501:1001(500) ack 1
          < . 1:1(0) ack 1001 win 1460
          > . 1001:2461(1460) ack 1
          """);
      assertEquals(0, s.net.count(io.ustack.counter.Counter.TCP_WINDOW_PROBES_OUT));
    }
  }

  /** The override's time runs from when the data had to wait, whatever else the peer says. */
  @Test
  void chatterOfThePeerDoesNotPutTheOverrideOff() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 500")) {
      s.write(1, 3000);
      s.script(
          """
          +0.15 < . 1:101(100) ack 1 win 500
          +0.04 > . 1:1(0) ack 101
          +0.01 > . 1:501(500) ack 101
          """);
    }
  }

  @Test
  void lastPieceFitsTheSmallWindow() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 500")) {
      s.write(1, 400);
      s.script("> P. 1:401(400) ack 1");
    }
  }

  @Test
  @Rfc9293({"MUST-34", "MUST-35", "SHLD-15"})
  void peerThatShrinksItsWindowIsObeyed() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 4380")) {
      s.write(1, 10_000);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > . 1461:2921(1460) ack 1
          > . 2921:4381(1460) ack 1
          < . 1:1(0) ack 1461 win 1460
          < . 1:1(0) ack 2921 win 0
          < . 1:1(0) ack 4381 win 0
          +0.2 > . 4381:4382(1) ack 1
          """);
      assertTrue(s.connection.sender().sndWnd() == 0);
    }
  }

  /** SND.WL1 and SND.WL2: RFC 9293 3.10.7.4, fifth. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4, fifth", what = "SND.WL1 and WL2", by = Sender.class)
  void oldSegmentDoesNotSetTheWindow() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < . 1:101(100) ack 1 win 5000
          < . 101:201(100) ack 1 win 4000
          > . 1:1(0) ack 201
          < . 101:201(100) ack 1 win 9000
          > . 1:1(0) ack 201
          """);
      assertEquals(4000, s.connection.sender().sndWnd());
    }
  }

  @Test
  void newerAckWithTheSameSequenceNumberSetsTheWindow() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1(0) ack 1 win 4000", "< . 1:1(0) ack 1 win 3000");
      assertEquals(3000, s.connection.sender().sndWnd());
    }
  }

  /** RFC 9293 3.10.7.4: only if SND.UNA =< SEG.ACK, for the window counts from there. */
  @Test
  void oldAckDoesNotSetTheWindowEvenWithNewData() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2 * MSS);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > P. 1461:2921(1460) ack 1
          < . 1:1(0) ack 2921 win 3000
          < . 101:201(100) ack 1461 win 9000
          > . 2921:2921(0) ack 1
          """);
      assertEquals(3000, s.connection.sender().sndWnd());
    }
  }

  /**
   * An ACK that moves SND.UNA is never old, whatever its sequence number (Linux
   * tcp_may_update_window): else the old window would count from the new SND.UNA.
   */
  @Test
  void retransmissionThatAcknowledgesNewDataSetsTheWindow() {
    try (TestStack s = TestStack.established()) {
      s.write(1, MSS);
      s.script(
          """
          > P. 1:1461(1460) ack 1
          < . 101:201(100) ack 1 win 2000
          > . 1461:1461(0) ack 1
          < . 1:101(100) ack 1461 win 540
          > . 1461:1461(0) ack 201
          """);
      assertEquals(540, s.connection.sender().sndWnd());
    }
  }

  /**
   * The peer rounds its window down, so its edge seems to move left by less than one unit (RFC 7323
   * 2.4). An ACK from there would be an old segment to a peer that has everything already.
   */
  @Test
  void roundingOfThePeersWindowDoesNotMakeOurAcksOld() {
    try (TestStack s = TestStack.scaled(TestStack.PLAIN)) {
      s.connection.options().noDelay(true);
      s.script("< . 1:1(0) ack 1 win 100");
      s.write(1, 100 << 7);
      final String[] sent = new String[9];
      for (int i = 0; i < 9; i++) {
        final int length = Math.min(MSS, (100 << 7) - i * MSS);
        final int seq = 1 + i * MSS;
        final String flags = i == 8 ? "P." : ".";
        sent[i] = "> %s %d:%d(%d) ack 1".formatted(flags, seq, seq + length, length);
      }
      s.script(sent);
      // 12800 - 1460 = 11340 is 88.6 units.
      s.script(
          "< . 1:1(0) ack 1461 win 88",
          "< . 1:101(100) ack 1461 win 88",
          "+0.04 > . 12801:12801(0) ack 101");
    }
  }

  @Test
  void ackOfAnEndWhoseWindowReallyShrankStaysInside() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2 * MSS);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > P. 1461:2921(1460) ack 1
          < . 1:101(100) ack 1 win 1000
          +0.04 > . 1001:1001(0) ack 101
          """);
    }
  }

  @Test
  void ackToAPeerWhoseSynHadNoWindow() {
    try (TestStack s = new TestStack().listen(16)) {
      s.script(
          """
          < S 0:0(0) win 0 <mss 1460>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < S 100:100(0) win 0
          > . 1:1(0) ack 1
          """);
    }
  }

  // ---- Our window

  @Test
  void windowFollowsTheBuffer() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(10_000, 10_000))) {
      s.script(
          """
          < . 1:1461(1460) ack 1 win 65535
          < . 1461:2921(1460) ack 1 win 65535
          > . 1:1(0) ack 2921 win 7080
          """);
      assertEquals(2920, s.read(1, 4000));
      s.script(
          """
          < . 2921:4381(1460) ack 1 win 65535
          < . 4381:5841(1460) ack 1 win 65535
          > . 1:1(0) ack 5841 win 7080
          """);
    }
  }

  /** Linux tcp_cleanup_rbuf: told at once is only a window that is twice what the peer knows. */
  @Test
  void whoReadsAtOnceAcknowledgesEverySecondSegment() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(100_000, 10_000))) {
      for (int n = 0; n < 20; n++) {
        final int at = 1 + n * 1460;
        s.burst(". %d:%d(1460) ack 1 win 65535".formatted(at, at + 1460));
        if (n % 2 == 1) {
          s.script("> . 1:1(0) ack %d win 65535".formatted(at + 1460));
        }
        assertEquals(1460, s.read(at, 2000));
        s.expectNothing();
      }
    }
  }

  /** RFC 9293 3.8.6.2.2: the window opens by a segment or half the buffer, never by crumbs. */
  @Test
  @Covers(rfc = "RFC 9293", clause = "3.8.6.2.2", what = "receiver's", by = Receiver.class)
  @Rfc9293("MUST-39")
  void readingInCrumbsOpensTheWindowInSegments() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(2920, 2920))) {
      s.script(
          """
          < . 1:1461(1460) ack 1 win 65535
          < . 1461:2921(1460) ack 1 win 65535
          > . 1:1(0) ack 2921 win 0
          """);
      for (int i = 0; i < 14; i++) {
        assertEquals(100, s.read(1 + 100 * i, 100));
        s.expectNothing();
      }
      assertEquals(59, s.read(1401, 59));
      s.expectNothing();
      assertEquals(1, s.read(1460, 1));
      s.script("> . 1:1(0) ack 2921 win 1460");
    }
  }

  @Test
  void smallBufferOpensByHalves() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(1000, 1000))) {
      s.script(
          """
          < . 1:1001(1000) ack 1 win 65535
          +0.04 > . 1:1(0) ack 1001 win 0
          """);
      assertEquals(499, s.read(1, 499));
      s.expectNothing();
      assertEquals(1, s.read(500, 1));
      s.script("> . 1:1(0) ack 1001 win 500");
    }
  }

  @Test
  @Rfc9293("MAY-8")
  void closedWindowIsToldAgainToAProbe() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(1000, 1000))) {
      s.script(
          """
          < . 1:1001(1000) ack 1 win 65535
          +0.04 > . 1:1(0) ack 1001 win 0
          +0.2 < . 1001:1002(1) ack 1 win 65535
          > . 1:1(0) ack 1001 win 0
          +0.4 < . 1000:1000(0) ack 1 win 65535
          > . 1:1(0) ack 1001 win 0
          """);
      assertEquals(1000, s.read(1, 2000));
      s.script("> . 1:1(0) ack 1001 win 1000");
    }
  }

  @Test
  @Rfc9293("MUST-66")
  void ackOfASegmentWithAClosedWindowCounts() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(1000, 1000))) {
      s.script("< . 1:1001(1000) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1001 win 0");
      s.write(1, 10);
      s.script(
          """
          > P. 1:11(10) ack 1001 win 0
          < . 1001:1101(100) ack 11 win 65535
          > . 11:11(0) ack 1001 win 0
          """);
      s.silence(1);
    }
  }

  /** RFC 7323 2.4: rounding never takes back more than a unit, and what was offered is taken. */
  @Test
  @Covers(rfc = "RFC 7323", clause = "2.4", what = "rounding of the window", by = Receiver.class)
  @Rfc9293("SHLD-14")
  void roundedWindowNeverTakesBackWhatWasOffered() {
    final TcpConfig config = TestStack.PLAIN.withBuffers(100_000, 100_000);
    try (TestStack s = TestStack.scaled(config)) {
      long edge = 0;
      int at = 1;
      for (int i = 0; i < 40; i++) {
        final int length = 101 + i;
        s.burst(". %d:%d(%d) ack 1 win 512".formatted(at, at + length, length));
        at += length;
        s.net.advance(50_000_000);
        final byte[] frame = s.net.takeFrame();
        final int window = java.nio.ByteBuffer.wrap(frame).getShort(48) & 0xFFFF;
        final long newEdge = at + ((long) window << 7);
        assertTrue(newEdge > edge - 128, "moved left by " + (edge - newEdge));
        edge = Math.max(edge, newEdge);
      }
      // All of it arrives at once, up to the last byte ever offered.
      final long end = edge;
      while (at < end) {
        final int length = (int) Math.min(MSS, end - at);
        s.burst(". %d:%d(%d) ack 1 win 512".formatted(at, at + length, length));
        at += length;
        s.takeSent();
      }
      assertEquals(at - 1, s.read(1, 200_000));
      s.takeSent();
    }
  }

  @ParameterizedTest(name = "peer offers {0}, we offer {1}: fields count {2} and {3}")
  @CsvSource({"0, 7, 1, 128", "14, 7, 16384, 128", "15, 7, 16384, 128", "255, 7, 16384, 128"})
  @Rfc9293("REC-1")
  void shiftsOfBothEnds(final int peers, final int ours, final int peerUnit, final int ourUnit) {
    try (TestStack s = new TestStack().listen(16)) {
      s.script(
          "< S 0:0(0) win 1000 <mss 1460,nop,wscale %d>".formatted(peers),
          "> S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale %d>".formatted(ours),
          "< . 1:1(0) ack 1 win 3");
      s.accept();
      assertEquals(3 * peerUnit, s.connection.sender().sndWnd());
      s.script(
          "< . 1:101(100) ack 1 win 3", "+0.04 > . 1:1(0) ack 101 win " + (131072 - 100) / ourUnit);
    }
  }

  @Test
  @Covers(rfc = "RFC 7323", clause = "2")
  void windowOfASynIsNotScaled() {
    try (TestStack s = TestStack.synSent()) {
      s.script("< S. 0:0(0) ack 1 win 1000 <mss 1460,nop,wscale 7>", "> . 1:1(0) ack 1 win 1024");
      assertEquals(1000, s.connection.sender().sndWnd());
    }
  }
}
