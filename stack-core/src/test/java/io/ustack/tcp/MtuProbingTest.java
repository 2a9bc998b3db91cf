package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.tcp.congestion.CongestionWindow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths that swallow long segments without a word: RFC 4821, Linux tcp_mtu_probing. */
class MtuProbingTest {
  private static final String SACK = "<mss 1460,nop,nop,sackOK>";

  private static TcpConfig probing(final MtuProbing use) {
    return TestStack.PLAIN.with().mtuProbing(use).build();
  }

  private static TestStack open(final TcpConfig config, final boolean sack) {
    final TestStack s = new TestStack(config).listen(16);
    return sack ? s.establish(SACK, SACK, 65535) : s.establish();
  }

  private static int mss(final TestStack s) {
    return s.connection.sender().mss();
  }

  // ---- Black holes

  @Test
  @Covers(
      rfc = "RFC 4821",
      clause = "7.7",
      what = "what times out again and again goes in shorter segments",
      by = {PathMtu.class, MtuSearch.class})
  void theFourthTimeoutTriesLess() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1460);
      s.script(
          "> P. 1:1461(1460) ack 1",
          "+0.2 > P. 1:1461(1460) ack 1",
          "+0.4 > P. 1:1461(1460) ack 1",
          "+0.8 > P. 1:1461(1460) ack 1",
          "+1.6 > . 1:1025(1024) ack 1",
          "< . 1:1(0) ack 1025 win 65535",
          "> P. 1025:1461(436) ack 1",
          "< . 1:1(0) ack 1461 win 65535");
      assertEquals(1024, mss(s));
      assertEquals(1, s.net.count(Counter.TCP_BLACK_HOLES));
      s.write(1461, 1460);
      s.script("> . 1461:2485(1024) ack 1", "> P. 2485:2921(436) ack 1");
      s.script("< . 1:1(0) ack 2921 win 65535");
    }
  }

  /** What fits a packet of 552 bytes is not made shorter: a peer may just be away for a while. */
  @Test
  void theFifthTriesWhatEveryPathTakesAndNothingLess() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1", "+0.2 > P. 1:1461(1460) ack 1");
      s.script("+0.4 > P. 1:1461(1460) ack 1", "+0.8 > P. 1:1461(1460) ack 1");
      s.script("+1.6 > . 1:1025(1024) ack 1");
      s.script("+3.2 > . 1:513(512) ack 1", "+6.4 > . 1:513(512) ack 1");
      s.script("+12.8 > . 1:513(512) ack 1", "+25.6 > . 1:513(512) ack 1");
      assertEquals(512, mss(s));
      assertEquals(2, s.net.count(Counter.TCP_BLACK_HOLES));
      s.script(
          "< . 1:1(0) ack 513 win 65535",
          "> . 513:1025(512) ack 1",
          "> P. 1025:1461(436) ack 1",
          "< . 1:1(0) ack 1461 win 65535");
    }
  }

  /** With timestamps 500 bytes are left in a packet of 552. */
  @Test
  void optionsCountIntoWhatEveryPathTakes() {
    try (TestStack s = new TestStack().listen(16)) {
      s.script(
          "< S 0:0(0) win 65535 <mss 1460,nop,nop,TS val 100 ecr 0>",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,TS val 3000 ecr 100>",
          "< . 1:1(0) ack 1 win 65535 <nop,nop,TS val 100 ecr 3000>");
      s.accept();
      s.write(1, 1448);
      s.net.advance(10_000_000_000L);
      s.takeSent();
      assertEquals(500, mss(s));
    }
  }

  @Test
  void whatFitsAnyPathIsNotSearchedFor() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 512);
      s.net.advance(20_000_000_000L);
      s.takeSent();
      assertEquals(0, s.net.count(Counter.TCP_BLACK_HOLES));
      assertNull(MtuSearch.of(s.connection.sender()));
      s.script("< . 1:1(0) ack 513 win 65535");
    }
  }

  /** A path that gets narrower once more: first where searches start, then what any path takes. */
  @Test
  void aSearchThatIsOverStartsFromItsBaseAgain() {
    try (TestStack s = open(probing(MtuProbing.ON_BLACK_HOLE), true)) {
      final NarrowPeer peer = new NarrowPeer(s, true, 1400);
      peer.receive(4_000_000);
      assertTrue(mss(s) > 1392, "MSS is " + mss(s));
      assertEquals(1, s.net.count(Counter.TCP_BLACK_HOLES));
      peer.mostBytes = 1100;
      peer.receive(4_000_000);
      assertEquals(2, s.net.count(Counter.TCP_BLACK_HOLES));
      assertTrue(mss(s) <= 1100 && mss(s) > 1092, "MSS is " + mss(s));
    }
  }

  @Test
  void shortSegmentsProveNothing() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1024);
      s.script("> P. 1:1025(1024) ack 1", "+0.2 > P. 1:1025(1024) ack 1");
      s.script("+0.4 > P. 1:1025(1024) ack 1", "+0.8 > P. 1:1025(1024) ack 1");
      s.script("+1.6 > P. 1:1025(1024) ack 1");
      assertEquals(1460, mss(s));
      // If that was the black hole all the same, half is tried when 1024 would have been.
      s.script("+3.2 > . 1:513(512) ack 1");
      assertEquals(512, mss(s));
    }
  }

  @Test
  void switchedOffItStaysAsLong() {
    try (TestStack s = TestStack.established(probing(MtuProbing.OFF))) {
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1", "+0.2 > P. 1:1461(1460) ack 1");
      s.script("+0.4 > P. 1:1461(1460) ack 1", "+0.8 > P. 1:1461(1460) ack 1");
      s.script("+1.6 > P. 1:1461(1460) ack 1", "+3.2 > P. 1:1461(1460) ack 1");
      assertEquals(1460, mss(s));
    }
  }

  @Test
  void whoNeverLostAnythingCarriesNothing() {
    try (TestStack s = TestStack.established()) {
      new NarrowPeer(s, false, 1460).receive(100_000);
      assertNull(s.connection.sender().recoveryState());
    }
  }

  // ---- The search

  @ParameterizedTest(name = "SACK {0}: {1} bytes get through")
  @CsvSource({
    "true, 1200",
    "false, 1200",
    "true, 1023",
    "false, 600",
    "true, 600",
    "true, 1400",
    "false, 1100"
  })
  void theLongestThatGetsThroughIsFound(final boolean sack, final int mostBytes) {
    try (TestStack s = open(probing(MtuProbing.ON_BLACK_HOLE), sack)) {
      final NarrowPeer peer = new NarrowPeer(s, sack, mostBytes);
      peer.receive(4_000_000);
      assertTrue(mss(s) <= mostBytes && mss(s) > mostBytes - 8, "MSS is " + mss(s));
      assertTrue(s.net.count(Counter.TCP_MTU_PROBES_ARRIVED) > 0, "none arrived");
      assertTrue(s.net.count(Counter.TCP_MTU_PROBES_LOST) > 0, "none was lost");
      // Found, it is not looked for again before ten minutes.
      final long probes = s.net.count(Counter.TCP_MTU_PROBES_OUT);
      s.net.advance(500_000_000_000L);
      peer.receive(100_000);
      assertEquals(probes, s.net.count(Counter.TCP_MTU_PROBES_OUT));
      peer.mostBytes = 1460;
      s.net.advance(100_000_000_000L);
      peer.receive(4_000_000);
      assertTrue(mss(s) > 1460 - 8, "MSS is " + mss(s));
    }
  }

  /** BBR takes what is lost out of its window, but not a probe. */
  @Test
  void anAlgorithmDoesNotHearOfALostProbe() {
    final TcpConfig config = probing(MtuProbing.ALWAYS).with().congestionControl("bbr").build();
    try (TestStack s = open(config, true)) {
      s.write(1, 10_240);
      s.net.advance(5_000_000);
      assertEquals(10, s.takeSent());
      s.script("+0.1 < . 1:1(0) ack 10241 win 65535");
      final int cwnd = s.connection.sender().window().cwnd();
      s.write(10_241, 1242 + 4 * 1024);
      s.net.advance(20_000_000);
      assertEquals(5, s.takeSent());
      s.burst(". 1:1(0) ack 10241 win 65535 <nop,nop,sack 11483:15579>");
      assertEquals(1, s.net.count(Counter.TCP_MTU_PROBES_LOST));
      assertEquals(cwnd, s.connection.sender().window().cwnd());
      s.net.advance(50_000_000);
      assertEquals(2, s.takeSent());
    }
  }

  /** RFC 4821 7.6.2: a lost probe is not congestion. */
  @ParameterizedTest(name = "SACK {0}")
  @ValueSource(booleans = {true, false})
  @Covers(
      rfc = "RFC 4821",
      clause = "7.6.2",
      what = "a lost probe is no congestion",
      by = {MtuSearch.class, LossRecovery.class})
  void lostProbesLeaveTheWindowAlone(final boolean sack) {
    try (TestStack s = open(probing(MtuProbing.ALWAYS), sack)) {
      final NarrowPeer peer = new NarrowPeer(s, sack, 1024);
      peer.receive(600_000);
      assertTrue(s.net.count(Counter.TCP_MTU_PROBES_LOST) >= 5);
      assertEquals(0, s.net.count(Counter.TCP_MTU_PROBES_ARRIVED));
      assertEquals(0, s.net.count(Counter.TCP_RECOVERIES));
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS));
      assertTrue(s.connection.sender().window().inInitialSlowStart());
      assertEquals(1024, mss(s));
    }
  }

  /**
   * Without SACK. Ten segments of 1024 bytes are out and acknowledged: the window has room for a
   * probe.
   */
  private static TestStack searching() {
    final TestStack s = open(probing(MtuProbing.ALWAYS), false);
    assertEquals(1024, mss(s));
    s.write(1, 10_240);
    assertEquals(10, s.takeSent());
    s.script("+0.1 < . 1:1(0) ack 10241 win 65535");
    return s;
  }

  @Test
  @Covers(
      rfc = "RFC 4821",
      clause = "7.3",
      what = "the search halves its range by probes, and begins again after ten minutes",
      by = MtuSearch.class)
  void aProbeIsHalfwayAndItsArrivalRaisesTheMss() {
    try (TestStack s = searching()) {
      s.write(10_241, 1242 + 4 * 1024);
      s.script(
          "> . 10241:11483(1242) ack 1",
          "> . 11483:12507(1024) ack 1",
          "> . 12507:13531(1024) ack 1",
          "> . 13531:14555(1024) ack 1",
          "> P. 14555:15579(1024) ack 1",
          "+0.1 < . 1:1(0) ack 11482 win 65535");
      assertEquals(1024, mss(s));
      s.script("< . 1:1(0) ack 11483 win 65535");
      assertEquals(1242, mss(s));
      s.script("< . 1:1(0) ack 15579 win 65535");
      assertEquals(1, s.net.count(Counter.TCP_MTU_PROBES_ARRIVED));
    }
  }

  @Test
  void aProbeNeedsFourSegmentsBehindIt() {
    try (TestStack s = searching()) {
      s.write(10_241, 1242 + 4 * 1024 - 1);
      s.script(
          "> . 10241:11265(1024) ack 1",
          "> . 11265:12289(1024) ack 1",
          "> . 12289:13313(1024) ack 1",
          "> . 13313:14337(1024) ack 1",
          "> . 14337:15361(1024) ack 1",
          "> P. 15361:15578(217) ack 1",
          "< . 1:1(0) ack 15578 win 65535");
      assertEquals(0, s.net.count(Counter.TCP_MTU_PROBES_OUT));
    }
  }

  /** The window has room for one more segment, but not for a probe. */
  @Test
  void aProbeWaitsUntilTheWindowHasRoom() {
    try (TestStack s = searching()) {
      s.write(10_241, 5 * 1024);
      s.write(15_361, 5 * 1024);
      s.write(20_481, 5 * 1024);
      s.write(25_601, 2 * 1024);
      assertEquals(17, s.takeSent());
      assertEquals(1024, s.connection.sender().congestionWindowLeft());
      s.write(27_649, 1242 + 4 * 1024);
      s.script(
          "< . 1:1(0) ack 11265 win 65535",
          "> . 27649:28891(1242) ack 1",
          "> . 28891:29915(1024) ack 1",
          "< . 1:1(0) ack 27649 win 65535",
          "> . 29915:30939(1024) ack 1",
          "> . 30939:31963(1024) ack 1",
          "> P. 31963:32987(1024) ack 1",
          "< . 1:1(0) ack 32987 win 65535");
      assertEquals(1242, mss(s));
    }
  }

  @Test
  void thePeersWindowHasToTakeThemAll() {
    try (TestStack s = searching()) {
      s.script("< . 1:1(0) ack 10241 win " + (1242 + 4 * 1024 - 1));
      s.write(10_241, 10_000);
      s.script(
          "> . 10241:11265(1024) ack 1",
          "> . 11265:12289(1024) ack 1",
          "> . 12289:13313(1024) ack 1",
          "> . 13313:14337(1024) ack 1",
          "> . 14337:15361(1024) ack 1",
          "< . 1:1(0) ack 15361 win 65535",
          "> . 15361:16385(1024) ack 1",
          "> . 16385:17409(1024) ack 1",
          "> . 17409:18433(1024) ack 1",
          "> . 18433:19457(1024) ack 1",
          "> P. 19457:20241(784) ack 1",
          "< . 1:1(0) ack 20241 win 65535");
    }
  }

  @Test
  void aProbeThatIsLostGoesAgainInPiecesAndTheNextIsShorter() {
    try (TestStack s = searching()) {
      final int cwnd = s.connection.sender().window().cwnd();
      s.write(10_241, 1242 + 4 * 1024);
      assertEquals(5, s.takeSent());
      s.script("+0.1 < . 1:1(0) ack 10241 win 65535", "< . 1:1(0) ack 10241 win 65535");
      s.script(
          "< . 1:1(0) ack 10241 win 65535",
          "> . 10241:11265(1024) ack 1",
          "> . 11265:11483(218) ack 1");
      assertEquals(CongestionState.LOSS, s.connection.sender().congestionState());
      s.script("< . 1:1(0) ack 15579 win 65535");
      assertEquals(CongestionState.OPEN, s.connection.sender().congestionState());
      assertTrue(s.connection.sender().window().cwnd() >= cwnd);
      assertEquals(1, s.net.count(Counter.TCP_MTU_PROBES_LOST));
      // One segment takes the end of the recovery out of the way (RFC 6582 3.2 step 2).
      s.write(15_579, 1024);
      s.script("> P. 15579:16603(1024) ack 1", "< . 1:1(0) ack 16603 win 65535");
      s.write(16_603, 1132 + 4 * 1024);
      s.script(
          "> . 16603:17735(1132) ack 1",
          "> . 17735:18759(1024) ack 1",
          "> . 18759:19783(1024) ack 1",
          "> . 19783:20807(1024) ack 1",
          "> P. 20807:21831(1024) ack 1",
          "< . 1:1(0) ack 21831 win 65535");
      assertEquals(1132, mss(s));
    }
  }

  /** What is repeated makes it unclear what the ACKs say (Linux __tcp_retransmit_skb). */
  @Test
  @Covers(
      rfc = "RFC 4821",
      clause = "7.6.4",
      what = "other losses near a probe make it inconclusive",
      by = MtuSearch.class)
  void anyRetransmissionMakesTheProbeInconclusive() {
    try (TestStack s = searching()) {
      s.write(10_241, 1242 + 4 * 1024);
      assertEquals(5, s.takeSent());
      s.net.advance(500_000_000L);
      assertEquals(1, s.takeSent());
      s.script("< . 1:1(0) ack 15579 win 65535");
      assertEquals(0, s.net.count(Counter.TCP_MTU_PROBES_ARRIVED));
      assertEquals(1024, mss(s));
    }
  }

  /** RFC 4821 7.6.4: what lost the segment behind it may have lost the probe, too. */
  @Test
  void aProbeThatIsNotLostAloneTellsNothing() {
    try (TestStack s = open(probing(MtuProbing.ALWAYS), true)) {
      s.write(1, 10_240);
      assertEquals(10, s.takeSent());
      s.script("+0.1 < . 1:1(0) ack 10241 win 65535");
      s.write(10_241, 1242 + 5 * 1024);
      assertEquals(6, s.takeSent());
      s.script(
          "+0.01 < . 1:1(0) ack 10241 win 65535 <nop,nop,sack 12507:16603>",
          "> . 10241:11265(1024) ack 1",
          "> . 11265:11483(218) ack 1",
          "> . 11483:12507(1024) ack 1",
          "< . 1:1(0) ack 16603 win 65535");
      assertEquals(1, s.net.count(Counter.TCP_RECOVERIES));
      assertEquals(0, s.net.count(Counter.TCP_MTU_PROBES_LOST));
      assertEquals(0, s.net.count(Counter.TCP_MTU_PROBES_ARRIVED));
    }
  }

  // ---- What the network said is over

  /** A window of a short segment lets a long one out, or nothing would leave any more. */
  @Test
  void theWindowHoldsASegmentHoweverLongItGets() {
    final CongestionWindow window = new CongestionWindow();
    window.start(960, 9600);
    window.cwnd(960);
    window.smss(1460);
    assertEquals(1460, window.cwnd());
    window.smss(960);
    assertEquals(1460, window.cwnd());
  }

  @Test
  @Covers(
      rfc = "RFC 1191",
      clause = "6.3",
      what = "open connections send longer segments again",
      by = PathMtu.class)
  void afterTenMinutesAnOpenConnectionSendsLongSegmentsAgain() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
      PathMtuTest.tooBig(s, 1000, 1);
      s.script("> . 1:961(960) ack 1", "> P. 961:1461(500) ack 1");
      s.script("< . 1:1(0) ack 1461 win 65535").silence(599.9);
      s.write(1461, 1460);
      s.script("> . 1461:2421(960) ack 1", "> P. 2421:2921(500) ack 1");
      s.script("+0.1 < . 1:1(0) ack 2921 win 65535");
      s.write(2921, 1460);
      s.script("> P. 2921:4381(1460) ack 1", "< . 1:1(0) ack 4381 win 65535");
    }
  }

  @Test
  void soDoesOneThatWasOpenedMeanwhile() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1");
      PathMtuTest.tooBig(s, 1000, 1);
      s.takeSent();
      s.script("< . 1:1(0) ack 1461 win 65535");
      s.nextPeer().establish();
      assertEquals(960, mss(s));
      s.silence(600);
      s.write(1, 1460);
      s.script("> P. 1:1461(1460) ack 1", "< . 1:1(0) ack 1461 win 65535");
    }
  }

  /** A probe that a router answers is over; the search goes on below what the router said. */
  @Test
  void theNetworksWordEndsAProbe() {
    try (TestStack s = searching()) {
      s.write(10_241, 1242 + 4 * 1024);
      assertEquals(5, s.takeSent());
      PathMtuTest.tooBig(s, 1140, 10_241);
      s.script("> . 10241:11265(1024) ack 1", "> . 11265:11483(218) ack 1");
      s.script("< . 1:1(0) ack 15579 win 65535");
      assertEquals(0, s.net.count(Counter.TCP_MTU_PROBES_ARRIVED));
      assertEquals(1024, mss(s));
    }
  }

  /** Segments of before count as what they are, in TcpInfo, too. */
  @Test
  void noMoreIsLostThanIsOutstanding() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 10 * 1460);
      s.takeSent();
      for (int timeout = 0; timeout < 6; timeout++) {
        s.net.advance((200L << timeout) * 1_000_000L);
        s.takeSent();
      }
      final TcpInfo info = new TcpInfo();
      s.connection.info(info, s.net.clock.nanoTime());
      assertEquals(512, info.sndMssBytes);
      assertTrue(info.lostSegments > 0);
      assertTrue(
          info.lostSegments + info.sackedSegments <= info.unackedSegments,
          () -> info.lostSegments + " of " + info.unackedSegments);
    }
  }
}
