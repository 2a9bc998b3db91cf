package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ICMP "fragmentation needed": RFC 1191, RFC 5927. */
class PathMtuTest {
  /** A router says that our segment with this sequence number was too big. */
  static void tooBig(final TestStack s, final int mtu, final int seq) {
    tooBig(s, TestStack.PEER_PORT, mtu, seq);
  }

  private static void tooBig(final TestStack s, final int peerPort, final int mtu, final int seq) {
    final ByteBuffer quote = ByteBuffer.allocate(8);
    quote.putShort((short) TestStack.OUR_PORT).putShort((short) peerPort);
    quote.putInt(TestStack.OUR_ISN + seq);
    final byte[] packet = Frames.ipv4(6, TestNet.OUR, TestNet.PEER, quote.array());
    s.net.inject(TestNet.ipv4ToUs(1, Frames.icmp(3, 4, mtu, packet)));
  }

  @Test
  @Covers(
      rfc = "RFC 1191",
      what = "fragmentation needed lowers the MSS, and what was too long goes again at once",
      by = PathMtu.class,
      byName = "Path")
  @Rfc9293("MUST-16")
  void whatWasTooBigGoesAgainInSmallerPiecesAtOnce() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 4380);
      s.script("> . 1:1461(1460) ack 1", "> . 1461:2921(1460) ack 1", "> P. 2921:4381(1460) ack 1");
      final int cwnd = s.connection.sender().window().cwnd();
      tooBig(s, 1000, 1);
      s.script(
          "> . 1:961(960) ack 1",
          "> . 961:1461(500) ack 1",
          "> . 1461:2421(960) ack 1",
          "> . 2421:2921(500) ack 1",
          "> . 2921:3881(960) ack 1",
          "> P. 3881:4381(500) ack 1");
      assertEquals(cwnd, s.connection.sender().window().cwnd(), "it is no congestion");
      assertEquals(1, s.net.count(Counter.TCP_PATH_MTU_LOWERED));
      s.script("< . 1:1(0) ack 961 win 65535", "< . 1:1(0) ack 4381 win 65535");
      assertEquals(0, s.net.count(Counter.TCP_RECOVERIES));
      s.write(4381, 1000);
      s.script("> . 4381:5341(960) ack 1", "> P. 5341:5381(40) ack 1");
      s.script("< . 1:1(0) ack 5381 win 65535");
      assertEquals(CongestionState.OPEN, s.connection.sender().congestionState());
    }
  }

  /** What the path is known to carry was said to another connection. */
  @Test
  void eachConnectionOfThePathIsToldByItsOwnSegments() {
    try (TestStack s = TestStack.established()) {
      final TcpConnection first = s.connection;
      s.nextPeer().establish();
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
      final TcpConnection second = s.connection;
      s.firstPeer().connection = first;
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
      tooBig(s, 1000, 1);
      s.script("> . 1:961(960) ack 1", "> P. 961:1461(500) ack 1");
      s.script("< . 1:1(0) ack 1461 win 65535").nextPeer();
      assertEquals(1460, second.sender().mss());
      tooBig(s, TestStack.PEER_PORT + 1, 1000, 1);
      s.script("> . 1:961(960) ack 1", "> P. 961:1461(500) ack 1");
      s.script("< . 1:1(0) ack 1461 win 65535");
      assertEquals(960, second.sender().mss());
    }
  }

  /** RFC 5927 4.1: a quote from outside what is in flight is a guess. */
  @ParameterizedTest(name = "quoting {0}")
  @CsvSource({"0", "1461", "-100000", "2000000000"})
  @Covers(
      rfc = "RFC 5927",
      clause = "4.1, 7.2",
      what = "who can say so, and how little",
      by = PathMtu.class,
      byName = "Path")
  void guessesAreNotBelieved(final int seq) {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
      tooBig(s, 1000, seq);
      s.script("< . 1:1(0) ack 1461 win 65535");
      assertEquals(1460, s.connection.sender().mss());
      assertEquals(1, s.net.count(Counter.TCP_ICMP_OUT_OF_WINDOW));
    }
  }

  /** Linux ip_rt_min_pmtu: nobody makes us send crumbs, nor does a router that does not say. */
  @ParameterizedTest(name = "MTU {0} gives an MSS of {1}")
  @CsvSource({
    "68, 512",
    "0, 512",
    "551, 512",
    "553, 513",
    "1499, 1459",
    "1500, 1460",
    "9000, 1460"
  })
  @Covers(rfc = "RFC 5927", clause = "4.1, 7.2")
  void neverBelowTheLeast(final int mtu, final int mss) {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
      tooBig(s, mtu, 1);
      assertEquals(mss, s.connection.sender().mss());
      s.takeSent();
      s.script("< . 1:1(0) ack 1461 win 65535");
    }
  }

  /** For ten minutes it holds for whoever connects to that host. */
  @Test
  @Covers(rfc = "RFC 1191")
  void pathIsRememberedForTenMinutes() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
      tooBig(s, 1000, 1);
      s.takeSent();
      assertEquals(1000, s.connection.options().pathMtuBytes(s.net.clock.nanoTime()));
      s.script("< . 1:1(0) ack 1461 win 65535");
      s.nextPeer().establish();
      assertEquals(960, s.connection.sender().mss());
      s.net.advance(600_000_000_000L);
      s.nextPeer().establish();
      assertEquals(1460, s.connection.sender().mss());
    }
  }

  @Test
  void quoteOfNoConnectionDoesNothing() {
    try (TestStack s = TestStack.listening()) {
      tooBig(s, 1000, 1);
      assertEquals(0, s.net.count(DropReason.ICMP_TYPE_UNKNOWN));
      s.establish();
      assertEquals(1460, s.connection.sender().mss());
    }
  }
}
