package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.Failure;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ICMP errors and neighbours that do not answer: RFC 1122 4.2.3.9, RFC 5461, RFC 5927. */
class TcpUnreachableTest {
  /** An ICMP error that quotes a segment of ours with this sequence number, relative to our ISN. */
  private static void icmp(final TestStack s, final int type, final int code, final int seq) {
    final ByteBuffer quote = ByteBuffer.allocate(8);
    quote.putShort((short) TestStack.OUR_PORT).putShort((short) TestStack.PEER_PORT);
    quote.putInt(TestStack.OUR_ISN + seq);
    final byte[] packet = Frames.ipv4(6, TestNet.OUR, TestNet.PEER, quote.array());
    s.net.inject(TestNet.ipv4ToUs(1, Frames.icmp(type, code, 0, packet)));
  }

  @ParameterizedTest(name = "type {0} code {1}: {2}")
  @CsvSource({
    "3, 0, NETWORK_UNREACHABLE",
    "3, 1, HOST_UNREACHABLE",
    "3, 3, CONNECTION_REFUSED",
    "3, 13, HOST_UNREACHABLE",
    "11, 0, HOST_UNREACHABLE"
  })
  @Covers(rfc = "RFC 5461", clause = "RFC 5927 4.1", what = "ICMP errors", by = TcpConnection.class)
  @Rfc9293({"MUST-54", "SHLD-25"})
  void errorAboutOurSynEndsTheAttempt(final int type, final int code, final Failure failure) {
    try (TestStack s = TestStack.synSent()) {
      icmp(s, type, code, 0);
      s.in(TcpState.CLOSED);
      assertEquals(failure, s.connection.failure());
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
      assertEquals(1, s.net.count(Counter.TCP_ATTEMPT_FAILS));
      s.silence(200);
    }
  }

  /** RFC 5927 4.1: a quote that was not in flight is somebody's guess. */
  @ParameterizedTest(name = "quoted sequence {0}")
  @CsvSource({"-1", "1", "1000", "2000000000"})
  @Covers(rfc = "RFC 5461", clause = "RFC 5927 4.1")
  void errorWithAnotherSequenceNumberIsAGuess(final int seq) {
    try (TestStack s = TestStack.synSent()) {
      icmp(s, 3, 3, seq);
      s.in(TcpState.SYN_SENT);
      s.script("< S. 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
    }
  }

  /** RFC 1122 4.2.3.9, RFC 5461: soft, once the connection is synchronized. */
  @ParameterizedTest(name = "code {0} quoting {1}")
  @CsvSource({"0, 1", "1, 1", "3, 1", "3, 0", "3, 101", "13, 1"})
  @Rfc9293("MUST-56")
  void errorDoesNotEndAnEstablishedConnection(final int code, final int seq) {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1");
      icmp(s, 3, code, seq);
      s.in(TcpState.ESTABLISHED);
      assertEquals(0, s.events.take());
      s.script("+0.2 > P. 1:101(100) ack 1", "< . 1:1(0) ack 101 win 65535");
    }
  }

  /** RFC 9293 3.9.2.2: time exceeded and parameter problem are soft, source quench is nothing. */
  @ParameterizedTest(name = "type {0} code {1}")
  @CsvSource({"3, 2", "3, 5", "4, 0", "11, 0", "11, 1", "12, 0", "12, 1"})
  @Rfc9293({"MUST-55", "MUST-56"})
  void otherErrorsDoNotEndItEither(final int type, final int code) {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1");
      icmp(s, type, code, 1);
      s.in(TcpState.ESTABLISHED);
      assertEquals(0, s.events.take());
      s.script("+0.2 > P. 1:101(100) ack 1", "< . 1:1(0) ack 101 win 65535");
    }
  }

  /** RFC 9293 3.9.2.2 (MUST-55), RFC 6633: not even an attempt, and nothing gets slower. */
  @Test
  @Rfc9293("MUST-55")
  void sourceQuenchDoesNotEndAnAttempt() {
    try (TestStack s = TestStack.synSent()) {
      icmp(s, 4, 0, 0);
      s.in(TcpState.SYN_SENT);
      s.script("< S. 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
    }
  }

  @Test
  void errorAboutNoConnectionDoesNothing() {
    try (TestStack s = TestStack.listening()) {
      icmp(s, 3, 3, 0);
      s.script("< S 0:0(0) win 65535", "> S. 0:0(0) ack 1 win 65535 <mss 1460>");
      icmp(s, 3, 3, 0);
      assertEquals(1, s.net.stack.tcp().connections());
    }
  }

  @Test
  void neighbourThatDoesNotAnswerIsAnUnreachableHost() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      final int nobody = Ipv4Address.parse("10.99.0.77");
      s.connection = tcp.connect(null, nobody, 80, tcp.config(), s.events, s.net.clock.nanoTime());
      assertNotNull(s.connection);
      s.net.advance(2_900_000_000L);
      s.in(TcpState.SYN_SENT);
      s.net.advance(5_000_000_000L);
      s.in(TcpState.CLOSED);
      assertEquals(Failure.HOST_UNREACHABLE, s.connection.failure());
      assertEquals(0, tcp.connections());
    }
  }
}
