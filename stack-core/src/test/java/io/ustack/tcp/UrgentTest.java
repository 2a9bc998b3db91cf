package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Readiness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes with an urgent pointer (RFC 9293 3.8.5, RFC 6093). */
class UrgentTest {
  private static UrgentMark mark(final TestStack s) {
    return Urgency.mark(s.connection);
  }

  /** Of the mark, counted from where the application reads next. */
  private static int ahead(final TestStack s) {
    final UrgentMark mark = mark(s);
    assertNotNull(mark, "no mark");
    return mark.position() - s.connection.receiveBuffer().readPosition();
  }

  private static void assertByte(final TestStack s, final int streamSeq) {
    assertTrue(mark(s).isThere(), "the byte is not there");
    assertEquals(ScriptedSegment.streamByte(streamSeq), mark(s).urgentByte());
  }

  @ParameterizedTest(name = "pointer {0}")
  @ValueSource(ints = {0, 1, 10, 11, 1000, 65_535})
  @Covers(
      rfc = "RFC 6093",
      what = "the pointer shows the byte behind the urgent one; all bytes stay in the buffer",
      by = Urgency.class)
  void everyByteIsInTheBufferWhereverThePointerPoints(final int pointer) {
    try (TestStack s = TestStack.established()) {
      s.script(
          "< PU. 1:11(10) ack 1 win 65535 urg " + pointer,
          "< PU. 11:21(10) ack 1 win 65535 urg " + pointer,
          "> . 1:1(0) ack 21");
      assertEquals(20, s.read(1, 100));
      assertEquals(0, s.net.stack.counters().drops());
    }
  }

  /** RFC 6093 3.1: the pointer shows the byte behind the urgent one, which Linux goes by. */
  @ParameterizedTest(name = "pointer {0}")
  @ValueSource(ints = {1, 2, 10})
  @Rfc9293({"MUST-30", "MUST-32", "MUST-33", "MUST-62"})
  void theByteBeforeThePointerIsTheUrgentOne(final int pointer) {
    try (TestStack s = TestStack.established()) {
      assertNull(mark(s));
      s.script("< PU. 1:11(10) ack 1 win 65535 urg " + pointer);
      assertEquals(pointer - 1, ahead(s));
      assertByte(s, pointer);
      assertEquals(Readiness.READABLE, s.events.take());
      assertEquals(1, s.net.count(Counter.TCP_URGENT_POINTERS_IN));
      s.script("+0.04 > . 1:1(0) ack 11");
    }
  }

  @Test
  void pointerOfZeroMeansTheFirstByte() {
    try (TestStack s = TestStack.established()) {
      s.script("< PU. 1:11(10) ack 1 win 65535 urg 0", "+0.04 > . 1:1(0) ack 11");
      assertEquals(0, ahead(s));
      assertByte(s, 1);
    }
  }

  /** Without the flag the field means nothing. */
  @Test
  void pointerWithoutFlagMeansNothing() {
    try (TestStack s = TestStack.established()) {
      s.script("< P. 1:11(10) ack 1 win 65535 urg 5", "+0.04 > . 1:1(0) ack 11");
      assertNull(mark(s));
      assertNull(s.connection.urgency, "nothing is made of it");
    }
  }

  /** Only the announcement: the data comes later, in a segment without the flag. */
  @Test
  @Rfc9293("MUST-31")
  void theByteMayComeLater() {
    try (TestStack s = TestStack.established()) {
      s.script("< U. 1:1(0) ack 1 win 65535 urg 15");
      assertEquals(14, ahead(s));
      assertTrue(mark(s).isAwaited());
      assertEquals(0, s.events.take(), "nobody is woken before it is there, as on Linux");
      s.script("< P. 1:11(10) ack 1 win 65535");
      assertTrue(mark(s).isAwaited());
      s.script("< P. 11:21(10) ack 1 win 65535", "> . 1:1(0) ack 21");
      assertByte(s, 15);
      assertEquals(14, ahead(s));
    }
  }

  /** Just behind a segment is not in it. */
  @Test
  void theByteMayBeTheNext() {
    try (TestStack s = TestStack.established()) {
      s.script("< PU. 1:11(10) ack 1 win 65535 urg 11");
      assertTrue(mark(s).isAwaited());
      s.script("< P. 11:12(1) ack 1 win 65535", "> . 1:1(0) ack 12");
      assertByte(s, 11);
    }
  }

