package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import io.ustack.testing.TestNet;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Explicit congestion notification: RFC 3168 6.1. */
class EcnTest {
  private static final int MSS = 1460;
  private static final int ETHERNET = 14;
  private static final int CE = 3;

  private static TcpConfig config(final EcnUse use) {
    return TcpConfig.DEFAULT.with().ecn(use).build();
  }

  /** A peer that asks for ECN connects and is accepted. */
  private static TestStack established() {
    final TestStack s =
        new TestStack(TcpConfig.DEFAULT.with().congestionControl("reno").build())
            .listen(16)
            .script(
                "< SEW 0:0(0) win 65535 <mss 1460>",
                "> SE. 0:0(0) ack 1 win 65535 <mss 1460>",
                "< . 1:1(0) ack 1 win 65535");
    s.accept();
    return s;
  }

  /** The ECN codepoint of the next frame that was sent. */
  private static int codepoint(final TestStack s) {
    return s.net.link.takeSent()[ETHERNET + 1] & 3;
  }

  /** A segment from the peer that a router has marked. */
  private static void marked(final TestStack s, final String text) {
    withCodepoint(s, text, CE);
  }

  private static void withCodepoint(final TestStack s, final String text, final int codepoint) {
    final byte[] frame = TestNet.ipv4ToUs(TcpHeader.PROTOCOL, peers(text));
    final ByteBuffer header = ByteBuffer.wrap(frame, ETHERNET, 20).slice();
    header.put(1, (byte) codepoint);
    header.putShort(10, (short) (header.getShort(10) - codepoint)); // RFC 1624, no borrow here
    s.net.inject(frame);
  }

  @ParameterizedTest
  @EnumSource(EcnUse.class)
  @Covers(
      rfc = "RFC 3168",
      clause = "6.1.1",
      what =
          "both SYNs agree on ECN; ours ask when `TcpConfig.ecn` says so, a "
              + "repeated one does not",
      by = {SynOffer.class, Handshake.class})
  @Rfc9293("SHLD-8")
  void whatAListenerAnswers(final EcnUse use) {
    try (TestStack s = new TestStack(config(use)).listen(16)) {
      s.script(
          "< SEW 0:0(0) win 65535 <mss 1460>",
          "> %s 0:0(0) ack 1 win 65535 <mss 1460>".formatted(use == EcnUse.OFF ? "S." : "SE."),
          "< R. 1:1(0) ack 1 win 0");
    }
  }

