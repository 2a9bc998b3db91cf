package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * RFC 9293 3.10.7.1 to 3.10.7.3 row by row, and 3.10.7.4 for SYN-RECEIVED: the answer and what
 * remains.
 */
class EarlyArrivalTest {
  private static void arrives(final TestStack s, final String segment, final String answer) {
    s.script("< " + segment, answer == null ? "" : "> " + answer);
  }

  // ---- CLOSED: nobody listens (3.10.7.1)

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          S 100:100(0) win 65535             | R. 0:0(0) ack 101 win 0
          S 100:110(10) win 65535            | R. 0:0(0) ack 111 win 0
          SF 100:100(0) win 65535            | R. 0:0(0) ack 102 win 0
          S. 100:100(0) ack 500 win 65535    | R 500:500(0) win 0
          . 100:100(0) ack 500 win 65535     | R 500:500(0) win 0
          P. 100:110(10) ack 500 win 65535   | R 500:500(0) win 0
          F. 100:100(0) ack 500 win 65535    | R 500:500(0) win 0
          F 100:100(0) win 65535             | R. 0:0(0) ack 101 win 0
          P 100:110(10) win 65535            | R. 0:0(0) ack 110 win 0
          - 100:100(0) win 65535             | R. 0:0(0) ack 100 win 0
          UP 100:100(0) win 65535            | R. 0:0(0) ack 100 win 0
          FPU. 100:100(0) ack 500 win 65535  | R 500:500(0) win 0
          R 100:100(0) win 0                 |
          R. 100:100(0) ack 500 win 0        |
          SR 100:100(0) win 0                |
          SFRPU. 100:100(0) ack 500 win 0    |
          """)
  @Covers(rfc = "RFC 9293", clause = "3.10.7.1", what = "CLOSED", by = Tcp.class)
  void closed(final String segment, final String answer) {
    try (TestStack s = new TestStack()) {
      arrives(s, segment, answer);
      assertEquals(1, s.net.count(DropReason.TCP_NO_CONNECTION));
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  // ---- LISTEN (3.10.7.2)

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          R 100:100(0) win 0                 |
          R. 100:100(0) ack 1 win 0          |
          SR 100:100(0) win 0                |
          . 100:100(0) ack 500 win 65535     | R 500:500(0) win 0
          S. 100:100(0) ack 500 win 65535    | R 500:500(0) win 0
          F. 100:100(0) ack 500 win 65535    | R 500:500(0) win 0
          P. 100:110(10) ack 500 win 65535   | R 500:500(0) win 0
          SFRPU. 100:100(0) ack 500 win 0    |
          F 100:100(0) win 65535             |
          P 100:110(10) win 65535            |
          - 100:100(0) win 65535             |
          SF 100:100(0) win 65535            |
          """)
  @Covers(rfc = "RFC 9293", clause = "3.10.7.2", what = "LISTEN", by = PassiveOpen.class)
  void listenTakesNothingButSyn(final String segment, final String answer) {
    try (TestStack s = TestStack.listening()) {
      arrives(s, segment, answer);
      assertEquals(1, s.net.count(DropReason.TCP_LISTEN_NOT_SYN));
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "S 0:0(0) win 65535",
        "SP 0:0(0) win 65535",
        "SU 0:0(0) win 65535",
        "S 0:10(10) win 65535"
      })
  @Covers(rfc = "RFC 9293", clause = "3.10.7.2")
  void listenAnswersSyn(final String segment) {
    try (TestStack s = TestStack.listening()) {
      arrives(s, segment, "S. 0:0(0) ack 1 win 65535 <mss 1460>");
      assertEquals(1, s.net.stack.tcp().connections());
    }
  }

  @Test
  void synFromPortZeroIsDropped() {
    try (TestStack s = TestStack.listening()) {
      s.peerPort(0);
      arrives(s, "S 0:0(0) win 65535", null);
      assertEquals(1, s.net.count(DropReason.TCP_LISTEN_NOT_SYN));
    }
  }

  // ---- SYN-SENT (3.10.7.3); our ISS is 0, SND.NXT is 1

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          S. 0:0(0) ack 0 win 65535          | R 0:0(0) win 0
          S. 0:0(0) ack 2 win 65535          | R 2:2(0) win 0
          S. 0:0(0) ack 2000000000 win 65535 | R 2000000000:2000000000(0) win 0
          . 0:0(0) ack 0 win 65535           | R 0:0(0) win 0
          . 0:0(0) ack 2 win 65535           | R 2:2(0) win 0
          F. 0:0(0) ack 2 win 65535          | R 2:2(0) win 0
          R. 0:0(0) ack 0 win 0              |
          R. 0:0(0) ack 2 win 0              |
          R 0:0(0) win 0                     |
          SR 0:0(0) win 0                    |
          . 0:0(0) ack 1 win 65535           |
          P. 0:10(10) ack 1 win 65535        |
          F. 0:0(0) ack 1 win 65535          |
          F 0:0(0) win 65535                 |
          - 0:0(0) win 65535                 |
          """)
  @Covers(rfc = "RFC 9293", clause = "3.10.7.3", what = "SYN-SENT", by = SegmentArrival.class)
  void synSentStays(final String segment, final String answer) {
    try (TestStack s = TestStack.synSent()) {
      final long drops = s.net.stack.counters().drops();
      arrives(s, segment, answer);
      assertEquals(1, s.net.stack.counters().drops() - drops);
      s.in(TcpState.SYN_SENT);
      s.script("+1 > S 0:0(0) win 65535 " + s.synOptions(1));
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {"R. 0:0(0) ack 1 win 0", "R. 77:77(0) ack 1 win 9", "SFRPU. 0:0(0) ack 1 win 0"})
  @Covers(rfc = "RFC 9293", clause = "3.10.7.3")
  void synSentIsRefused(final String segment) {
    try (TestStack s = TestStack.synSent()) {
      arrives(s, segment, null);
      s.in(TcpState.CLOSED);
      assertEquals(Failure.CONNECTION_REFUSED, s.connection.failure());
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
    }
  }

  @ParameterizedTest(name = "{0} makes {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          S. 0:0(0) ack 1 win 65535 <mss 1460>  | . 1:1(0) ack 1  | ESTABLISHED
          SPU. 0:0(0) ack 1 win 65535           | . 1:1(0) ack 1  | ESTABLISHED
          SE. 0:0(0) ack 1 win 65535            | . 1:1(0) ack 1  | ESTABLISHED
          S. 0:10(10) ack 1 win 65535           | . 1:1(0) ack 11 | ESTABLISHED
          SF. 0:0(0) ack 1 win 65535            | . 1:1(0) ack 2  | CLOSE_WAIT
          SF. 0:10(10) ack 1 win 65535          | . 1:1(0) ack 12 | CLOSE_WAIT
          S 0:0(0) win 65535                    | S. 0:0(0) ack 1 win 65535 <mss 1460> | SYN_RECEIVED
          S 0:10(10) win 65535                  | S. 0:0(0) ack 1 win 65535 <mss 1460> | SYN_RECEIVED
          SF 0:0(0) win 65535                   | S. 0:0(0) ack 1 win 65535 <mss 1460> | SYN_RECEIVED
          """)
  @Covers(rfc = "RFC 9293", clause = "3.10.7.3")
  void synSentMovesOn(final String segment, final String answer, final TcpState after) {
    try (TestStack s = TestStack.synSent()) {
      arrives(s, segment, answer);
      s.in(after);
      s.silence(0.5);
    }
  }

  @Test
  void dataOnTheSynAckIsReadable() {
    try (TestStack s = TestStack.synSent()) {
      arrives(s, "S. 0:10(10) ack 1 win 65535", ". 1:1(0) ack 11");
      assertEquals("READABLE|WRITABLE", TestStack.bits(s.events.take()));
      assertEquals(10, s.read(1, 100));
    }
  }

  // ---- SYN-RECEIVED (3.10.7.4); our ISS is 0, RCV.NXT is 1

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          S 0:0(0) win 65535                 | S. 0:0(0) ack 1 win 65535 <mss 1460>
          S 0:10(10) win 65535               | S. 0:0(0) ack 1 win 65535 <mss 1460>
          S 9:9(0) win 65535                 | . 1:1(0) ack 1
          S. 9:9(0) ack 1 win 65535          | . 1:1(0) ack 1
          S 70000:70000(0) win 65535         | . 1:1(0) ack 1
          . 0:0(0) ack 1 win 65535           | . 1:1(0) ack 1
          . 70000:70000(0) ack 1 win 65535   | . 1:1(0) ack 1
          . 70000:70010(10) ack 1 win 65535  | . 1:1(0) ack 1
          . 1:1(0) ack 0 win 65535           | R 0:0(0) win 0
          . 1:1(0) ack 2 win 65535           | R 2:2(0) win 0
          P. 1:11(10) ack 2 win 65535        | R 2:2(0) win 0
          F. 1:1(0) ack 2 win 65535          | R 2:2(0) win 0
          R 2:2(0) win 0                     | . 1:1(0) ack 1
          R 0:0(0) win 0                     |
          R 70000:70000(0) win 0             |
          - 1:1(0) win 65535                 |
          F 1:1(0) win 65535                 |
          P 1:11(10) win 65535               |
          """)
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4", what = "SYN-RECEIVED", by = SegmentArrival.class)
  void synReceivedStays(final String segment, final String answer) {
    try (TestStack s = TestStack.synReceived()) {
      arrives(s, segment, answer);
      s.in(TcpState.SYN_RECEIVED);
      assertEquals(0, s.events.take());
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {"R 1:1(0) win 0", "R. 1:1(0) ack 0 win 0", "SFRPU. 1:1(0) ack 1 win 65535"})
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4", what = "SYN-RECEIVED")
  @Rfc9293("MUST-11")
  void synReceivedIsReset(final String segment) {
    try (TestStack s = TestStack.synReceived()) {
      arrives(s, segment, null);
      s.in(TcpState.CLOSED);
      assertEquals(0, s.net.stack.tcp().connections());
      // Back to LISTEN, and the place in the SYN queue is free.
      s.listener().backlog(1);
      s.script("< S 0:0(0) win 65535", "> S. 0:0(0) ack 1 win 65535 <mss 1460>");
    }
  }

  @ParameterizedTest(name = "{0} makes {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          . 1:1(0) ack 1 win 65535           |                       | ESTABLISHED
          . 9:9(0) ack 1 win 65535           |                       | ESTABLISHED
          P. 1:11(10) ack 1 win 65535        | +0.04 > . 1:1(0) ack 11 | ESTABLISHED
          F. 1:1(0) ack 1 win 65535          | > . 1:1(0) ack 2      | CLOSE_WAIT
          F. 1:11(10) ack 1 win 65535        | > . 1:1(0) ack 12     | CLOSE_WAIT
          P. 11:21(10) ack 1 win 65535       | > . 1:1(0) ack 1      | ESTABLISHED
          """)
  @Covers(rfc = "RFC 9293", clause = "3.10.7.4", what = "SYN-RECEIVED")
  void synReceivedCompletes(final String segment, final String answer, final TcpState after) {
    try (TestStack s = TestStack.synReceived()) {
      s.script("< " + segment, answer == null ? "" : answer);
      assertTrue(s.listener().isReadable());
      assertNotNull(s.accept());
      s.in(after);
    }
  }

  /** RFC 9293 3.5, figure 7, and what Linux tcp_validate_incoming lets pass for it. */
  @Test
  @Covers(
      rfc = "RFC 9293",
      clause = "3.5, figure 7",
      what = "simultaneous open",
      by = SegmentArrival.class)
  @Rfc9293("MUST-10")
  void simultaneousOpenCompletesByTheCrossedSynAck() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < S. 0:0(0) ack 1 win 65535 <mss 1460>
          """);
      s.in(TcpState.ESTABLISHED);
      assertEquals("WRITABLE", TestStack.bits(s.events.take()));
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
    }
  }

  @Test
  void simultaneousOpenCompletesByAnAck() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < . 1:1(0) ack 1 win 65535
          """);
      s.in(TcpState.ESTABLISHED);
    }
  }

  /** SYN and SYN-ACK in one burst: our SYN-ACK was never sent, yet the peer must hear of it. */
  @Test
  void simultaneousOpenInOneBurst() {
    try (TestStack s = TestStack.synSent()) {
      s.burst("S 0:0(0) win 65535 <mss 1460>", "S. 0:0(0) ack 1 win 65535 <mss 1460>");
      s.script("> . 1:1(0) ack 1");
      s.in(TcpState.ESTABLISHED);
    }
  }

  @Test
  @Rfc9293("MUST-11")
  void simultaneousOpenIsRefusedByReset() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460>
          > S. 0:0(0) ack 1 win 65535 <mss 1460>
          < R 1:1(0) win 0
          """);
      s.in(TcpState.CLOSED);
      assertEquals(Failure.CONNECTION_REFUSED, s.connection.failure());
    }
  }
}