  /** From behind a hole the byte is known before the stream gets there. */
  @Test
  @Covers(rfc = "RFC 6093")
  void theByteCountsOutOfOrder() {
    try (TestStack s = TestStack.established()) {
      s.script("< PU. 21:31(10) ack 1 win 65535 urg 3", "> . 1:1(0) ack 1");
      assertEquals(22, ahead(s));
      assertByte(s, 23);
      assertEquals(Readiness.READABLE, s.events.take());
      assertEquals(0, s.connection.receiveBuffer().length());
      s.script("< P. 1:21(20) ack 1 win 65535", "> . 1:1(0) ack 31");
      assertEquals(30, s.read(1, 100));
    }
  }

  /** What came again moves nothing, nor does a pointer to what was received before. */
  @Test
  void oldPointersMoveNothing() {
    try (TestStack s = TestStack.established()) {
      s.script("< P. 1:11(10) ack 1 win 65535", "+0.04 > . 1:1(0) ack 11");
      s.script("< PU. 1:11(10) ack 1 win 65535 urg 10", "> . 1:1(0) ack 11");
      assertNull(mark(s));
      s.script("< U. 11:11(0) ack 1 win 65535 urg 5", "< U. 11:11(0) ack 1 win 65535 urg 3");
      assertEquals(14, ahead(s), "the one that is further");
      final UrgentMark first = mark(s);
      s.script("< U. 11:11(0) ack 1 win 65535 urg 5");
      assertSame(first, mark(s));
      assertEquals(1, s.net.count(Counter.TCP_URGENT_POINTERS_IN));
    }
  }

  /** A later pointer replaces the one before, whose byte is data like any other then. */
  @Test
  @Covers(rfc = "RFC 6093")
  void aLaterPointerReplacesTheOneBefore() {
    try (TestStack s = TestStack.established()) {
      s.script(
          "< PU. 1:11(10) ack 1 win 65535 urg 4",
          "< PU. 11:21(10) ack 1 win 65535 urg 7",
          "> . 1:1(0) ack 21");
      assertEquals(16, ahead(s));
      assertByte(s, 17);
      final int head = s.connection.receiveBuffer().readPosition();
      assertEquals(0, mark(s).skipped(head));
      assertEquals(0, mark(s).skipped(head + 3));
    }
  }

  /** Linux tcp_check_urg: a reader that stands at the old byte will not read it as data. */
  @Test
  void aReaderAtTheOldMarkSkipsItsByte() {
    try (TestStack s = TestStack.established()) {
      s.script("< PU. 1:2(1) ack 1 win 65535 urg 1", "+0.04 > . 1:1(0) ack 2");
      s.script("< PU. 2:3(1) ack 1 win 65535 urg 1", "+0.04 > . 1:1(0) ack 3");
      final int head = s.connection.receiveBuffer().readPosition();
      assertEquals(1, mark(s).skipped(head));
      s.script("< PU. 3:4(1) ack 1 win 65535 urg 1", "+0.04 > . 1:1(0) ack 4");
      assertEquals(2, mark(s).skipped(head), "and the next one, too");
      assertEquals(1, mark(s).skipped(head + 1));
      assertEquals(0, mark(s).skipped(head + 2));
      assertEquals(0, mark(s).skipped(head - 1));
      assertByte(s, 3);
    }
  }

  /** ... but not while its byte has not come. */
  @Test
  void aReaderAtAnAnnouncedMarkSkipsNothing() {
    try (TestStack s = TestStack.established()) {
      s.script("< U. 1:1(0) ack 1 win 65535 urg 1", "< U. 1:1(0) ack 1 win 65535 urg 9");
      assertEquals(0, mark(s).skipped(s.connection.receiveBuffer().readPosition()));
      assertEquals(8, ahead(s));
    }
  }

