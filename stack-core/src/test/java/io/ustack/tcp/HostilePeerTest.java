package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What one connection costs whose peer lies, or whom somebody else pretends to be: each attack with
 * its bound and its counter, as docs/hostile-peers.md lists them.
 */
class HostilePeerTest {
  private static final int MSS = 1460;
  private static final int MANY = 1000;

  private static final TcpConfig LARGE =
      TestStack.PLAIN.with().sendBufferBytes(1 << 20).maxSendBufferBytes(1 << 20).build();

  /**
   * Injects the segment so many times, each by itself; returns how many segments it brought out.
   */
  private static int repeat(final TestStack s, final int times, final String segment) {
    int sent = 0;
    for (int i = 0; i < times; i++) {
      s.burst(segment);
      sent += s.takeSent();
    }
    return sent;
  }

  private static int outstanding(final TestStack s) {
    final Sender sender = s.connection.sender();
    return sender.sndNxt() - sender.sndUna();
  }

  // ---- ACKs

  /** RFC 5961 5.2. */
  @Test
  void anAckOfWhatWasNeverSentChangesNothing() {
    try (TestStack s = TestStack.established()) {
      s.write(1, MSS);
      s.takeSent();
      final int cwnd = s.connection.sender().window().cwnd();
      assertEquals(1, repeat(s, MANY, ". 1:1(0) ack 1462 win 65535"));
      assertEquals(MANY, s.net.count(DropReason.TCP_BAD_ACK));
      assertEquals(1, s.net.count(Counter.TCP_CHALLENGE_ACKS));
      assertEquals(MSS, outstanding(s));
      assertEquals(cwnd, s.connection.sender().window().cwnd());
      s.abort();
      s.takeSent();
    }
  }

  /** Who acknowledges before it has received is served faster, within its own window. */
  @Test
  void optimisticAcksReachNoFurtherThanTheWindow() {
    try (TestStack s = TestStack.established(LARGE)) {
      s.write(1, 1 << 20);
      s.takeSent();
      while (s.connection.sendBuffer().length() > 0) {
        final int ack = s.connection.sender().sndNxt() - TestStack.OUR_ISN;
        s.burst(". 1:1(0) ack %d win 65535".formatted(ack));
        s.takeSent();
        assertTrue(outstanding(s) <= 65_535, "beyond the window");
      }
      assertTrue(s.connection.sender().window().cwnd() <= 3 * 65_535, "grows without use");
    }
  }

  /** RFC 3465: 1460 ACKs of a byte each are worth one of a segment. */
  @ParameterizedTest
  @ValueSource(strings = {"reno", "cubic"})
  void dividedAcksGrowTheWindowByBytes(final String algorithm) {
    try (TestStack s = TestStack.established(LARGE.with().congestionControl(algorithm).build())) {
      s.write(1, 100_000);
      assertEquals(10, s.takeSent());
      final int cwnd = s.connection.sender().window().cwnd();
      int sent = 0;
      for (int i = 1; i <= MSS; i++) {
        s.burst(". 1:1(0) ack %d win 65535".formatted(1 + i));
        sent += s.takeSent();
      }
      assertTrue(s.connection.sender().window().cwnd() <= cwnd + MSS);
      assertTrue(sent <= 2, "sent " + sent);
      s.abort();
      s.takeSent();
    }
  }

  /** RFC 5681 3.2 without SACK: a made-up duplicate lets one segment out, within the window. */
  @Test
  void spoofedDuplicateAcksInflateNothingForLong() {
    try (TestStack s = TestStack.established(LARGE)) {
      s.write(1, 1 << 20);
      assertEquals(10, s.takeSent());
      int sent = 0;
      for (int i = 0; i < MANY; i++) {
        s.burst(". 1:1(0) ack 1 win 65535");
        final int now = s.takeSent();
        assertTrue(now <= 2, "burst of " + now);
        sent += now;
        assertTrue(outstanding(s) <= 65_535);
      }
      // The window, and the one that seemed lost.
      assertTrue(sent <= 65_535 / MSS + 1 - 10 + 1, "sent " + sent);
      assertEquals(1, s.net.count(Counter.TCP_RECOVERIES));
      final int ack = s.connection.sender().sndNxt() - TestStack.OUR_ISN;
      s.burst(". 1:1(0) ack %d win 65535".formatted(ack));
      s.takeSent();
      assertTrue(s.connection.sender().window().cwnd() <= 10 * MSS, "a larger window than before");
      s.abort();
      s.takeSent();
    }
  }

