package io.ustack.tcp;

import static io.ustack.tcp.LossScript.MSS;
import static io.ustack.tcp.LossScript.ack;
import static io.ustack.tcp.LossScript.full;
import static io.ustack.tcp.LossScript.send;
import static io.ustack.tcp.LossScript.state;
import static io.ustack.tcp.LossScript.window;
import static io.ustack.tcp.LossScript.withSack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fast recovery with SACK on the wire: RFC 8985 6, RFC 6675, RFC 2018 5 and 8, RFC 2883. */
class SackRecoveryTest {
  private static RetransmitQueue queue(final TestStack s) {
    return s.connection.sender().outstanding();
  }

  // ---- When it begins

  @Test
  void threeAboveAHoleAreEnough() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 1, 4), full(0));
      state(s, CongestionState.RECOVERY);
      // RFC 9937 6: of ten three arrived: six in flight, and half of three may leave.
      window(s, 6 * MSS + 3 * MSS / 2, 5 * MSS);
      s.script("+0.1 " + ack(10));
      state(s, CongestionState.OPEN);
      window(s, 5 * MSS, 5 * MSS);
      assertEquals(1, s.net.count(Counter.TCP_RECOVERIES));
      assertEquals(1, s.net.count(Counter.TCP_FAST_RETRANSMITS));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void fewerHaveAQuarterOfTheRoundTripMore(final int end) {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 1, end));
      state(s, CongestionState.DISORDER);
      window(s, 10 * MSS, s.connection.sender().window().ssthresh());
      s.script("+0.025 " + full(0));
      state(s, CongestionState.RECOVERY);
    }
  }

  @Test
  void aHoleThatFillsWasNoLoss() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 1, 3), "+0.024 " + ack(4));
      state(s, CongestionState.OPEN);
      s.script("+0.01 " + ack(10)).silence(3);
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  /** Three that were late once: now three above a hole are no reason any more. */
  @Test
  @Covers(rfc = "RFC 8985", clause = "6.2")
  void reorderingThatWasSeenAsksForPatience() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 1, 2), ack(2));
      s.script(ack(2, 3, 7), "+0.025 " + full(2));
      state(s, CongestionState.RECOVERY);
    }
  }

  // ---- How it goes on

  @Test
  @Covers(rfc = "RFC 9937", clause = "6")
  void holesAreFilledInTheirOrderAsPrrLets() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 5, 6, 3, 4, 1, 2), full(0));
      assertEquals(3 * MSS, queue(s).lostBytes());
      window(s, 5 * MSS, 5 * MSS); // four are in flight
      s.script(ack(0, 5, 7, 3, 4, 1, 2), full(2));
      s.script(ack(0, 5, 8, 3, 4, 1, 2), full(4));
      s.script(ack(0, 5, 9, 3, 4, 1, 2), ack(0, 5, 10, 3, 4, 1, 2));
      s.script("+0.1 " + ack(2, 5, 10, 3, 4), ack(10));
      state(s, CongestionState.OPEN);
      window(s, 5 * MSS, 5 * MSS);
    }
  }

  @Test
  void newDataLeavesBetween() {
    try (TestStack s = send(withSack(), 20)) {
      s.script("+0.1 " + ack(0, 1, 4), full(0));
      s.script(ack(0, 1, 5), full(10));
      s.script(ack(0, 1, 6), ack(0, 1, 7), ack(0, 1, 8), full(11));
      assertEquals(5 * MSS, s.connection.sender().inFlightBytes());
    }
  }

  @Test
  void theWindowOfThePeerLimitsNewDataNotTheRepetition() {
    try (TestStack s = send(withSack(), 20)) {
      final String closed = " win 14600 <nop,nop,sack 1461:";
      s.script("+0.1 < . 1:1(0) ack 1" + closed + "7301>", full(0));
      s.script("< . 1:1(0) ack 1" + closed + "14601>");
      assertEquals(10 * MSS, s.connection.sender().sndNxt() - s.connection.sender().sndUna());
    }
  }

  /** What left after the repetition has arrived, and it has not. */
  @Test
  void aLostRepetitionIsRepeatedWithoutATimeout() {
    try (TestStack s = send(withSack(), 20)) {
      s.script("+0.1 " + ack(0, 1, 4), full(0));
      s.script(ack(0, 1, 6), ack(0, 1, 8), full(10), full(11));
      s.script("+0.1 " + ack(0, 10, 11, 1, 10), full(0), full(12), full(13), full(14));
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS));
      state(s, CongestionState.RECOVERY);
    }
  }

  /** The same by another repetition: its block echoes what arrived in order, long before. */
  @Test
  @Covers(rfc = "RFC 8985", clause = "6.2")
  void aLostRepetitionIsFoundByAnotherWithTimestamps() {
    try (TestStack s = TestStack.listening()) {
      final String echo = " win 65535 <nop,nop,TS val 100 ecr 3000";
      s.script(
          "< S 0:0(0) win 65535 <mss 1460,sackOK,TS val 100 ecr 0>",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460,sackOK,TS val 3000 ecr 100>",
          "+0.1 < . 1:1(0) ack 1" + echo + ">");
      s.accept();
      s.write(1, 10 * 1448);
      assertEquals(10, s.takeSent());
      s.burst(". 1:1(0) ack 1 win 65535 <nop,nop,TS val 100 ecr 3000>");
      s.net.advance(100_000_000);
      s.burst(
          ". 1:1(0) ack 1" + echo + ",nop,nop,sack 4345:14481 1449:2897>"); // 0 and 2 are missing
      assertEquals(2, s.takeSent());
      s.net.advance(100_000_000);
      s.burst(". 1:1(0) ack 1" + echo + ",nop,nop,sack 1449:14481>");
      s.script("> . 1:1449(1448) ack 1 <nop,nop,TS val 3300 ecr 100>");
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS));
    }
  }

  // ---- Blocks that lie

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sack 4381:2921", // inverted
        "sack 2921:2921", // empty
        "sack 13141:16061", // beyond SND.NXT
        "sack 100000:200000",
        "sack 4294867296:4294877296", // long before what we sent
        "sack 1461:2147483000",
        "sack 4381:2921 9000:8000 7000:6000 5000:4000"
      })
  @Covers(rfc = "RFC 2018", clause = "5, RFC 6675 3 and 4")
  void whatCannotBeTrueIsCountedAndIgnored(final String blocks) {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 < . 1:1(0) ack 1 win 65535 <nop,nop," + blocks + ">");
      assertEquals(1, s.net.count(Counter.TCP_SACK_BLOCKS_IGNORED));
      assertEquals(0, queue(s).sackedBytes());
      assertEquals(10 * MSS, s.connection.sender().inFlightBytes());
      s.script(ack(10));
      state(s, CongestionState.OPEN);
    }
  }

  @Test
  void blocksThatOverlapOrCoverAPartCountOnce() {
    try (TestStack s = send(withSack(), 10)) {
      s.script(
          "+0.01 < . 1:1(0) ack 1 win 65535"
              + " <nop,nop,sack 1500:5800 2921:7301 1461:4381 2921:4381>",
          full(0));
      // 1 to 3 by the third block and 2 to 4 by the second: the first covers 2 whole.
      assertEquals(4, queue(s).sackedSegments());
      assertEquals(4 * MSS, queue(s).sackedBytes());
      assertEquals(0, s.net.count(Counter.TCP_SACK_BLOCKS_IGNORED));
    }
  }

  /** An ACK that was overtaken tells nothing wrong: what lies above SND.UNA is still true. */
  @Test
  @Covers(rfc = "RFC 2018", clause = "5, RFC 6675 3 and 4")
  void aBlockOfAnOlderAckCountsFromSndUna() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(2), ack(0, 8, 9, 1, 4), full(4), full(5), full(6));
      assertEquals(3, queue(s).sackedSegments());
      assertTrue(queue(s).isSacked(queue(s).first()));
    }
  }

  @Test
  @Covers(rfc = "RFC 2883", clause = "4", what = "D-SACK, as a sender", by = SackScoreboard.class)
  void duplicatesAreKnownByTheirPlace() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(2, 0, 1));
      assertEquals(1, s.net.count(Counter.TCP_DSACK_BLOCKS_IN));
      assertEquals(0, queue(s).sackedBytes());
      s.script(ack(2, 4, 5, 3, 6), full(2));
      assertEquals(2, s.net.count(Counter.TCP_DSACK_BLOCKS_IN));
      assertEquals(3, queue(s).sackedSegments());
    }
  }

  // ---- Reneging (RFC 2018 8)

  @Test
  @Covers(rfc = "RFC 2018", clause = "8", what = "a peer that reneges", by = LossRecovery.class)
  void theTimeoutRepeatsWhatThePeerThrewAway() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 1, 10), full(0));
      s.script("+0.1 " + ack(1)); // and nothing above
      assertEquals(0, s.connection.sender().inFlightBytes());
      s.script("+0.3 " + full(1));
      assertEquals(1, s.net.count(Counter.TCP_SACK_RENEGING));
      assertEquals(0, queue(s).sackedBytes());
      state(s, CongestionState.LOSS);
      s.script("+0.1 " + ack(2), full(2), full(3));
      assertFalse(queue(s).isSacked(queue(s).first()));
    }
  }

  // ---- Cost

  /** The whole flight is reported again with each ACK: each segment is looked at once. */
  @Test
  void aBlockThatGrowsIsNotReadAnew() {
    final RetransmitQueue queue = new RetransmitQueue();
    final Delivery delivery = new Delivery();
    delivery.begin(0, TcpSegment.NO_ECHO, 0);
    final int first = queue.first();
    for (int i = 0; i < RetransmitQueue.MAX_SEGMENTS; i++) {
      queue.append(i, i + 1, false, false, i);
    }
    for (int i = 1; i < RetransmitQueue.MAX_SEGMENTS; i++) {
      queue.markSacked(first + i, delivery);
      assertEquals(first + i + 1, queue.notSackedFrom(first + 1));
    }
    assertEquals(1, queue.inNetwork());
  }
}