  /** Once the stream was read beyond it there is no mark, and the next pointer makes a new one. */
  @Test
  void whatWasPassedIsOver() {
    try (TestStack s = TestStack.established()) {
      s.script("< PU. 1:11(10) ack 1 win 65535 urg 10", "+0.04 > . 1:1(0) ack 11");
      mark(s).take();
      assertFalse(mark(s).isThere());
      assertFalse(mark(s).isAwaited());
      assertEquals(10, s.read(1, 100));
      mark(s).pass();
      assertNull(mark(s));
      s.script("< U. 11:11(0) ack 1 win 65535 urg 1");
      assertEquals(0, ahead(s));
    }
  }

  /** A reader that has gone past the mark is not brought back by its byte. */
  @Test
  void aByteBehindTheReaderIsTooLate() {
    try (TestStack s = TestStack.established()) {
      s.script("< U. 1:1(0) ack 1 win 65535 urg 5");
      final UrgentMark mark = mark(s);
      mark.pass();
      mark.put((byte) 1);
      assertTrue(mark.isPassed());
    }
  }

  /** RFC 9293 3.10.7.4: with a closed window, too; the byte of a probe is taken from it. */
  @Test
  @Rfc9293("MUST-66")
  void countsWhenTheWindowIsClosed() {
    final TcpConfig small = TestStack.PLAIN.with().receiveBufferBytes(1500).build();
    try (TestStack s = TestStack.established(small)) {
      s.script("< P. 1:1461(1460) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1461 win 40");
      s.script("< P. 1461:1501(40) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1501 win 0");
      s.script("< U. 1501:1501(0) ack 1 win 65535 urg 1");
      assertEquals(1500, ahead(s));
      assertTrue(mark(s).isAwaited());
      s.script("< PU. 1501:1502(1) ack 1 win 65535 urg 1", "> . 1:1(0) ack 1501 win 0");
      assertByte(s, 1501);
    }
  }

  /** Outside the window nothing is believed. */
  @Test
  void outsideTheWindowNothingCounts() {
    try (TestStack s = TestStack.established()) {
      s.script("< PU. 200000:200010(10) ack 1 win 65535 urg 5", "> . 1:1(0) ack 1");
      s.script("< U. 1:1(0) ack 99 win 65535 urg 5", "> . 1:1(0) ack 1");
      assertNull(mark(s));
    }
  }

  /** RFC 9293 3.10.7.4, sixth: behind the peer's FIN nothing is urgent. */
  @Test
  void behindAFinNothingIsUrgent() {
    try (TestStack s = TestStack.closeWait()) {
      s.script("< U. 2:2(0) ack 1 win 65535 urg 1");
      assertNull(mark(s));
    }
  }

  @Test
  void withAFinItIsHeard() {
    try (TestStack s = TestStack.established()) {
      s.script("< FPU. 1:4(3) ack 1 win 65535 urg 3", "> . 1:1(0) ack 5");
      assertByte(s, 3);
      s.in(TcpState.CLOSE_WAIT);
    }
  }

  @ParameterizedTest(name = "pointer {0}")
  @ValueSource(ints = {0, 1, 65_535})
  @Covers(rfc = "RFC 6093")
  void pointerWithoutDataMovesNothing(final int pointer) {
    try (TestStack s = TestStack.established()) {
      s.script("< U. 1:1(0) ack 1 win 65535 urg " + pointer).silence(1);
      s.script("< FU. 1:1(0) ack 1 win 65535 urg " + pointer, "> . 1:1(0) ack 2");
      s.in(TcpState.CLOSE_WAIT);
    }
  }

  /** Nobody will read it. */
  @Test
  void nothingIsMadeOfItForWhoHasLetGo() {
    try (TestStack s = TestStack.established()) {
      s.closeConnection();
      s.script("> F. 1:1(0) ack 1", "< U. 1:1(0) ack 2 win 65535 urg 1");
      assertNull(s.connection.urgency);
    }
  }

  /** It waits for whoever accepts the connection. */
  @Test
  void waitsForWhoAccepts() {
    try (TestStack s = TestStack.listening()) {
      s.script(
          "< S 0:0(0) win 65535 <mss 1460>",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460>",
          "< . 1:1(0) ack 1 win 65535",
          "< PU. 11:12(1) ack 1 win 65535 urg 1",
          "> . 1:1(0) ack 1");
      s.accept();
      assertByte(s, 11);
    }
  }
}
