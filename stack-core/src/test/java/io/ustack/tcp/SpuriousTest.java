package io.ustack.tcp;

import static io.ustack.tcp.LossScript.MSS;
import static io.ustack.tcp.LossScript.ack;
import static io.ustack.tcp.LossScript.cwnd;
import static io.ustack.tcp.LossScript.full;
import static io.ustack.tcp.LossScript.send;
import static io.ustack.tcp.LossScript.ssthresh;
import static io.ustack.tcp.LossScript.state;
import static io.ustack.tcp.LossScript.window;
import static io.ustack.tcp.LossScript.withSack;
import static io.ustack.tcp.LossScript.withoutSack;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.tcp.congestion.CongestionWindow;
import org.junit.jupiter.api.Test;

/** What looked like a loss and was none: RFC 5682, RFC 3522 and 4015, RFC 3708. */
class SpuriousTest {
  private static void counts(final TestStack s, final int spurious, final int undone) {
    assertEquals(spurious, s.net.count(Counter.TCP_SPURIOUS_TIMEOUTS), "spurious");
    assertEquals(undone, s.net.count(Counter.TCP_RECOVERIES_UNDONE), "undone");
  }

  /** Ten in flight, so many written, and the timeout repeated the first. */
  private static TestStack timedOut(final TestStack s, final int segments) {
    send(s, segments);
    if (s.connection.sender().sackPermitted()) {
      s.script("+0.202 " + full(segments > 10 ? 10 : 9, segments <= 11));
    }
    s.script("+0.3 " + full(0));
    state(s, CongestionState.LOSS);
    return s;
  }

  // ---- F-RTO (RFC 5682 3.1)

