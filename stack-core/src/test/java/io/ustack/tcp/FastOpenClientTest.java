package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.readiness.Failure;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Data with the SYN: RFC 7413, as the client. Timestamps are off but where they matter. */
class FastOpenClientTest {
  private static final TcpConfig BARE =
      TcpConfig.DEFAULT.with().timestamps(false).sack(false).build();
  private static final String COOKIE = "FO 00112233445566aa";
  private static final String PLAIN = "<mss 1460,nop,wscale 7>";
  private static final String ASKING = "<mss 1460,nop,wscale 7,FO,nop,nop>";
  private static final String WITH_COOKIE = "<mss 1460,nop,wscale 7," + COOKIE + ",nop,nop>";

  private static TestStack connect(final TestStack s) {
    final Tcp tcp = s.net.stack.tcp();
    s.connection =
        tcp.connectFast(
            tcp.bind(0, TestStack.OUR_PORT, true),
            TestNet.PEER,
            TestStack.PEER_PORT,
            tcp.config(),
            s.events,
            s.net.clock.nanoTime());
    assertNotNull(s.connection);
    s.net.poll();
    return s;
  }

  private static TestStack again(final TestStack s) {
    s.abort();
    s.takeSent();
    return connect(s);
  }

  /** A stack that the peer has given a cookie, with an MSS of 1460. */
  private static TestStack known() {
    return known(BARE, 1460);
  }

  private static TestStack known(final TcpConfig config, final int mss) {
    final TestStack s = connect(new TestStack(config));
    assertFalse(s.connection.isSynDeferred());
    s.takeSent();
    s.burst("S. 0:0(0) ack 1 win 65535 <mss " + mss + "," + COOKIE + ">");
    s.in(TcpState.ESTABLISHED);
    s.takeSent();
    return s;
  }

  @Test
  void theFirstConnectionAsksForACookie() {
    try (TestStack s = connect(new TestStack(BARE))) {
      s.script(
          "> S 0:0(0) win 65535 " + ASKING,
          "< S. 0:0(0) ack 1 win 65535 <mss 1460," + COOKIE + ">",
          "> . 1:1(0) ack 1");
      assertEquals(0, s.net.count(Counter.TCP_FAST_OPENS_ACTIVE));
      assertEquals(0, s.net.count(Counter.TCP_FAST_OPENS_ACTIVE_FAILED));
    }
  }

  @Test
  @Covers(
      rfc = "RFC 7413",
      clause = "4.1.3",
      what =
          "fast open as a client: cookies, data on the SYN, resent when only the "
              + "SYN is acknowledged",
      by = {FastOpenCache.class, ActiveOpen.class, Emission.class})
  void theNextSynWaitsForDataAndBringsIt() {
    try (TestStack s = again(known())) {
      assertTrue(s.connection.isSynDeferred());
      s.silence(100);
      s.write(1, 100);
      assertFalse(s.connection.isSynDeferred());
      s.script("> S 0:100(100) win 65535 " + WITH_COOKIE);
      assertEquals(100, s.connection.sendBuffer().length());
      s.script("< S. 0:0(0) ack 101 win 65535 <mss 1460>", "> . 101:101(0) ack 1");
      s.in(TcpState.ESTABLISHED);
      assertEquals(0, s.connection.sendBuffer().length());
      assertEquals(1, s.net.count(Counter.TCP_FAST_OPENS_ACTIVE));
      s.write(101, 50);
      s.script(
          "> P. 101:151(50) ack 1", "< P. 1:11(10) ack 151 win 65535", "> . 151:151(0) ack 11");
      assertEquals(10, s.read(1, 100));
    }
  }

  @Test
  @Covers(rfc = "RFC 7413", clause = "4.1.3")
  void whatOnlyTheSynIsAcknowledgedOfIsSentAgain() {
    try (TestStack s = again(known())) {
      s.write(1, 100);
      s.script(
          "> S 0:100(100) win 65535 " + WITH_COOKIE,
          "+0.01 < S. 0:0(0) ack 1 win 65535 <mss 1460>",
          "> P. 1:101(100) ack 1",
          "< . 1:1(0) ack 101 win 65535");
      s.in(TcpState.ESTABLISHED);
      assertEquals(1, s.net.count(Counter.TCP_FAST_OPENS_ACTIVE_FAILED));
      assertEquals(0, s.net.count(Counter.TCP_FAST_OPENS_ACTIVE));
    }
  }