  private static TestStack sackOf(final TcpConfig config) {
    return new TestStack(config)
        .listen(16)
        .establish("<mss 1460,nop,nop,sackOK>", "<mss 1460,nop,nop,sackOK>", 65_535);
  }

  /** RFC 2018: blocks of what was never sent, turned around, or long gone. */
  @Test
  void sackBlocksThatLieMarkNothing() {
    try (TestStack s = sackOf(LARGE)) {
      s.write(1, 10 * MSS);
      assertEquals(10, s.takeSent());
      final String lies = "sack 20000:30000 300:200 4000000000:4000000100 1:4000000";
      assertEquals(0, repeat(s, MANY, ". 1:1(0) ack 1 win 65535 <" + lies + ">"));
      assertEquals(MANY, s.net.count(Counter.TCP_SACK_BLOCKS_IGNORED));
      assertEquals(0, s.connection.sender().outstanding().sackedBytes());
      assertEquals(0, s.net.count(Counter.TCP_RECOVERIES));
      s.abort();
      s.takeSent();
    }
  }

  /** RFC 2883 5: reports of duplicates that never were undo nothing twice. */
  @Test
  void madeUpDuplicateReportsDoNotHoldTheWindowUp() {
    try (TestStack s = sackOf(LARGE)) {
      s.write(1, 40 * MSS);
      s.takeSent();
      s.burst(". 1:1(0) ack 1 win 65535 <sack 1461:14601>");
      s.takeSent();
      s.net.advance(300 * TestNet.MS);
      s.takeSent();
      repeat(s, MANY, ". 1:1(0) ack 1 win 65535 <sack 1:1461 1:14601>");
      assertTrue(s.net.count(Counter.TCP_RECOVERIES_UNDONE) <= 2);
      assertTrue(outstanding(s) <= 65_535);
      s.abort();
      s.takeSent();
    }
  }

  // ---- Segment size and window

  /** Linux TCP_MIN_SND_MSS (CVE-2019-11479), and so many segments outstanding at most. */
  @ParameterizedTest(name = "mss {0}")
  @CsvSource({"0, 536", "1, 48", "47, 48", "48, 48"})
  void aTinyMssIsRaisedAndItsSegmentsAreBounded(final int named, final int used) {
    final TcpConfig config = TestStack.PLAIN.withBuffers(1 << 17, 4 << 20);
    try (TestStack s = new TestStack(config).listen(16)) {
      s.establish("<mss " + named + ",nop,wscale 14>", "<mss 1460,nop,wscale 7>", 65_535);
      assertEquals(used, s.connection.sender().mss());
      s.write(1, 4 << 20);
      int most = 0;
      while (s.connection.sender().hasUnsent()) {
        s.takeSent();
        most = Math.max(most, s.connection.sender().outstanding().segments());
        final int una = s.connection.sender().sndUna();
        final int ack = Math.min(outstanding(s), 8 * used) + una - TestStack.OUR_ISN;
        s.burst(". 1:1(0) ack %d win 65535".formatted(ack));
      }
      assertTrue(most <= RetransmitQueue.MAX_SEGMENTS);
      assertTrue(used > 48 || most == RetransmitQueue.MAX_SEGMENTS, "never so many: " + most);
      s.takeSent();
      s.abort();
      s.takeSent();
    }
  }