  /** Step 2b sends new data, and step 3b hears of the old. */
  @Test
  @Covers(rfc = "RFC 5682", clause = "2.1 and 3.1", what = "F-RTO", by = LossRecovery.class)
  void theOriginalsWereOnlyLate() {
    try (TestStack s = timedOut(withSack(), 14)) {
      s.script("+0.1 " + ack(1), full(11), full(12));
      state(s, CongestionState.LOSS);
      s.script("+0.01 " + ack(2));
      counts(s, 1, 1);
      state(s, CongestionState.OPEN);
      assertEquals(11 * MSS, s.connection.sender().inFlightBytes(), "nothing is thought lost");
      assertEquals(CongestionWindow.MAX_BYTES, ssthresh(s));
      assertEquals(10 * MSS, cwnd(s));
      s.script(ack(13), full(13, true), ack(14));
      assertEquals(1, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  /** Step 3a: the new data arrived and the old did not. */
  @Test
  @Covers(rfc = "RFC 5682", clause = "2.1 and 3.1")
  void newDataArrivedAndTheOldDidNot() {
    try (TestStack s = timedOut(withSack(), 14)) {
      s.script("+0.1 " + ack(1), full(11), full(12));
      s.script("+0.1 " + ack(1, 11, 12), full(1));
      counts(s, 0, 0);
      state(s, CongestionState.LOSS);
      s.burst(". 1:1(0) ack 18981 win 65535");
      counts(s, 0, 0);
      s.takeSent();
    }
  }

  /** Nothing new to send: the usual recovery, at once. */
  @Test
  void withoutNewDataItCannotBeTold() {
    try (TestStack s = timedOut(withSack(), 10)) {
      s.script("+0.1 " + ack(1), full(1), full(2));
      counts(s, 0, 0);
    }
  }

  /** New data waits, but not enough to leave now: the old must not wait for it. */
  @Test
  @Covers(rfc = "RFC 5682", clause = "2.1 and 3.1")
  void newDataThatNagleHoldsDoesNotHoldTheOld() {
    try (TestStack s = withoutSack()) {
      s.write(1, 3 * MSS + 10);
      s.script(full(0), full(1), full(2), "> P. 4381:4391(10) ack 1");
      s.script("+0.3 " + full(0));
      s.write(3 * MSS + 11, 10);
      s.script("+0.1 " + ack(1), full(1), full(2));
      counts(s, 0, 0);
    }
  }

  @Test
  void withoutSackTheOriginalsTellAsWell() {
    try (TestStack s = timedOut(withoutSack(), 14)) {
      s.script("+0.1 " + ack(1), full(10), full(11), "+0.01 " + ack(2));
      counts(s, 1, 1);
      state(s, CongestionState.OPEN);
      s.takeSent();
      s.burst(". 1:1(0) ack 17521 win 65535");
      s.takeSent();
      assertEquals(1, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  /** RFC 5682 2.1 step 3a: a duplicate after the new data. */
  @Test
  void withoutSackADuplicateEndsTheSuspicion() {
    try (TestStack s = timedOut(withoutSack(), 14)) {
      s.script("+0.1 " + ack(1), full(10), full(11), "+0.1 " + ack(1), full(1));
      counts(s, 0, 0);
      state(s, CongestionState.LOSS);
    }
  }

  /** The first was lost and the others had waited for it: no original shows that. */
  @Test
  @Covers(rfc = "RFC 5682", clause = "2.1 and 3.1")
  void withoutSackTheRepetitionsAckMayJump() {
    try (TestStack s = timedOut(withoutSack(), 10)) {
      s.script("+0.1 " + ack(10));
      counts(s, 0, 0);
      state(s, CongestionState.OPEN);
      assertEquals(5 * MSS, ssthresh(s));
    }
  }

  @Test
  void theSecondTimeoutInARowMayBeSpuriousToo() {
    try (TestStack s = timedOut(withSack(), 14)) {
      s.script("+0.6 " + full(0));
      s.script("+0.1 " + ack(1), full(11), full(12), "+0.01 " + ack(2));
      counts(s, 1, 1);
      assertEquals(CongestionWindow.MAX_BYTES, ssthresh(s), "as before the first");
      s.takeSent();
    }
  }

  // ---- Timestamps (RFC 3522)

  private static final String ECHO = " win 65535 <nop,nop,TS val 100 ecr ";

  /** Ten segments of 1448 bytes, which left when our clock said 3100. */
  private static TestStack tenWithTimestamps() {
    final TestStack s =
        TestStack.listening()
            .script(
                "< S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0>",
                "> S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 3000 ecr 100>",
                "+0.1 < . 1:1(0) ack 1 win 65535 <nop,nop,TS val 100 ecr 3000>");
    s.accept();
    s.write(1, 10 * 1448);
    assertEquals(10, s.takeSent());
    return s;
  }

  private static String repeated(final int segment, final int tick) {
    final int seq = 1 + segment * 1448;
    return "> . %d:%d(1448) ack 1 <nop,nop,TS val %d ecr 100>".formatted(seq, seq + 1448, tick);
  }

  @Test
  @Covers(
      rfc = "RFC 3522",
      clause = "RFC 4015",
      what = "what was wrong is taken back by timestamps",
      by = Undo.class)
  void theEchoOfTheOriginalUndoesARecovery() {
    try (TestStack s = tenWithTimestamps()) {
      s.script("+0.1 < . 1:1(0) ack 1" + ECHO + "3000,nop,nop,sack 2897:7241>", repeated(0, 3200));
      state(s, CongestionState.RECOVERY);
      s.script("+0.01 < . 1:1(0) ack 1449" + ECHO + "3100,nop,nop,sack 2897:7241>");
      counts(s, 0, 1);
      // The other of the two is late, too: now it has its time.
      state(s, CongestionState.DISORDER);
      assertEquals(CongestionWindow.MAX_BYTES, ssthresh(s));
      assertEquals(0, s.connection.sender().outstanding().lostBytes());
      s.script("< . 1:1(0) ack 14481" + ECHO + "3100>");
      assertEquals(1, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  @Test
  void theEchoOfTheRepetitionDoesNot() {
    try (TestStack s = tenWithTimestamps()) {
      s.script("+0.1 < . 1:1(0) ack 1" + ECHO + "3000,nop,nop,sack 1449:7241>", repeated(0, 3200));
      s.script("+0.1 < . 1:1(0) ack 14481" + ECHO + "3200>");
      counts(s, 0, 0);
      window(s, 5 * 1448, 5 * 1448);
    }
  }

  @Test
  @Covers(rfc = "RFC 3522", clause = "RFC 4015")
  void theEchoOfTheOriginalUndoesATimeout() {
    try (TestStack s = tenWithTimestamps()) {
      s.net.advance(202_000_000); // the probe
      s.net.advance(300_000_000);
      assertEquals(2, s.takeSent());
      state(s, CongestionState.LOSS);
      s.script("< . 1:1(0) ack 1449" + ECHO + "3100>");
      counts(s, 1, 1);
      state(s, CongestionState.OPEN);
      assertEquals(CongestionWindow.MAX_BYTES, ssthresh(s));
    }
  }

  /** Both the segment and the probe of it left before: the answer to the probe shows a loss. */
  @Test
  @Covers(rfc = "RFC 3522", clause = "RFC 4015")
  void theEchoOfTheProbeUndoesNoTimeout() {
    try (TestStack s = tenWithTimestamps()) {
      s.script("+0.1 < . 1:1(0) ack 13033" + ECHO + "3100>"); // all but the last
      s.net.advance(300_000_000);
      assertEquals(1, s.takeSent());
      assertEquals(1, s.net.count(Counter.TCP_LOSS_PROBES));
      final int probe = s.tick() + 0;
      s.net.advance(320_000_000);
      assertEquals(1, s.takeSent());
      state(s, CongestionState.LOSS);
      s.script("< . 1:1(0) ack 14481" + ECHO + probe + ">");
      counts(s, 0, 0);
    }
  }

  // ---- D-SACK (RFC 3708)

  @Test
  @Covers(rfc = "RFC 3708", what = "by D-SACK", by = Undo.class)
  void duplicatesOfAllThatWasRepeatedUndoTheRecovery() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 1, 4), full(0), "+0.02 " + ack(10));
      window(s, 5 * MSS, 5 * MSS);
      s.script("+0.1 " + ack(10, 0, 1));
      counts(s, 0, 1);
      window(s, 10 * MSS, CongestionWindow.MAX_BYTES);
    }
  }

  @Test
  void duplicatesOfSomeDoNot() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 5, 8, 3, 4, 1, 2), full(0), full(2), full(4));
      s.script("+0.1 " + ack(10), ack(10, 0, 1), ack(10, 2, 3));
      counts(s, 0, 0);
      window(s, 5 * MSS, 5 * MSS);
      s.script(ack(10, 4, 5));
      counts(s, 0, 1);
    }
  }

  /** The network copies a segment, during the recovery or after: that says nothing of the loss. */
  @Test
  @Covers(rfc = "RFC 3708")
  void aDuplicateOfWhatWasSentOnceUndoesNothing() {
    try (TestStack s = send(withSack(), 20)) {
      s.script("+0.1 " + ack(0, 1, 4), full(0), ack(0, 3, 4, 1, 4));
      s.script("+0.02 " + ack(10), full(10), full(11), full(12), full(13), full(14));
      s.script("+0.1 " + ack(12, 11, 12), full(15), full(16));
      counts(s, 0, 0);
      assertEquals(5 * MSS, ssthresh(s));
    }
  }

  /** One block for two repetitions that the peer's network card had joined. */
  @Test
  void aBlockMaySpanSeveral() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 2, 6), full(0), ack(0, 2, 7), full(1));
      s.script("+0.1 " + ack(10), ack(10, 0, 2));
      counts(s, 0, 1);
    }
  }

  /** The copy that the probe made says nothing of the hole that was really there. */
  @Test
  @Covers(rfc = "RFC 3708")
  void theDuplicateOfAProbeUndoesNoRecovery() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.202 " + full(9, true));
      s.script("+0.01 " + ack(0, 1, 10), full(0));
      s.script("+0.05 " + ack(0, 9, 10, 1, 10));
      counts(s, 0, 0);
      state(s, CongestionState.RECOVERY);
      s.script("+0.1 " + ack(10));
      assertEquals(5 * MSS, ssthresh(s));
    }
  }

  /** Both copies are reported, the probe's and the repetition's: nothing was lost. */
  @Test
  @Covers(rfc = "RFC 3708")
  void theDuplicatesOfAProbeAndOfARepetitionUndoTheRecovery() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.202 " + full(9, true));
      s.script("+0.01 " + ack(0, 1, 10), full(0));
      s.script("+0.05 " + ack(0, 9, 10, 1, 10));
      s.script(ack(10, 0, 1));
      counts(s, 0, 1);
    }
  }
}