  @Test
  void whatIsAcknowledgedInPartIsSentFromThere() {
    try (TestStack s = again(known())) {
      s.write(1, 100);
      s.script(
          "> S 0:100(100) win 65535 " + WITH_COOKIE,
          "< S. 0:0(0) ack 61 win 65535 <mss 1460>",
          "> P. 61:101(40) ack 1",
          "< . 1:1(0) ack 101 win 65535");
      assertEquals(0, s.connection.sendBuffer().length());
    }
  }

  @ParameterizedTest(name = "ack {0}")
  @ValueSource(longs = {0, 102, 2_000_000_000L})
  void whatWasNotSentCanNotBeAcknowledged(final long ack) {
    try (TestStack s = again(known())) {
      s.write(1, 100);
      s.script(
          "> S 0:100(100) win 65535 " + WITH_COOKIE,
          "< S. 0:0(0) ack %d win 65535 <mss 1460>".formatted(ack),
          "> R %d:%d(0) win 0".formatted(ack, ack));
      s.in(TcpState.SYN_SENT);
    }
  }

  /** 20 bytes of options: MSS, window scale, and the cookie with its padding. */
  @ParameterizedTest(name = "mss {0}: {1} bytes")
  @CsvSource({"1460, 1440", "1000, 980", "536, 516", "9000, 1440", "1, 28"})
  @Covers(rfc = "RFC 7413", clause = "4.1.3")
  void asMuchAsTheServerTakesRidesAlong(final int mss, final int length) {
    try (TestStack s = again(known(BARE, mss))) {
      s.write(1, 3000);
      s.script(
          "> S 0:%d(%d) win 65535 %s".formatted(length, length, WITH_COOKIE),
          "< S. 0:0(0) ack %d win 1460 <mss 1460>".formatted(length + 1),
          "> . %d:%d(1460) ack 1".formatted(length + 1, length + 1461));
    }
  }

  @Test
  void allOptionsAndTheLongestCookieFit() {
    final String cookie = "FO 000102030405060708090a0b0c0d0e0f";
    try (TestStack s = connect(new TestStack())) {
      s.takeSent();
      s.burst("S. 0:0(0) ack 1 win 65535 <mss 1460," + cookie + ">").takeSent();
      again(s).write(1, 3000);
      s.script(
          "> S 0:1420(1420) win 65535 <mss 1460,sackOK,TS val 3000 ecr 0,nop,wscale 7,"
              + cookie
              + ",nop,nop>");
    }
  }

  /** RFC 7413 4.1.3.1: the repeated SYN is bare, and later ones are for a while. */
  @Test
  @Covers(
      rfc = "RFC 7413",
      clause = "4.1.3.1",
      what = "black holes",
      by = {FastOpenCache.class, Emission.class})
  void aSwallowedSynIsRepeatedBare() {
    try (TestStack s = again(known())) {
      s.write(1, 100);
      s.script(
          "> S 0:100(100) win 65535 " + WITH_COOKIE,
          "+1 > S 0:0(0) win 65535 " + PLAIN,
          "< S. 0:0(0) ack 1 win 65535 <mss 1460>",
          "> P. 1:101(100) ack 1",
          "< . 1:1(0) ack 101 win 65535");
      assertEquals(1, s.net.count(Counter.TCP_FAST_OPENS_ACTIVE_FAILED));
      again(s).script("> S 0:0(0) win 65535 " + PLAIN);
      s.net.advance(59 * TestNet.SECOND);
      again(s).script("> S 0:0(0) win 65535 " + PLAIN);
      s.net.advance(TestNet.SECOND);
      again(s).write(1, 10);
      s.script(
          "> S 0:10(10) win 65535 " + WITH_COOKIE,
          "+1 > S 0:0(0) win 65535 " + PLAIN,
          "< S. 0:0(0) ack 1 win 65535 <mss 1460>",
          "> P. 1:11(10) ack 1");
      // The second time it is two minutes.
      s.net.advance(119 * TestNet.SECOND);
      s.takeSent();
      again(s).script("> S 0:0(0) win 65535 " + PLAIN);
      s.net.advance(TestNet.SECOND);
      s.takeSent();
      again(s).write(1, 10);
      s.script("> S 0:10(10) win 65535 " + WITH_COOKIE);
    }
  }

