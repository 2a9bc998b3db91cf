package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Segments that come in another order than they were sent: RFC 9293 3.10.7.4, RFC 5681 4.2. */
class ReassemblyTest {
  private static <T> void permute(
      final List<T> rest, final List<T> chosen, final List<List<T>> all) {
    if (rest.isEmpty()) {
      all.add(List.copyOf(chosen));
      return;
    }
    for (int i = 0; i < rest.size(); i++) {
      final List<T> fewer = new ArrayList<>(rest);
      chosen.add(fewer.remove(i));
      permute(fewer, chosen, all);
      chosen.remove(chosen.size() - 1);
    }
  }

  private static List<List<String>> orders(final String... segments) {
    final List<List<String>> all = new ArrayList<>();
    permute(List.of(segments), new ArrayList<>(), all);
    return all;
  }

  /** Each order on a connection of its own; the last byte is the one before {@code end}. */
  private static void arrive(final List<List<String>> orders, final int end, final boolean fin) {
    try (TestStack s = TestStack.listening()) {
      for (final List<String> order : orders) {
        s.nextPeer().establish();
        for (final String segment : order) {
          s.burst(segment);
          s.takeSent();
        }
        assertEquals(end - 1, s.read(1, 4000), order::toString);
        s.in(fin ? TcpState.CLOSE_WAIT : TcpState.ESTABLISHED);
        assertEquals(end + (fin ? 1 : 0), s.connection.receiver().rcvNxt() - TestStack.PEER_ISN);
        s.abort();
        s.takeSent();
      }
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.10.7.4, seventh",
      what = "reassembly",
      by = {Receiver.class, OutOfOrder.class})
  @Rfc9293("SHLD-31")
  void fiveSegmentsInEveryOrder() {
    final List<List<String>> orders =
        orders(
            ". 1:101(100) ack 1 win 65535",
            ". 101:201(100) ack 1 win 65535",
            ". 201:301(100) ack 1 win 65535",
            ". 301:401(100) ack 1 win 65535",
            ". 401:501(100) ack 1 win 65535");
    assertEquals(120, orders.size());
    arrive(orders, 501, false);
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4, seventh")
  void overlappingSegmentsInEveryOrder() {
    final List<List<String>> orders =
        orders(
            ". 1:151(150) ack 1 win 65535",
            ". 101:301(200) ack 1 win 65535",
            ". 151:251(100) ack 1 win 65535",
            ". 201:501(300) ack 1 win 65535",
            ". 401:501(100) ack 1 win 65535");
    arrive(orders, 501, false);
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4, eighth", what = "FIN", by = Receiver.class)
  void finInAnyPlace() {
    final List<List<String>> orders =
        orders(
            ". 1:101(100) ack 1 win 65535",
            ". 101:201(100) ack 1 win 65535",
            ". 151:301(150) ack 1 win 65535",
            ". 301:401(100) ack 1 win 65535",
            "F. 401:401(0) ack 1 win 65535");
    arrive(orders, 401, true);
  }

  @Test
  void dataWithFinInAnyPlace() {
    final List<List<String>> orders =
        orders(
            ". 1:101(100) ack 1 win 65535",
            ". 101:201(100) ack 1 win 65535",
            ". 201:301(100) ack 1 win 65535",
            "F. 251:401(150) ack 1 win 65535");
    arrive(orders, 401, true);
  }

  @Test
  @Covers(
      rfc = "RFC 5681",
      clause = "4.2",
      what = "ACKs for out-of-order segments",
      by = Receiver.class)
  @Rfc9293("MAY-13")
  void eachSegmentOutOfOrderIsAnsweredAtOnce() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < . 101:201(100) ack 1 win 65535
          > . 1:1(0) ack 1
          < . 201:301(100) ack 1 win 65535
          > . 1:1(0) ack 1
          < . 301:401(100) ack 1 win 65535
          > . 1:1(0) ack 1
          < . 1:101(100) ack 1 win 65535
          > . 1:1(0) ack 401
          """);
      assertEquals(3, s.net.count(Counter.TCP_OUT_OF_ORDER_SEGMENTS));
      assertEquals("READABLE", TestStack.bits(s.events.take()));
      assertEquals(400, s.read(1, 1000));
    }
  }

  /** RFC 5681 4.2: a segment that fills part of a gap is acknowledged at once, too. */
  @Test
  void fillingPartOfAGapIsAcknowledgedAtOnce() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < . 201:301(100) ack 1 win 65535
          > . 1:1(0) ack 1
          < . 1:101(100) ack 1 win 65535
          > . 1:1(0) ack 101
          < . 101:201(100) ack 1 win 65535
          > . 1:1(0) ack 301
          """);
      s.silence(1);
    }
  }

