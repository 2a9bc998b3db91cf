package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Handshakes that are not kept: RFC 4987 3.6, as Linux's tcp_syncookies. */
class SynCookiesTest {
  private static final TcpConfig ALWAYS =
      TestStack.PLAIN.with().synCookies(SynCookieUse.ALWAYS).build();
  private static final String SYN = "S 0:0(0) win 65535 <mss 1460>";
  private static final String SYN_ACK = "> S. 0:0(0) ack 1 win 65535 <mss 1460>";

  /** LISTEN with cookies for all; the SYN has been answered with one. */
  private static TestStack cookie(final String syn, final String synAck) {
    return new TestStack(ALWAYS).listen(16).burst(syn).learnIsn().script(synAck);
  }

  private static TestStack cookie() {
    return cookie(SYN, SYN_ACK);
  }

  // ---- What the handshake keeps

  @Test
  void nothingIsKeptBeforeTheAckAndEverythingWorksAfterIt() {
    try (TestStack s = cookie()) {
      assertEquals(0, s.net.stack.tcp().connections());
      assertEquals(0, s.listener().handshakes());
      s.silence(10);
      s.script("< . 1:1(0) ack 1 win 1000");
      assertEquals(1, s.events.count());
      s.accept().options().noDelay(true);
      s.in(TcpState.ESTABLISHED);
      assertEquals(1, s.net.count(Counter.TCP_SYN_COOKIES_OUT));
      assertEquals(1, s.net.count(Counter.TCP_SYN_COOKIES_IN));
      assertEquals(1, s.net.count(Counter.TCP_PASSIVE_OPENS));
      s.script("< P. 1:11(10) ack 1 win 1000", "+0.04 > . 1:1(0) ack 11");
      assertEquals(10, s.read(1, 100));
      s.write(1, 1460);
      // No round trip is known: a lost segment waits for the initial second.
      s.script("> . 1:1001(1000) ack 11");
      s.script(
          "+1 > . 1:1001(1000) ack 11",
          "< . 11:11(0) ack 1001 win 1000",
          "> P. 1001:1461(460) ack 11",
          "< F. 11:11(0) ack 1461 win 1000",
          "> . 1461:1461(0) ack 12");
      s.in(TcpState.CLOSE_WAIT);
    }
  }

  @Test
  void dataAndFinOnTheAckAreTaken() {
    try (TestStack s = cookie()) {
      s.script("< FP. 1:11(10) ack 1 win 65535", "> . 1:1(0) ack 12");
      s.accept();
      s.in(TcpState.CLOSE_WAIT);
      assertEquals(10, s.read(1, 100));
    }
  }

  @Test
  void aResetInPlaceOfTheAckMakesNothing() {
    try (TestStack s = cookie()) {
      s.script("< R. 1:1(0) ack 1 win 0", "< R 1:1(0) win 0");
      assertEquals(0, s.net.stack.tcp().connections());
      assertEquals(2, s.net.count(DropReason.TCP_LISTEN_NOT_SYN));
    }
  }

  @ParameterizedTest(name = "{0} becomes {1}")
  @CsvSource({
    "48, 48",
    "100, 48",
    "535, 48",
    "536, 536",
    "1219, 536",
    "1220, 1220",
    "1400, 1400",
    "1452, 1440",
    "1460, 1460",
    "8960, 1460",
    "1, 48"
  })
  void theMssIsKeptRoundedDown(final int named, final int used) {
    try (TestStack s = cookie("S 0:0(0) win 65535 <mss " + named + ">", SYN_ACK)) {
      s.script("< . 1:1(0) ack 1 win 65535");
      s.accept();
      assertEquals(used, s.connection.sender().mss());
    }
  }

  @Test
  @Rfc9293("MUST-15")
  void aSynWithoutMssMeans536() {
    try (TestStack s = cookie("S 0:0(0) win 65535", SYN_ACK)) {
      s.script("< . 1:1(0) ack 1 win 65535");
      s.accept();
      assertEquals(536, s.connection.sender().mss());
    }
  }