  @ParameterizedTest(name = "{0} is no question")
  @CsvSource({"S", "SE", "SW"})
  void aSynWithoutBothFlagsDoesNotAsk(final String flags) {
    try (TestStack s = new TestStack(config(EcnUse.ALWAYS)).listen(16)) {
      s.script(
          "< " + flags + " 0:0(0) win 65535 <mss 1460>",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460>",
          "< R. 1:1(0) ack 1 win 0");
    }
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource({"S., false", "SE., true", "SW., false", "SEW., false"})
  @Covers(rfc = "RFC 3168", clause = "6.1.1")
  void ourSynAsksAndTheSynAckDecides(final String flags, final boolean agreed) {
    try (TestStack s = new TestStack(config(EcnUse.ALWAYS))) {
      connect(s, "SEW");
      s.script("< " + flags + " 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
      s.write(1, 10);
      assertEquals(agreed ? 2 : 0, codepoint(s));
      final TcpInfo info = new TcpInfo();
      s.connection.info(info, 0);
      assertEquals(agreed, info.ecn);
    }
  }

  private static void connect(final TestStack s, final String flags) {
    s.connection =
        s.net
            .stack
            .tcp()
            .connect(
                s.net.stack.tcp().bind(0, TestStack.OUR_PORT, false),
                TestNet.PEER,
                TestStack.PEER_PORT,
                s.net.stack.tcp().config(),
                s.events,
                s.net.clock.nanoTime());
    s.net.poll();
    s.script("> %s 0:0(0) win 65535 %s".formatted(flags, s.synOptions(0)));
  }

  @Test
  void ourSynsDoNotAskByDefault() {
    try (TestStack s = new TestStack()) {
      connect(s, "S");
    }
  }

  /** RFC 3168 6.1.1.1: what is on the way may drop SYNs that ask. */
  @Test
  @Covers(rfc = "RFC 3168", clause = "6.1.1")
  void aRepeatedSynDoesNotAsk() {
    try (TestStack s = new TestStack(config(EcnUse.ALWAYS))) {
      connect(s, "SEW");
      s.script("+1 > S 0:0(0) win 65535 " + s.synOptions(1));
      s.script("< SE. 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
      s.write(1, 10);
      assertEquals(0, codepoint(s));
    }
  }

  /** RFC 3168 6.1.4, 6.1.5. */
  @Test
  @Covers(
      rfc = "RFC 3168",
      clause = "6.1.4, 6.1.5",
      what = "only new data may be marked",
      by = SegmentWriter.class)
  void onlyNewDataMayBeMarked() {
    try (TestStack s = established()) {
      s.burst(". 1:1461(1460) ack 1 win 65535", ". 1461:2921(1460) ack 1 win 65535");
      assertEquals(0, codepoint(s), "an ACK");
      s.takeSent();
      s.write(1, 10);
      assertEquals(2, codepoint(s), "new data");
      s.net.advance(200_000_000);
      assertEquals(0, codepoint(s), "repeated data");
      s.read(1, 2920);
      s.takeSent();
    }
  }

  private static byte[] peers(final String text) {
    return ScriptedSegment.parse(text)
        .bytes(TestStack.PEER_PORT, TestStack.OUR_PORT, TestStack.PEER_ISN, TestStack.OUR_ISN);
  }

  /** RFC 3168 6.1.3. */
  @Test
  @Covers(
      rfc = "RFC 3168",
      clause = "6.1.3",
      what = "marks are echoed until the peer has heard",
      by = Ecn.class)
  void aMarkIsEchoedUntilThePeerHasHeard() {
    try (TestStack s = established()) {
      marked(s, "P. 1:11(10) ack 1 win 65535");
      s.script("> E. 1:1(0) ack 11");
      s.script("< P. 11:21(10) ack 1 win 65535", "> E. 1:1(0) ack 21");
      s.write(1, 10);
      s.script("> PE. 1:11(10) ack 21", "< W. 21:31(10) ack 11 win 65535");
      s.script("+0.04 > . 11:11(0) ack 31");
      s.read(1, 30);
      assertEquals(1, s.net.count(Counter.IPV4_CONGESTION_MARKS_IN));
    }
  }

  /** RFC 3168 5: two of the four codepoints say only that it might have been marked. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  @Covers(rfc = "RFC 3168", clause = "6.1.3")
  void whatIsNotMarkedIsNotEchoed(final int codepoint) {
    try (TestStack s = established()) {
      withCodepoint(s, "P. 1:11(10) ack 1 win 65535", codepoint);
      s.script("> . 1:1(0) ack 11");
      s.read(1, 10);
      assertEquals(0, s.net.count(Counter.IPV4_CONGESTION_MARKS_IN));
    }
  }

  /** The sender is to hear of it while it still matters (Linux tcp_ecn_check_ce). */
  @Test
  void aMarkIsNotDelayed() {
    try (TestStack s = established()) {
      s.connection.options().quickAck(false);
      marked(s, "P. 1:11(10) ack 1 win 65535");
      s.script("> E. 1:1(0) ack 11");
      s.read(1, 10);
    }
  }

  @Test
  void aMarkBeforeTheAgreementIsNothing() {
    try (TestStack s = TestStack.established()) {
      marked(s, "P. 1:11(10) ack 1 win 65535");
      s.takeSent();
      s.net.advance(40_000_000);
      s.takeSent();
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 11", "< E. 11:11(0) ack 11 win 65535");
      assertEquals(CongestionState.OPEN, s.connection.sender().congestionState());
      assertEquals(10 * MSS, s.connection.sender().window().cwnd());
      s.read(1, 10);
      s.takeSent();
    }
  }

  /** RFC 3168 6.1.2: as after a loss, but nothing is sent again; once in a round trip. */
  @Test
  @Covers(
      rfc = "RFC 3168",
      clause = "6.1.2",
      what = "an echo reduces the window once in a round trip, CWR says so",
      by = {LossRecovery.class, SegmentWriter.class})
  @Rfc9293("SHLD-8")
  void anEchoReducesTheWindowOnce() {
    try (TestStack s = established()) {
      s.write(1, 20 * MSS);
      assertEquals(10, s.takeSent());
      s.burst("E. 1:1(0) ack %d win 65535".formatted(1 + MSS));
      assertEquals(CongestionState.CWR, s.connection.sender().congestionState());
      assertEquals(5 * MSS, s.connection.sender().window().ssthresh());
      s.takeSent();
      for (int i = 2; i < 8; i++) {
        s.burst("E. 1:1(0) ack %d win 65535".formatted(1 + i * MSS));
        s.takeSent();
      }
      assertEquals(5 * MSS, s.connection.sender().window().ssthresh(), "the same round trip");
      s.burst(". 1:1(0) ack %d win 65535".formatted(1 + 10 * MSS));
      s.takeSent();
      s.burst(". 1:1(0) ack %d win 65535".formatted(1 + 12 * MSS));
      s.takeSent();
      assertEquals(CongestionState.OPEN, s.connection.sender().congestionState());
      assertEquals(5 * MSS, s.connection.sender().window().cwnd(), "RFC 9937 6");
      assertEquals(1, s.net.count(Counter.TCP_ECN_REDUCTIONS));
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  /** RFC 3168 6.1.2: the next new data says it, however late it comes. */
  @Test
  void thatTheWindowIsReducedIsSaidAfterASilence() {
    try (TestStack s = established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1", "< E. 1:1(0) ack 11 win 65535").silence(3);
      s.write(11, 10);
      s.script("> PW. 11:21(10) ack 1");
    }
  }

  @Test
  @Covers(rfc = "RFC 3168", clause = "6.1.2")
  void theNextNewDataSaysThatTheWindowIsReduced() {
    try (TestStack s = established()) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1", "< E. 1:1(0) ack 11 win 65535");
      s.write(11, 10);
      s.script("> PW. 11:21(10) ack 1");
      s.connection.options().noDelay(true);
      s.write(21, 10);
      s.script("> P. 21:31(10) ack 1");
      assertFalse(s.connection.sender().recoveryState().owesCwr);
      s.script("< . 1:1(0) ack 31 win 65535");
      assertTrue(s.connection.sender().isIdle());
    }
  }

  private static TestStack withEcn(final String algorithm) {
    final TestStack s =
        new TestStack(TcpConfig.DEFAULT.with().congestionControl(algorithm).build())
            .listen(16)
            .script(
                "< SEW 0:0(0) win 65535 <mss 1460,nop,nop,sackOK>",
                "> SE. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,sackOK>",
                "+0.1 < . 1:1(0) ack 1 win 65535");
    s.accept();
    return s;
  }

  /** A mark, and then what seems lost: CWR goes over into RECOVERY. */
  private static void markThenLose(final TestStack s) {
    s.write(1, 30 * 1460);
    s.net.advance(100_000_000);
    s.takeSent();
    s.burst("E. 1:1(0) ack 1461 win 65535");
    assertEquals(CongestionState.CWR, s.connection.sender().congestionState());
    s.takeSent();
    s.burst(LossScript.ack(1, 2, 5).substring(2));
    assertEquals(CongestionState.RECOVERY, s.connection.sender().congestionState());
    s.takeSent();
  }

  /** RFC 9438 4.9: what is taken back is the loss, which was none, and not the mark. */
  @Test
  void undoOfALossLeavesTheMarkAlone() throws ReflectiveOperationException {
    try (TestStack s = withEcn("cubic")) {
      markThenLose(s);
      final Object curve = field(s.connection.sender().control(), "curve");
      final Object wMax = field(curve, "wMax");
      assertNotEquals(0, wMax);
      s.net.advance(100_000_000);
      s.takeSent();
      s.burst(LossScript.ack(10, 1, 2).substring(2));
      s.takeSent();
      assertEquals(CongestionState.OPEN, s.connection.sender().congestionState());
      assertEquals(wMax, field(curve, "wMax"));
    }
  }

  /** It does not hear marks, so the loss is the first that it hears of. */
  @Test
  void bbrHearsOfALossBehindAMark() throws ReflectiveOperationException {
    try (TestStack s = withEcn("bbr")) {
      markThenLose(s);
      assertEquals(true, field(s.connection.sender().control(), "inRecovery"));
    }
  }

  private static Object field(final Object of, final String name)
      throws ReflectiveOperationException {
    final Field field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(of);
  }

  /** RFC 3168 6.1.6. */
  @Test
  void windowProbeIsNotEcnCapable() {
    try (TestStack s = withEcn("reno")) {
      s.write(1, 10);
      s.takeSent();
      s.burst(". 1:1(0) ack 11 win 0");
      s.write(11, 10);
      byte[] probe = null;
      for (int i = 0; i < 100 && probe == null; i++) {
        s.net.advance(100_000_000);
        probe = s.net.link.takeSent();
      }
      assertNotNull(probe);
      assertEquals(0, probe[15] & 3);
    }
  }
}
