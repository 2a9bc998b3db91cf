package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** What {@link TcpInfo} says of connections whose story is known. */
class TcpInfoTest {
  private static final long MS = 1_000_000;

  private final TcpInfo info = new TcpInfo();

  private TcpInfo of(final TestStack s) {
    s.connection.info(info, s.net.clock.nanoTime());
    return info;
  }

  @Test
  void beforeTheHandshake() {
    try (TestStack s = TestStack.synSent()) {
      assertEquals(TcpState.SYN_SENT, of(s).state);
      assertFalse(info.timestamps || info.sack || info.windowScaling);
      assertEquals(1000 * MS, info.rtoNs);
      assertEquals(1, info.segsOut);
      assertEquals(0, info.totalRetrans);
      assertEquals(0, info.lostSegments);
      s.script("+1 > S 0:0(0) win 65535 " + s.synOptions(1));
      assertEquals(1, of(s).totalRetrans);
      assertEquals(1, info.retransmits);
      assertEquals(2000 * MS, info.rtoNs);
      assertEquals(CongestionState.OPEN, info.caState);
    }
  }

  @Test
  void optionsThatBothOffered() {
    try (TestStack s =
        new TestStack()
            .listen(1)
            .establish("<mss 1000,nop,wscale 3>", "<mss 1460,nop,wscale 7>", 512)) {
      assertTrue(of(s).windowScaling);
      assertFalse(info.timestamps || info.sack || info.ecn);
      assertEquals(3, info.sndWscale);
      assertEquals(7, info.rcvWscale);
      assertEquals(1000, info.sndMssBytes);
      assertEquals(1460, info.rcvMssBytes);
      assertEquals(512 << 3, info.sndWndBytes);
      assertEquals(65535, info.rcvWndBytes);
      assertEquals(40 * MS, info.atoNs);
    }
    try (TestStack s =
        new TestStack()
            .listen(1)
            .establish("<mss 1460,nop,nop,sackOK>", "<mss 1460,nop,nop,sackOK>", 1)) {
      assertTrue(of(s).sack);
      assertFalse(info.windowScaling);
      assertEquals(0, info.rcvWscale);
    }
  }

  @Test
  void dataInFlightAndAcknowledged() {
    try (TestStack s = TestStack.established()) {
      s.connection.options().cork(true);
      s.write(1, 3000);
      s.script("> . 1:1461(1460) ack 1", "> . 1461:2921(1460) ack 1");
      assertEquals(2, of(s).unackedSegments);
      assertEquals(80, info.notsentBytes);
      assertEquals(0, info.bytesAcked);
      assertEquals(10, info.sndCwndSegments);
      assertEquals(14600, info.sndCwndBytes);
      s.script("+0.1 < . 1:501(500) ack 2921 win 65535");
      s.connection.options().cork(false);
      s.net.poll();
      s.script("> P. 2921:3001(80) ack 501");
      assertEquals(2920, of(s).bytesAcked);
      assertEquals(500, info.bytesReceived);
      assertEquals(1, info.unackedSegments);
      assertEquals(0, info.notsentBytes);
      assertEquals(3, info.segsIn);
      assertEquals(4, info.segsOut);
      assertTrue(info.rttNs > 0 && info.rttNs <= 100 * MS);
    }
  }

  @Test
  void aTimeoutIsLoss() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 2920);
      s.script("> . 1:1461(1460) ack 1", "> P. 1461:2921(1460) ack 1");
      s.script("+0.2 > . 1:1461(1460) ack 1");
      assertEquals(CongestionState.LOSS, of(s).caState);
      assertEquals(2, info.lostSegments);
      assertEquals(1, info.retransSegments);
      assertEquals(1, info.retransmits);
      assertEquals(1, info.backoff);
      assertEquals(1, info.totalRetrans);
      assertEquals(1, info.sndCwndSegments);
      assertEquals(2, info.sndSsthreshSegments);
      assertEquals(2920, info.sndSsthreshBytes);
      s.script("< . 1:1(0) ack 2921 win 65535");
      assertEquals(CongestionState.OPEN, of(s).caState);
      assertEquals(0, info.lostSegments);
    }
  }

  @Test
  void duplicateAcksAreDisorderThenRecovery() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 5840);
      s.takeSent();
      s.script("< . 1:1(0) ack 1 win 65535");
      assertEquals(CongestionState.DISORDER, of(s).caState);
      s.script(
          "< . 1:1(0) ack 1 win 65535", "< . 1:1(0) ack 1 win 65535", "> . 1:1461(1460) ack 1");
      assertEquals(CongestionState.RECOVERY, of(s).caState);
      assertEquals(1, info.totalRetrans);
      s.script("< . 1:1(0) ack 5841 win 65535");
      assertEquals(CongestionState.OPEN, of(s).caState);
    }
  }

  @Test
  void theFinsAreNoBytes() {
    try (TestStack s = TestStack.timeWait()) {
      assertEquals(0, of(s).bytesAcked);
      assertEquals(0, info.bytesReceived);
      assertEquals(TcpState.TIME_WAIT, info.state);
    }
  }

  @Test
  void clearedItSaysNothing() {
    try (TestStack s = TestStack.timeWait()) {
      of(s).clear();
      assertEquals(TcpState.CLOSED, info.state);
      assertEquals(0, info.segsIn + info.segsOut + info.sndCwndBytes);
    }
  }
}
