package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Quick ACKs, interactive connections and the length of the delay, as Linux has them. */
class QuickAckTest {
  private static TestStack established() {
    return TestStack.established(TcpConfig.DEFAULT);
  }

  /** Segments from {@code from} up to before {@code to}, a second apart at most, all the same. */
  private static void acknowledgedAtOnce(final TestStack s, final int from, final int to) {
    for (int i = from; i < to; i++) {
      final int seq = 1 + 100 * i;
      s.script(
          "< . %d:%d(100) ack 1 win 65535".formatted(seq, seq + 100),
          "> . 1:1(0) ack %d".formatted(seq + 100));
      s.silence(0.01);
    }
  }

  @Test
  @Covers(
      rfc = "Linux",
      what = "quick ACKs at the start, after a pause and after repetitions",
      by = AckPolicy.class)
  void theFirstSixteenSegmentsAreAcknowledgedOneByOne() {
    try (TestStack s = established()) {
      acknowledgedAtOnce(s, 0, 16);
      s.script("< . 1601:1701(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1701");
      assertEquals(1, s.net.count(Counter.TCP_DELAYED_ACKS));
    }
  }

  /** Linux tcp_incr_quickack: half the segments that the window holds, two at least. */
  @Test
  void smallWindowIsWorthFewerQuickAcks() {
    try (TestStack s = TestStack.established(TcpConfig.DEFAULT.withBuffers(14_600, 14_600))) {
      acknowledgedAtOnce(s, 0, 5);
      s.script("< . 501:601(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 601");
    }
    try (TestStack s = TestStack.established(TcpConfig.DEFAULT.withBuffers(3000, 3000))) {
      acknowledgedAtOnce(s, 0, 2);
      s.script("< . 201:301(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 301");
    }
  }

  @Test
  void burstCountsAsOne() {
    try (TestStack s = established()) {
      s.burst(". 1:101(100) ack 1 win 65535", ". 101:201(100) ack 1 win 65535");
      s.script("> . 1:1(0) ack 201");
      acknowledgedAtOnce(s, 2, 17);
      s.script("< . 1701:1801(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1801");
    }
  }

  /** An echo server's first answer leaves in the cycle after the request, and takes the ACK. */
  @Test
  void answerInTheSameCycleTakesTheQuickAckAlong() {
    try (TestStack s = established()) {
      s.oneCycle("P. 1:101(100) ack 1 win 65535");
      s.expectNothing();
      s.write(1, 50);
      s.script("> P. 1:51(50) ack 101");
      s.silence(0.1);
    }
  }

  /** Linux pingpong mode: after one answer there is no pure ACK per request any more. */
  @Test
  @Covers(
      rfc = "Linux",
      what = "ACKs of an interactive connection wait for the answer; the delay adapts",
      by = AckPolicy.class)
  void interactiveConnectionWaitsForTheAnswer() {
    try (TestStack s = established()) {
      s.script("< P. 1:101(100) ack 1 win 65535", "> . 1:1(0) ack 101");
      s.write(1, 50);
      s.script("> P. 1:51(50) ack 101");
      assertFalse(s.connection.options().quickAck());
      for (int i = 1; i < 20; i++) {
        final int theirs = 1 + 100 * i;
        final int ours = 1 + 50 * i;
        s.script("< . %d:%d(0) ack %d win 65535".formatted(theirs, theirs, ours));
        s.silence(i == 10 ? 5 : 0.01);
        s.script("< P. %d:%d(100) ack %d win 65535".formatted(theirs, theirs + 100, ours));
        s.silence(0.02);
        s.write(ours, 50);
        s.script("> P. %d:%d(50) ack %d".formatted(ours, ours + 50, theirs + 100));
      }
      s.script("< . 2001:2001(0) ack 1001 win 65535");
      assertEquals(0, s.net.count(Counter.TCP_DELAYED_ACKS));
    }
  }

  /** What is sent long after the last data is no answer to it. */
  @Test
  void lateDataDoesNotMakeTheConnectionInteractive() {
    try (TestStack s = established()) {
      s.script("< P. 1:101(100) ack 1 win 65535", "> . 1:1(0) ack 101");
      s.silence(0.05);
      s.write(1, 50);
      s.script(
          """
          > P. 1:51(50) ack 101
          < P. 101:201(100) ack 51 win 65535
          > . 51:51(0) ack 201
          """);
    }
  }

