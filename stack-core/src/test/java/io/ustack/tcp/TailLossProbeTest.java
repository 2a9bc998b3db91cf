package io.ustack.tcp;

import static io.ustack.tcp.LossScript.MSS;
import static io.ustack.tcp.LossScript.ack;
import static io.ustack.tcp.LossScript.cwnd;
import static io.ustack.tcp.LossScript.full;
import static io.ustack.tcp.LossScript.send;
import static io.ustack.tcp.LossScript.state;
import static io.ustack.tcp.LossScript.window;
import static io.ustack.tcp.LossScript.withSack;
import static io.ustack.tcp.LossScript.withoutSack;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;

/** RFC 8985 7 on the wire. SRTT is 100 ms, the RTO 300 ms. */
class TailLossProbeTest {
  private static void counts(final TestStack s, final int probes, final int timeouts) {
    assertEquals(probes, s.net.count(Counter.TCP_LOSS_PROBES), "probes");
    assertEquals(timeouts, s.net.count(Counter.TCP_RETRANSMISSION_TIMEOUTS), "timeouts");
  }

  // ---- When it leaves (7.2)

  @Test
  @Covers(
      rfc = "RFC 8985",
      clause = "7",
      what = "tail loss probe",
      by = {TailLossProbe.class, RetransmissionTimer.class})
  void theLastSegmentAfterTwoRoundTrips() {
    try (TestStack s = send(withSack(), 5)) {
      s.script("+0.202 " + full(4, true));
      counts(s, 1, 0);
      state(s, CongestionState.OPEN);
    }
  }

  /** The peer may delay the ACK of one segment; but the timeout does not wait for that. */
  @Test
  void oneSegmentHasUntilTheTimeout() {
    try (TestStack s = send(withSack(), 1)) {
      s.script("+0.3 " + full(0, true));
      counts(s, 1, 0);
    }
  }

  @Test
  void whatIsSentLaterMovesIt() {
    try (TestStack s = send(withSack(), 2)) {
      s.silence(0.1);
      s.write(1 + 2 * MSS, 100);
      s.script("> P. 2921:3021(100) ack 1", "+0.2 > P. 2921:3021(100) ack 1");
      counts(s, 1, 0);
    }
  }

  @Test
  void newDataIsTheBetterProbe() {
    try (TestStack s = send(withSack(), 12)) {
      s.script("+0.202 " + full(10));
      counts(s, 1, 0);
      assertEquals(0, s.net.count(Counter.TCP_RETRANSMITTED_SEGMENTS));
    }
  }

  @Test
  void theWindowOfThePeerHasNoRoomForNewData() {
    try (TestStack s = send(withSack(), 12)) {
      s.script("< . 1:1(0) ack 1 win 14600", "+0.202 " + full(9));
      counts(s, 1, 0);
    }
  }

  @Test
  void theFinMayBeIt() {
    try (TestStack s = withSack()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1");
      s.shutdownSend();
      s.script("> F. 101:101(0) ack 1", "+0.202 > F. 101:101(0) ack 1");
      counts(s, 1, 0);
      s.script("< . 1:1(0) ack 1 win 65535 <nop,nop,sack 101:102>");
    }
  }

  @Test
  void thenTheTimeout() {
    try (TestStack s = send(withSack(), 5)) {
      s.script("+0.202 " + full(4, true), "+0.3 " + full(0));
      counts(s, 1, 1);
      state(s, CongestionState.LOSS);
    }
  }

  @Test
  void withoutSackOnlyTheTimeout() {
    try (TestStack s = send(withoutSack(), 5)) {
      s.script("+0.3 " + full(0));
      counts(s, 0, 1);
    }
  }

  @Test
  void beforeTheFirstMeasurementOnlyTheTimeout() {
    final String ok = "<mss 1460,nop,nop,sackOK>";
    try (TestStack s = TestStack.listening().establish(ok, ok, 65535)) {
      assertEquals(0, s.connection.sender().rtt().srttNs());
      s.write(1, 100);
      s.takeSent();
      s.net.advance(300_000_000);
      counts(s, 0, 1);
      s.takeSent();
    }
  }

  @Test
  void notInRecoveryNorWithBlocks() {
    try (TestStack s = send(withSack(), 10)) {
      s.script("+0.1 " + ack(0, 1, 4), full(0), "+0.3 " + full(0));
      counts(s, 0, 1);
    }
  }

  // ---- What its answer says (7.4)

  @Test
  void newDataThatArrivedWasNoLoss() {
    try (TestStack s = send(withSack(), 11)) {
      s.script("+0.202 " + full(10, true), "+0.1 " + ack(11));
      s.write(1 + 11 * MSS, MSS);
      s.script(full(11, true), "+0.1 " + ack(12));
      assertEquals(0, s.net.count(Counter.TCP_LOSS_PROBE_RECOVERIES));
      assertTrue(cwnd(s) >= 10 * MSS);
    }
  }

  @Test
  void bothCopiesArrivedSaysTheBlock() {
    try (TestStack s = send(withSack(), 5)) {
      s.script("+0.202 " + full(4, true), ack(5), "+0.1 " + ack(5, 4, 5));
      oneMore(s);
      assertEquals(0, s.net.count(Counter.TCP_LOSS_PROBE_RECOVERIES));
    }
  }

  /** A peer without D-SACK, and nothing outstanding any more. */
  @Test
  @Covers(rfc = "RFC 8985", clause = "7")
  void bothCopiesArrivedSaysTheAckThatComesTwice() {
    try (TestStack s = send(withSack(), 5)) {
      s.script("+0.202 " + full(4, true), ack(5), "+0.1 " + ack(5));
      oneMore(s);
      assertEquals(0, s.net.count(Counter.TCP_LOSS_PROBE_RECOVERIES));
    }
  }

  @Test
  @Covers(rfc = "RFC 8985", clause = "7")
  void aRepairedLossHalvesTheWindow() {
    try (TestStack s = send(withSack(), 5)) {
      s.script("+0.202 " + full(4, true), "+0.1 " + ack(5));
      assertEquals(0, s.net.count(Counter.TCP_LOSS_PROBE_RECOVERIES), "not said yet");
      oneMore(s);
      assertEquals(1, s.net.count(Counter.TCP_LOSS_PROBE_RECOVERIES));
      state(s, CongestionState.OPEN);
      window(s, 2 * MSS, 2 * MSS);
    }
  }

  private static void oneMore(final TestStack s) {
    s.write(1 + 5 * MSS, MSS);
    s.script(full(5, true), "+0.1 " + ack(6));
  }

  @Test
  void theProbeShowsTheHolesBelow() {
    try (TestStack s = send(withSack(), 5)) {
      s.script("+0.202 " + full(4, true));
      // 0 to 2 arrived, 3 and the first copy of 4 did not.
      s.script("+0.1 " + ack(3, 4, 5), full(3, false));
      state(s, CongestionState.RECOVERY);
      s.script("+0.1 " + ack(5));
      counts(s, 1, 0);
    }
  }
}