  /** RFC 9293 3.8.6.2.1: a byte of window is used once in a timeout, not at once. */
  @Test
  void aWindowOfOneByteBringsOneSegmentPerTimeout() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1(0) ack 1 win 1");
      s.write(1, MSS);
      for (int i = 1; i <= 50; i++) {
        s.net.advance(199 * TestNet.MS);
        assertEquals(0, s.takeSent());
        s.net.advance(TestNet.SECOND);
        assertTrue(s.takeSent() <= 4, "segments for one byte");
        s.burst(". 1:1(0) ack %d win 1".formatted(1 + i));
      }
      s.abort();
      s.takeSent();
    }
  }

  /** RFC 9293 3.8.6: behind a window that was taken back only the first segment is repeated. */
  @Test
  void aWindowThatShrinksBelowWhatWasSentIsRespected() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100_000);
      assertEquals(10, s.takeSent());
      s.burst(". 1:1(0) ack 1 win 1");
      s.net.advance(60 * TestNet.SECOND);
      final int sent = s.takeSent();
      assertTrue(sent <= 9, "sent " + sent);
      assertEquals(10 * MSS, outstanding(s));
      s.abort();
      s.takeSent();
    }
  }

  /** A window that opens by a byte and closes again is no progress (Linux tcp_ack_probe). */
  @Test
  void aWindowThatOpensByAByteNowAndThenHoldsNoOrphan() {
    try (TestStack s = TestStack.established()) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.write(1, MSS);
      s.closeConnection();
      int sent = 0;
      for (int i = 0; i < 2000 && s.net.stack.tcp().connections() > 0; i++) {
        s.net.advance(100 * TestNet.MS);
        sent += s.takeSent();
        s.net.inject(segment(". 1:1(0) ack 1 win 1"));
        s.net.inject(segment(". 1:1(0) ack 1 win 0"));
        sent += s.takeSent();
      }
      assertEquals(0, s.net.stack.tcp().connections(), "an orphan lives for ever");
      assertEquals(1, s.net.count(Counter.TCP_CONNECTIONS_TIMED_OUT));
      assertTrue(sent < 40, "sent " + sent);
    }
  }

  @Test
  void norDoesItEscapeTheUserTimeout() {
    try (TestStack s =
        TestStack.established(TestStack.PLAIN.with().userTimeoutNs(20 * TestNet.SECOND).build())) {
      s.script("< . 1:1(0) ack 1 win 0");
      s.write(1, MSS);
      for (int i = 0; i < 300 && s.connection.state() != TcpState.CLOSED; i++) {
        s.net.advance(100 * TestNet.MS);
        s.takeSent();
        s.net.inject(segment(". 1:1(0) ack 1 win 1"));
        s.net.inject(segment(". 1:1(0) ack 1 win 0"));
        s.takeSent();
      }
      s.in(TcpState.CLOSED);
    }
  }

  private static byte[] segment(final String text) {
    return TestNet.ipv4ToUs(
        TcpHeader.PROTOCOL,
        ScriptedSegment.parse(text)
            .bytes(TestStack.PEER_PORT, TestStack.OUR_PORT, TestStack.PEER_ISN, TestStack.OUR_ISN));
  }

  // ---- Options

  /** Forty bytes at most, read once, and no length is believed. */
  @ParameterizedTest
  @CsvSource({
    "01010101010101010101010101010101010101010101010101010101010101010101010101010101, 0",
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff, 0",
    "0500, 1",
    "05ff0102, 1",
    "0801, 1",
    "fe00fe00, 1",
    "1e281e281e281e281e281e281e281e281e281e281e281e281e281e281e281e281e281e281e281e28, 0",
    "020405b4020405b4020405b4020405b4020405b4020405b4020405b4020405b4020405b4020405b4, 0",
    "03030e03030e03030e03030e03030e03030e03030e03030e03030e03030e03030e03030e03030e01, 0",
  })
  void optionBombsAreReadOnce(final String hex, final int malformed) {
    try (TestStack s = TestStack.established()) {
      final int mss = s.connection.sender().mss();
      s.script("< . 1:11(10) ack 1 win 65535 <hex %s>".formatted(hex), "+0.04 > . 1:1(0) ack 11");
      assertEquals(10, s.read(1, 100));
      assertEquals(malformed, s.net.count(Counter.TCP_OPTIONS_MALFORMED));
      assertEquals(mss, s.connection.sender().mss(), "an option of a SYN counts elsewhere");
      assertEquals(0, s.connection.sender().sndWndShift());
    }
  }

  @Test
  void repeatedOptionsOfASynStayWithinTheirBounds() {
    try (TestStack s = TestStack.listening()) {
      s.establish(
          "<mss 1,mss 0,mss 9,wscale 255,wscale 3,wscale 255,mss 1>",
          "<mss 1460,nop,wscale 7>",
          65_535);
      assertEquals(Tcp.MIN_MSS, s.connection.sender().mss());
      assertEquals(TcpOptions.MAX_WINDOW_SHIFT, s.connection.sender().sndWndShift());
    }
  }

  // ---- Guesses from the side

  /** RFC 5961 3.2, 4.2, 5.2: one challenge ACK in half a second, whatever comes. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "R 5:5(0)",
        "R. 60000:60000(0) ack 1",
        "S 1:1(0) win 1000 <mss 48>",
        "S 9999:9999(0) win 1000",
        "S. 3000000000:3000000000(0) ack 3000000000",
        ". 1:1001(1000) ack 3000000000",
        "FP. 1:1001(1000) ack 70000",
      })
  void blindGuessesAreChallengedAndDoNothingElse(final String guess) {
    try (TestStack s = TestStack.established()) {
      int sent = 0;
      for (int i = 0; i < 10; i++) {
        sent += repeat(s, MANY / 10, guess);
        s.net.advance(50 * TestNet.MS);
      }
      assertEquals(1, sent);
      assertEquals(1, s.net.count(Counter.TCP_CHALLENGE_ACKS));
      s.net.advance(TestNet.SECOND);
      s.in(TcpState.ESTABLISHED);
      assertEquals(0, s.connection.receiveBuffer().length());
      s.script("< . 1:11(10) ack 1 win 65535", "+0.04 > . 1:1(0) ack 11");
      assertEquals(10, s.read(1, 100));
    }
  }

  @Test
  void aResetBesideTheWindowIsNotEvenAnswered() {
    try (TestStack s = TestStack.established()) {
      assertEquals(0, repeat(s, MANY, "R 70000:70000(0)"));
      assertEquals(MANY, s.net.count(DropReason.TCP_RESET_OUT_OF_WINDOW));
      s.in(TcpState.ESTABLISHED);
    }
  }

  private static TestStack withTimestamps() {
    final TestStack s =
        TestStack.listening()
            .script(
                """
                < S 0:0(0) win 65535 <mss 1460,nop,nop,TS val 100 ecr 0>
                > S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,TS val 3000 ecr 100>
                < . 1:1(0) ack 1 win 65535 <nop,nop,TS val 100 ecr 3000>
                """);
    s.accept();
    return s;
  }

  /** RFC 5961 5.2 before RFC 7323 4.3: TS.Recent is for those who know what we have sent. */
  @Test
  void aGuessDoesNotPoisonThePeersTimestamps() {
    try (TestStack s = withTimestamps()) {
      s.burst(". 1:1(0) ack 3000000000 win 9 <nop,nop,TS val 2000000000 ecr 1>");
      assertEquals(1, s.takeSent());
      assertEquals(100, s.connection.timestamps().recent());
      s.script(
          "< . 1:11(10) ack 1 win 65535 <nop,nop,TS val 101 ecr 3000>",
          "+0.04 > . 1:1(0) ack 11 <nop,nop,TS val 3040 ecr 101>");
      assertEquals(0, s.net.count(DropReason.TCP_PAWS));
    }
  }

  /** RFC 7323 4.3: who echoes a time from long ago waits, and nobody else. */
  @Test
  void anEchoFromLongAgoSlowsNoFurtherThanTheLongestTimeout() {
    try (TestStack s = withTimestamps()) {
      s.write(1, 100);
      s.takeSent();
      s.net.advance(2 * TestNet.SECOND);
      s.takeSent();
      s.burst(". 1:1(0) ack 101 win 65535 <nop,nop,TS val 101 ecr 2300000000>");
      assertEquals(s.connection.config().maxRtoNs(), s.connection.sender().rtt().rtoNs());
    }
  }

  /** RFC 3522 3.2: it says that nothing was lost, and gets back what its losses took, no more. */
  @Test
  void anEchoOfTheFirstCopyGivesBackWhatTheRecoveryTook() {
    try (TestStack s = withTimestamps()) {
      s.write(1, 10 * MSS);
      s.takeSent();
      final int before = s.connection.sender().window().cwnd();
      s.net.advance(100 * TestNet.MS);
      repeat(s, 3, ". 1:1(0) ack 1 win 65535 <nop,nop,TS val 101 ecr 3000>");
      assertEquals(CongestionState.RECOVERY, s.connection.sender().congestionState());
      final int end = 10 * MSS + 1;
      s.burst(". 1:1(0) ack " + end + " win 65535 <nop,nop,TS val 101 ecr 3000>");
      s.takeSent();
      assertEquals(1, s.net.count(Counter.TCP_RECOVERIES_UNDONE));
      assertEquals(before, s.connection.sender().window().cwnd());
    }
  }

  /** A peer that jumps ahead and back keeps nobody out but itself, and its silence has an end. */
  @Test
  void aPeerThatPoisonsItsOwnTimestampsIsAnsweredRarely() {
    try (TestStack s = withTimestamps()) {
      s.burst(". 1:1(0) ack 1 win 65535 <nop,nop,TS val 2000000000 ecr 3000>");
      final int sent = repeat(s, MANY, ". 1:1(0) ack 1 win 65535 <nop,nop,TS val 101 ecr 3000>");
      assertEquals(1, sent);
      assertEquals(MANY, s.net.count(DropReason.TCP_PAWS));
    }
  }

  // ---- Signs of life

  /** Linux tcp_oow_rate_limited: an empty probe is answered twice in a second. */
  @Test
  void keepAlivesOfThePeerAreAnsweredRarely() {
    try (TestStack s = TestStack.established()) {
      assertEquals(1, repeat(s, MANY, ". 0:0(0) ack 1 win 65535"));
      s.net.advance(500 * TestNet.MS);
      assertEquals(1, repeat(s, MANY, ". 0:0(0) ack 1 win 65535"));
      assertEquals(2, s.net.count(Counter.TCP_CHALLENGE_ACKS));
      // With a byte of garbage, as very old systems do: one answer each, not more.
      assertEquals(MANY, repeat(s, MANY, ". 0:1(1) ack 1 win 65535"));
    }
  }

  /** What is not believed does not keep a connection alive whose peer has gone. */
  @ParameterizedTest
  @ValueSource(
      strings = {"R 5:5(0)", "S 5:5(0)", ". 1:1(0) ack 3000000000", ". 90000:90001(1) ack 1"})
  void aGuessIsNoSignOfLife(final String guess) {
    final TcpConfig config =
        TestStack.PLAIN
            .with()
            .keepAlive(true)
            .keepAliveIdleNs(10 * TestNet.SECOND)
            .keepAliveIntervalNs(3 * TestNet.SECOND)
            .keepAliveProbes(3)
            .build();
    try (TestStack s = TestStack.established(config)) {
      for (int i = 0; i < 20; i++) {
        s.net.advance(TestNet.SECOND);
        s.net.inject(segment(guess));
        s.takeSent();
      }
      assertEquals(3, s.net.count(Counter.TCP_KEEP_ALIVE_PROBES_OUT));
      s.in(TcpState.CLOSED);
    }
  }

  // ---- ECN

  /** RFC 3168 6.1.2: once in a round trip, never below what RFC 5681 leaves, and it goes on. */
  @Test
  void anEchoOnEachAckSlowsDownButStopsNothing() {
    try (TestStack s = new TestStack(LARGE).listen(16)) {
      s.script(
          "< SEW 0:0(0) win 65535 <mss 1460>",
          "> SE. 0:0(0) ack 1 win 65535 <mss 1460>",
          "< . 1:1(0) ack 1 win 65535");
      s.accept();
      s.write(1, 300_000);
      int rounds = 0;
      while (s.connection.sendBuffer().length() > 0) {
        assertTrue(rounds++ < 300, "stands still");
        s.takeSent();
        s.net.advance(TestNet.MS);
        final int ack = s.connection.sender().sndUna() - TestStack.OUR_ISN;
        final int next = Math.min(ack + 2 * MSS, s.connection.sender().sndNxt() + 100);
        s.burst("E. 1:1(0) ack %d win 65535".formatted(next));
        assertTrue(s.connection.sender().window().cwnd() >= MSS);
        assertTrue(s.connection.sender().window().ssthresh() >= 2 * MSS);
      }
      s.takeSent();
    }
  }
}