  @Test
  void answerThatNeverCameEndsTheInteractiveMode() {
    try (TestStack s = established()) {
      s.script("< P. 1:101(100) ack 1 win 65535", "> . 1:1(0) ack 101");
      s.write(1, 50);
      s.script("> P. 1:51(50) ack 101");
      s.script("< P. 101:201(100) ack 51 win 65535", "+0.04 > . 51:51(0) ack 201");
      s.script("< P. 201:301(100) ack 51 win 65535", "> . 51:51(0) ack 301");
    }
  }

  @Test
  @Covers(rfc = "Linux", what = "quick ACKs at the start, after a pause and after repetitions")
  void quickAcksComeBackAfterAPause() {
    try (TestStack s = established()) {
      acknowledgedAtOnce(s, 0, 16);
      s.script("< . 1601:1701(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1701");
      s.silence(0.1);
      s.script("< . 1701:1801(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 1801");
      s.silence(5);
      acknowledgedAtOnce(s, 18, 34);
      s.script("< . 3401:3501(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 3501");
    }
  }

  /** Its ACK was lost or late: the peer is told quickly for a while. */
  @Test
  @Covers(rfc = "Linux", what = "quick ACKs at the start, after a pause and after repetitions")
  void repeatedDataBringsQuickAcks() {
    try (TestStack s = established()) {
      s.script("< P. 1:101(100) ack 1 win 65535", "> . 1:1(0) ack 101");
      s.write(1, 50);
      s.script(
          """
          > P. 1:51(50) ack 101
          < P. 1:101(100) ack 51 win 65535
          > . 51:51(0) ack 101
          < P. 101:201(100) ack 51 win 65535
          > . 51:51(0) ack 201
          """);
      assertTrue(s.connection.options().quickAck());
    }
  }

  @Test
  void optionEndsTheDelayAndTheInteractiveMode() {
    try (TestStack s = established()) {
      s.connection.options().quickAck(false);
      s.script("< P. 1:101(100) ack 1 win 65535");
      s.silence(0.01);
      s.connection.options().quickAck(true);
      s.net.poll();
      s.script("> . 1:1(0) ack 101");
      s.script("< P. 101:201(100) ack 1 win 65535", "> . 1:1(0) ack 201");
      s.connection.options().quickAck(true);
      s.net.poll();
      s.script("");
    }
  }

  /** 40 ms on a short path; on a long one up to a round trip, 200 ms at most. */
  @Test
  @Covers(
      rfc = "Linux",
      what = "ACKs of an interactive connection wait for the answer; the delay adapts")
  @Rfc9293("MUST-40")
  void delayFollowsTheRhythmOfThePeerUpToARoundTrip() {
    final AckPolicy acks = new AckPolicy();
    acks.begin(TestStack.PLAIN, false);
    final long ms = 1_000_000;
    final RttEstimator rtt = new RttEstimator(TestStack.PLAIN);
    rtt.onAck(100 * ms, 1, 0);
    assertEquals(300 * ms, rtt.rtoNs());
    acks.onData(0, rtt, 40 * 1460, 1460, 1);
    acks.onAckSent(true);
    assertEquals(40 * ms, acks.delayNs(1000 * ms));
    // Nobody answered: 80 ms. Then gaps of 70 ms: half of the old and the gap.
    acks.onDelayExpired(300 * ms);
    acks.onAckSent(true);
    assertEquals(80 * ms, acks.delayNs(1000 * ms));
    acks.onData(70 * ms, rtt, 40 * 1460, 1460, 1);
    acks.onAckSent(true);
    assertEquals(110 * ms, acks.delayNs(1000 * ms));
    assertEquals(60 * ms, acks.delayNs(60 * ms));
    assertEquals(40 * ms, acks.delayNs(0));
    acks.onDelayExpired(300 * ms);
    acks.onAckSent(true);
    assertEquals(200 * ms, acks.delayNs(1000 * ms));
    // Back to back: half of it each time, towards the least.
    acks.onData(75 * ms, rtt, 40 * 1460, 1460, 1);
    acks.onAckSent(true);
    assertEquals(130 * ms, acks.delayNs(1000 * ms));
    // Longer than that, but no pause: nothing is learnt.
    acks.onData(275 * ms, rtt, 40 * 1460, 1460, 1);
    assertEquals(130 * ms, acks.delayNs(1000 * ms));
  }

  /** A clock has an arbitrary origin, below zero, too. */
  @ParameterizedTest
  @ValueSource(longs = {5_000_000_000L, -5_000_000_000L})
  void whoWritesFirstAnswersNothing(final long nowNs) {
    final AckPolicy acks = new AckPolicy();
    acks.begin(TcpConfig.DEFAULT, false);
    acks.onDataSent(nowNs);
    assertFalse(acks.isInteractive());
  }
}