  /** Each one in a burst gets its duplicate ACK, else the peer would not retransmit fast. */
  @Test
  void burstOutOfOrderGetsAsManyDuplicateAcks() {
    try (TestStack s = TestStack.established()) {
      s.burst(
          ". 101:201(100) ack 1 win 65535",
          ". 201:301(100) ack 1 win 65535",
          ". 301:401(100) ack 1 win 65535");
      s.script(
          """
          > . 1:1(0) ack 1
          > . 1:1(0) ack 1
          > . 1:1(0) ack 1
          """);
    }
  }

  @Test
  void burstInOrderAndThenOutOfOrderGetsBoth() {
    try (TestStack s = TestStack.established()) {
      s.burst(
          ". 1:101(100) ack 1 win 65535",
          ". 101:201(100) ack 1 win 65535",
          ". 301:401(100) ack 1 win 65535",
          ". 401:501(100) ack 1 win 65535",
          ". 501:601(100) ack 1 win 65535");
      s.script(
          """
          > . 1:1(0) ack 201
          > . 1:1(0) ack 201
          > . 1:1(0) ack 201
          > . 1:1(0) ack 201
          """);
    }
  }

  @Test
  @Rfc9293("MUST-59")
  void burstOutOfOrderWhoseHoleIsFilledNeedsOneAck() {
    try (TestStack s = TestStack.established()) {
      s.burst(
          ". 101:201(100) ack 1 win 65535",
          ". 201:301(100) ack 1 win 65535",
          ". 1:101(100) ack 1 win 65535");
      s.script("> . 1:1(0) ack 301");
    }
  }