  @Test
  @Covers(rfc = "RFC 4987", clause = "3.6")
  void windowScaleAndSackComeBackInTheTimestamp() {
    // Our clock stands at 3000 = 46 * 64 + 56; 7 + 16 (SACK) fit under it.
    try (TestStack s =
        cookie(
            "S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>",
            "> S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 2967 ecr 100,nop,wscale 7>")) {
      s.script("+0.5 < . 1:1(0) ack 1 win 10 <nop,nop,TS val 600 ecr 2967>");
      s.accept();
      assertEquals(1280, s.connection.sender().sndWnd());
      s.script(
          "< P. 11:21(10) ack 1 win 10 <nop,nop,TS val 600 ecr 2967>",
          "> . 1:1(0) ack 1 win 1024 <nop,nop,TS val 3500 ecr 600,nop,nop,sack 11:21>");
      // How long the cookie was under way can't be told: it says up to 63 ms too much.
      assertEquals(0, s.connection.sender().rtt().srttNs());
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1 <nop,nop,TS val 3500 ecr 600,nop,nop,sack 11:21>");
      // Timestamps are believed: this is old.
      s.script(
          "< . 1:1(0) ack 101 win 10 <nop,nop,TS val 599 ecr 3500>",
          "> . 101:101(0) ack 1 <nop,nop,TS val 3500 ecr 600,nop,nop,sack 11:21>");
      assertEquals(1, s.net.count(DropReason.TCP_PAWS));
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          mss 1460,nop,nop,TS val 100 ecr 0                | mss 1460,nop,nop,TS val 2959 ecr 100                 | -1 | false
          mss 1460,sackOK,TS val 100 ecr 0                 | mss 1460,sackOK,TS val 2975 ecr 100                  | -1 | true
          mss 1460,nop,nop,TS val 100 ecr 0,nop,wscale 0   | mss 1460,nop,nop,TS val 2944 ecr 100,nop,wscale 7    | 0  | false
          mss 1460,nop,nop,TS val 100 ecr 0,nop,wscale 14  | mss 1460,nop,nop,TS val 2958 ecr 100,nop,wscale 7    | 14 | false
          """)
  void eachOptionByItself(
      final String theirs, final String ours, final int shift, final boolean sack) {
    final String synAck = "> S. 0:0(0) ack 1 win 65535 <" + ours + ">";
    final String ecr = ours.replaceAll(".*val (\\d+) .*", "$1");
    try (TestStack s = cookie("S 0:0(0) win 65535 <" + theirs + ">", synAck)) {
      s.script("< . 1:1(0) ack 1 win 3 <nop,nop,TS val 100 ecr " + ecr + ">");
      s.accept();
      assertEquals(3 << Math.max(0, shift), s.connection.sender().sndWnd());
      assertEquals(shift >= 0, s.connection.receiver().scalesWindow());
      assertEquals(sack, s.connection.sender().sackPermitted());
      assertTrue(s.connection.usesTimestamps());
    }
  }

  @Test
  void withoutTimestampsOnlyTheMssIsOffered() {
    try (TestStack s =
        cookie("S 0:0(0) win 65535 <mss 1400,sackOK,nop,nop,nop,wscale 7>", SYN_ACK)) {
      s.script("< . 1:1(0) ack 1 win 1000");
      s.accept();
      assertEquals(1000, s.connection.sender().sndWnd());
      assertFalse(s.connection.sender().sackPermitted());
    }
  }

  @Test
  void whatWeDoNotOfferNobodyCanBringBack() {
    final TcpConfig bare = ALWAYS.with().timestamps(false).build();
    try (TestStack s = new TestStack(bare).listen(16)) {
      s.burst("S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0,nop,wscale 7>").learnIsn();
      s.script(SYN_ACK, "< . 1:1(0) ack 1 win 1000 <nop,nop,TS val 100 ecr 23>");
      s.accept();
      assertFalse(s.connection.usesTimestamps());
      assertEquals(1000, s.connection.sender().sndWnd());
      assertFalse(s.connection.sender().sackPermitted());
    }
  }

  @Test
  void theTimestampNeverRunsAheadOfTheClock() {
    final SynOffer offer = new SynOffer(TestStack.PLAIN);
    for (final int clock : new int[] {0, 22, 23, 24, 63, 64, 3000, -1, -42, Integer.MIN_VALUE}) {
      final int value = SynCookies.timestamp(clock, offer, 7);
      assertTrue(clock - value >= 0 && clock - value < 64, clock + " became " + value);
      assertEquals(7, SynCookies.windowShift(value));
      assertTrue(SynCookies.permitsSack(value));
    }
  }

  // ---- Which ones are believed

  @ParameterizedTest(name = "+{0} s: {1}")
  @CsvSource({"59, true", "61, true", "116, true", "118, false", "400, false", "15420, false"})
  @Covers(rfc = "RFC 4987", clause = "3.6")
  void aCookieIsGoodForOneToTwoMinutes(final int seconds, final boolean good) {
    // Three seconds of the first minute are over; 15420 s are 257 minutes, when eight bits repeat.
    try (TestStack s = cookie()) {
      s.silence(seconds);
      s.nextPeer().burst(SYN).takeSent();
      s.firstPeer();
      if (good) {
        s.script("< . 1:1(0) ack 1 win 65535");
        s.accept();
      } else {
        s.script("< . 1:1(0) ack 1 win 65535", "> R 1:1(0) win 0");
        assertEquals(1, s.net.count(DropReason.TCP_SYN_COOKIE_INVALID));
        assertNull(s.listener().accept());
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          . 1:1(0) ack 2 win 9            | R 2:2(0) win 0
          . 1:1(0) ack 10 win 9           | R 10:10(0) win 0
          . 1:1(0) ack 3 win 9            | R 3:3(0) win 0
          . 1:1(0) ack 16777217 win 9     | R 16777217:16777217(0) win 0
          . 2:2(0) ack 1 win 9            | R 1:1(0) win 0
          . 3:3(0) ack 1 win 9            | R 1:1(0) win 0
          . 2097153:2097153(0) ack 1 win 9 | R 1:1(0) win 0
          . 0:0(0) ack 1 win 9            | R 1:1(0) win 0
          FP. 9:19(10) ack 1 win 9        | R 1:1(0) win 0
          """)
  void aNumberThatIsNoCookieIsReset(final String ack, final String reset) {
    try (TestStack s = cookie()) {
      s.script("< " + ack, "> " + reset);
      assertEquals(1, s.net.count(DropReason.TCP_SYN_COOKIE_INVALID));
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  @Test
  void theCookieOfOnePeerIsNotAnothers() {
    try (TestStack s = cookie()) {
      s.nextPeer().script("< . 1:1(0) ack 1 win 65535", "> R 1:1(0) win 0");
      assertEquals(1, s.net.count(DropReason.TCP_SYN_COOKIE_INVALID));
    }
  }

  @Test
  void withoutARecentCookieNoAckIsLookedAt() {
    try (TestStack s = cookie()) {
      s.silence(121);
      s.script("< . 1:1(0) ack 1 win 65535", "> R 1:1(0) win 0");
      assertEquals(1, s.net.count(DropReason.TCP_LISTEN_NOT_SYN));
      s.script("< S. 1:1(0) ack 1 win 65535", "> R 1:1(0) win 0");
      assertEquals(2, s.net.count(DropReason.TCP_LISTEN_NOT_SYN));
    }
  }

  @Test
  void guessesAreHopeless() {
    final SynCookies cookies = new SynCookies(1, 2, 0);
    final TcpSegment guess = new TcpSegment();
    final Random random = new Random(7);
    int hits = 0;
    for (int i = 0; i < 1_000_000; i++) {
      guess.seq = random.nextInt();
      guess.ack = random.nextInt();
      hits += cookies.mss(guess, 90_000_000_000L) == SynCookies.NONE ? 0 : 1;
    }
    assertEquals(0, hits);
  }

  @Test
  void anotherSecretMakesOtherCookies() {
    final TcpSegment syn = new TcpSegment();
    final int one = new SynCookies(1, 2, 0).sequence(syn, 1460, 0);
    assertNotEquals(one, new SynCookies(1, 3, 0).sequence(syn, 1460, 0));
    assertNotEquals(one, new SynCookies(2, 2, 0).sequence(syn, 1460, 0));
  }

  // ---- When they are used

  @Test
  @Covers(
      rfc = "RFC 4987",
      clause = "3.6",
      what = "SYN cookies",
      by = {SynCookies.class, PassiveOpen.class})
  void theQueueFirstThenCookies() {
    try (TestStack s = new TestStack().listen(2)) {
      s.script("< " + SYN, SYN_ACK).nextPeer().script("< " + SYN, SYN_ACK);
      assertEquals(2, s.listener().handshakes());
      s.nextPeer().burst(SYN).learnIsn().script(SYN_ACK);
      assertEquals(2, s.listener().handshakes());
      assertEquals(1, s.net.count(Counter.TCP_SYN_COOKIES_OUT));
      s.script("< . 1:1(0) ack 1 win 65535");
      assertEquals(TestStack.PEER_PORT + 2, s.accept().remotePort());
      assertEquals(2, s.listener().handshakes());
      s.net.advance(40L * TestNet.SECOND);
      s.takeSent();
    }
  }

  /** As Linux: the peer thinks that it is connected, and its data asks again. */
  @Test
  void aFullAcceptQueueIsNotAnsweredAndDataBringsTheCookieAgain() {
    try (TestStack s = new TestStack(ALWAYS).listen(1)) {
      s.nextPeer().burst(SYN).learnIsn().script(SYN_ACK, "< . 1:1(0) ack 1 win 65535");
      s.firstPeer().burst(SYN).learnIsn().script(SYN_ACK);
      s.listener().backlog(0);
      s.script("< . 1:1(0) ack 1 win 65535", "< P. 1:11(10) ack 1 win 65535");
      assertEquals(2, s.net.count(DropReason.TCP_ACCEPT_QUEUE_FULL));
      s.peerPort(50_000).script("< " + SYN);
      assertEquals(3, s.net.count(DropReason.TCP_ACCEPT_QUEUE_FULL));
      s.firstPeer().accept();
      s.script("< P. 1:11(10) ack 1 win 65535", "+0.04 > . 1:1(0) ack 11");
      assertEquals(TestStack.PEER_PORT, s.accept().remotePort());
      assertEquals(10, s.read(1, 100));
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(booleans = {false, true})
  void theConnectionLimitHoldsForCookiesToo(final boolean room) {
    final TcpConfig config = ALWAYS.with().maxConnections(room ? 2 : 1).build();
    try (TestStack s = new TestStack(config).listen(16)) {
      s.burst(SYN).learnIsn().script(SYN_ACK, "< . 1:1(0) ack 1 win 65535");
      s.nextPeer().burst(SYN).learnIsn().script(SYN_ACK, "< . 1:1(0) ack 1 win 65535");
      assertEquals(room ? 0 : 1, s.net.count(DropReason.TCP_CONNECTION_LIMIT));
      assertEquals(room ? 2 : 1, s.net.stack.tcp().connections());
    }
  }

  @Test
  void aFullLinkGetsNoCookies() {
    try (TestStack s = new TestStack(ALWAYS).listen(16)) {
      s.net.link.accept(0);
      for (int i = 0; i < 200; i++) {
        s.net.link.inject(syn(TestNet.PEER, 1000 + i));
      }
      s.net.poll();
      s.net.link.accept(Integer.MAX_VALUE);
      s.net.poll();
      assertTrue(s.takeSent() < 200);
      assertEquals(0, s.net.count(DropReason.TRANSMIT_QUEUE_FULL));
    }
  }

  // ---- A flood

  private static byte[] syn(final int source, final int port) {
    final byte[] segment =
        ScriptedSegment.parse(SYN).bytes(port, TestStack.OUR_PORT, TestStack.PEER_ISN, 0);
    ByteBuffer.wrap(segment).putShort(16, (short) 0);
    final long pseudo = Frames.pseudoHeader(6, source, TestNet.OUR, segment.length);
    ByteBuffer.wrap(segment)
        .putShort(16, (short) Frames.checksum(segment, 0, segment.length, pseudo));
    return TestNet.toUs(TestNet.IPV4_TYPE, Frames.ipv4(6, source, TestNet.OUR, segment));
  }

  /** Half of them from our own subnet, where each answer has to ask for an address first. */
  @Test
  @Covers(rfc = "RFC 4987", clause = "3.6")
  void anHonestClientConnectsAtOnceInTheMiddleOfAFlood() {
    try (TestStack s = new TestStack().listen(64)) {
      s.net.link.answerArp(TestNet.GATEWAY, TestNet.GATEWAY_MAC);
      final Random random = new Random(3);
      for (int i = 0; i < 30_000; i++) {
        final int source =
            (i & 1) == 0
                ? TestNet.PEER + 2 + random.nextInt(250)
                : TestNet.FAR ^ (random.nextInt() & 0xFFFFFF);
        s.net.inject(syn(source, 1024 + random.nextInt(60_000)));
        s.net.advance(10_000);
        s.takeSent();
        if (i % 5000 == 4999) {
          s.nextPeer().burst(SYN).learnIsn();
          s.script(SYN_ACK, "< P. 1:11(10) ack 1 win 65535", "+0.04 > . 1:1(0) ack 11");
          s.accept();
          s.in(TcpState.ESTABLISHED);
          s.abort();
          s.takeSent();
        }
      }
      assertEquals(64, s.listener().handshakes());
      assertEquals(64, s.net.stack.tcp().connections());
      assertEquals(6, s.net.count(Counter.TCP_SYN_COOKIES_IN));
      assertEquals(0, s.net.count(DropReason.TCP_SYN_QUEUE_FULL));
      s.listener().close(s.net.clock.nanoTime());
      s.net.advance(10 * TestNet.SECOND);
      s.takeSent();
    }
  }
}