  /** The first SYN was only late: what it brought is acknowledged after the bare one. */
  @Test
  void aLateSynAckMayStillAcknowledgeTheData() {
    try (TestStack s = again(known())) {
      s.write(1, 100);
      s.script(
          "> S 0:100(100) win 65535 " + WITH_COOKIE,
          "+1 > S 0:0(0) win 65535 " + PLAIN,
          "< S. 0:0(0) ack 101 win 65535 <mss 1460>",
          "> . 101:101(0) ack 1");
      assertEquals(1, s.net.count(Counter.TCP_FAST_OPENS_ACTIVE));
      again(s);
      assertTrue(s.connection.isSynDeferred());
    }
  }

  @Test
  void aNewCookieReplacesTheOld() {
    try (TestStack s = again(known())) {
      s.write(1, 10);
      s.script(
          "> S 0:10(10) win 65535 " + WITH_COOKIE,
          "< S. 0:0(0) ack 1 win 65535 <mss 1460,FO bbbbbbbb>",
          "> P. 1:11(10) ack 1");
      again(s).write(1, 10);
      s.script("> S 0:10(10) win 65535 <mss 1460,nop,wscale 7,FO bbbbbbbb,nop,nop>");
    }
  }

  @Test
  void aCookieThatNobodyAskedForIsIgnored() {
    try (TestStack s = new TestStack(BARE)) {
      final Tcp tcp = s.net.stack.tcp();
      s.connection =
          tcp.connect(
              tcp.bind(0, TestStack.OUR_PORT, true),
              TestNet.PEER,
              TestStack.PEER_PORT,
              tcp.config(),
              s.events,
              s.net.clock.nanoTime());
      s.net.poll();
      s.script(
          "> S 0:0(0) win 65535 " + PLAIN,
          "< S. 0:0(0) ack 1 win 65535 <mss 1460," + COOKIE + ">",
          "> . 1:1(0) ack 1");
      again(s).script("> S 0:0(0) win 65535 " + ASKING);
    }
  }

  @Test
  void itCanBeSwitchedOff() {
    try (TestStack s = connect(new TestStack(BARE.with().fastOpen(false).build()))) {
      s.script("> S 0:0(0) win 65535 " + PLAIN);
    }
  }

  // ---- While the SYN waits

  @Test
  void closedBeforeAnythingWasWritten() {
    try (TestStack s = again(known())) {
      s.closeConnection();
      s.in(TcpState.CLOSED);
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  @Test
  void thePeerConnectsToUsMeanwhile() {
    try (TestStack s = again(known())) {
      s.script(
          "< S 0:0(0) win 65535 <mss 1460>",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460>",
          "< . 1:1(0) ack 1 win 65535");
      s.in(TcpState.ESTABLISHED);
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1");
    }
  }

  @Test
  void refusedAfterTheSynBroughtData() {
    try (TestStack s = again(known())) {
      s.write(1, 10);
      s.script("> S 0:10(10) win 65535 " + WITH_COOKIE, "< R. 0:0(0) ack 11 win 0");
      s.in(TcpState.CLOSED);
      assertEquals(Failure.CONNECTION_REFUSED, s.connection.failure());
    }
  }

  // ---- The cache

  @Test
  void theCacheIsBoundedAndItsPlacesAreTaken() {
    final FastOpenCache cache = new FastOpenCache(1, 2);
    for (int server = 0; server < 100_000; server++) {
      cache.onCookie(server, new FastOpenCookie(8, server, 0), 1400);
    }
    int kept = 0;
    for (int server = 0; server < 100_000; server++) {
      final FastOpenCookie cookie = cache.cookie(server, 0);
      assertNotNull(cookie);
      if (cookie.isRequest()) {
        assertEquals(Tcp.DEFAULT_MSS, cache.mss(server));
      } else {
        assertEquals(server, cookie.high());
        assertEquals(1400, cache.mss(server));
        kept++;
      }
    }
    assertEquals(1024, kept);
  }

  @Test
  void failuresOfAServerWithoutCookieCountToo() {
    final FastOpenCache cache = new FastOpenCache(1, 2);
    cache.onSynSwallowed(7, 0);
    assertNull(cache.cookie(7, 59_000_000_000L));
    assertEquals(FastOpenCookie.REQUEST, cache.cookie(7, 60_000_000_000L));
    for (int i = 0; i < 100; i++) {
      cache.onSynSwallowed(7, 0);
    }
    assertNull(cache.cookie(7, 60_000_000_000L * 1023));
    assertEquals(FastOpenCookie.REQUEST, cache.cookie(7, 60_000_000_000L * 1024));
    cache.onDataTaken(7);
    assertNotNull(cache.cookie(7, 1));
  }
}