  @Test
  void burstOfOldAndNewDataIsAcknowledgedAtOnce() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 101");
      s.burst(". 1:101(100) ack 1 win 65535", ". 101:201(100) ack 1 win 65535");
      s.script("> . 1:1(0) ack 201");
    }
  }

  /** A segment with data is no duplicate ACK (RFC 5681 2), so it does not stand for one. */
  @Test
  void dataDoesNotStandForDuplicateAcks() {
    try (TestStack s = TestStack.established()) {
      s.connection.sendBuffer().write(ScriptedSegment.stream(1, 100), 0, 100);
      s.connection.onSendBufferWritten(s.net.clock.nanoTime());
      s.burst(
          ". 101:201(100) ack 1 win 65535",
          ". 201:301(100) ack 1 win 65535",
          ". 301:401(100) ack 1 win 65535");
      s.script(
          """
          > P. 1:101(100) ack 1
          > . 101:101(0) ack 1
          > . 101:101(0) ack 1
          > . 101:101(0) ack 1
          """);
    }
  }

  @Test
  void duplicateAcksOfOneBurstAreBounded() {
    try (TestStack s = TestStack.established()) {
      final String[] burst = new String[200];
      for (int i = 0; i < burst.length; i++) {
        burst[i] = ". 101:102(1) ack 1 win 65535";
      }
      s.burst(burst);
      final int sent = s.takeSent();
      assertEquals(true, sent >= 64 && sent <= 200, () -> "" + sent);
    }
  }

  @ParameterizedTest(name = "wholly old, {0} bytes")
  @ValueSource(ints = {1, 100})
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4, first")
  void wholeOldSegmentIsAnswered(final int length) {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:101(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 101");
      final String old =
          "< . 1:%d(%d) ack 1 win 65535%n> . 1:1(0) ack 101".formatted(1 + length, length);
      s.script(old, old, old);
      assertEquals(100, s.read(1, 1000));
    }
  }

  @Test
  void oldPartIsCutOff() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < . 1:101(100) ack 1 win 65535
          < . 51:151(100) ack 1 win 65535
          > . 1:1(0) ack 151
          """);
      assertEquals(150, s.read(1, 1000));
    }
  }

  @Test
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4, first", what = "acceptability", by = Receiver.class)
  void partBeyondTheWindowIsCutOff() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(2000, 2000))) {
      s.script(
          """
          < . 1:1001(1000) ack 1 win 65535
          < . 1001:2401(1400) ack 1 win 65535
          > . 1:1(0) ack 2001 win 0
          """);
      assertEquals(2000, s.read(1, 4000));
      s.script("> . 1:1(0) ack 2001 win 2000");
    }
  }

  @Test
  void segmentThatReachesFromBeforeTheWindowToBehindItIsCutAtBothEnds() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(2000, 2000))) {
      s.script(
          """
          < . 1:1401(1400) ack 1 win 65535
          < . 1401:1901(500) ack 1 win 65535
          > . 1:1(0) ack 1901 win 100
          < . 1801:2401(600) ack 1 win 65535
          +0.04 > . 1:1(0) ack 2001 win 0
          """);
      assertEquals(2000, s.read(1, 4000));
      s.script("> . 1:1(0) ack 2001 win 2000");
    }
  }

  @Test
  void dataBeyondTheWindowIsAnsweredAndDropped() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(2000, 2000))) {
      s.script(
          """
          < . 2001:2101(100) ack 1 win 65535
          > . 1:1(0) ack 1 win 2000
          < . 9001:9101(100) ack 1 win 65535
          > . 1:1(0) ack 1 win 2000
          """);
      assertEquals(2, s.net.count(DropReason.TCP_OUT_OF_WINDOW));
      assertEquals(0, s.read(1, 10));
    }
  }

  @Test
  void finBeyondTheWindowIsNotBelieved() {
    try (TestStack s = TestStack.established(TestStack.PLAIN.withBuffers(2000, 2000))) {
      s.script(
          """
          < F. 1001:2401(1400) ack 1 win 65535
          > . 1:1(0) ack 1 win 2000
          < . 1:1001(1000) ack 1 win 65535
          > . 1:1(0) ack 2001 win 0
          """);
      s.in(TcpState.ESTABLISHED);
      assertEquals(2000, s.read(1, 4000));
      s.script(
          """
          > . 1:1(0) ack 2001 win 2000
          < F. 2001:2401(400) ack 1 win 65535
          > . 1:1(0) ack 2402 win 1599
          """);
      s.in(TcpState.CLOSE_WAIT);
      assertEquals(400, s.read(2001, 4000));
    }
  }

  /** A FIN in front of data that has arrived contradicts it: the data came first. */
  @Test
  void finInFrontOfArrivedDataIsNotBelieved() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < . 201:301(100) ack 1 win 65535
          > . 1:1(0) ack 1
          < F. 101:201(100) ack 1 win 65535
          > . 1:1(0) ack 1
          < . 1:101(100) ack 1 win 65535
          > . 1:1(0) ack 301
          """);
      s.in(TcpState.ESTABLISHED);
      assertEquals(300, s.read(1, 1000));
    }
  }

  @Test
  void dataBehindTheFinIsCutOff() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < F. 101:201(100) ack 1 win 65535
          > . 1:1(0) ack 1
          < . 201:301(100) ack 1 win 65535
          > . 1:1(0) ack 1
          < . 1:301(300) ack 1 win 65535
          > . 1:1(0) ack 202
          """);
      s.in(TcpState.CLOSE_WAIT);
      assertEquals(200, s.read(1, 1000));
    }
  }

  @Test
  void peerThatMakesTooManyHolesLosesTheSegmentThatMakesOneMore() {
    try (TestStack s = TestStack.established()) {
      for (int i = 1; i <= OutOfOrder.MAX_RANGES + 6; i++) {
        s.script(
            "< . %d:%d(1) ack 1 win 65535".formatted(1 + 2 * i, 2 + 2 * i), "> . 1:1(0) ack 1");
      }
      assertEquals(6, s.net.count(DropReason.TCP_OUT_OF_ORDER_LIMIT));
      // What lies between two of them needs no room of its own.
      s.script("< . 4:5(1) ack 1 win 65535", "> . 1:1(0) ack 1");
      assertEquals(6, s.net.count(DropReason.TCP_OUT_OF_ORDER_LIMIT));
      s.script("< . 1:3(2) ack 1 win 65535", "> . 1:1(0) ack 6");
      assertEquals(5, s.read(1, 100));
    }
  }
}
