package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;

/** A listener that waits for data: TCP_DEFER_ACCEPT. */
class DeferAcceptTest {
  private static final String SYN = "< S 0:0(0) win 65535 <mss 1460>";
  private static final String SYN_ACK = "> S. 0:0(0) ack 1 win 65535 <mss 1460>";
  private static final String ACK = "< . 1:1(0) ack 1 win 65535";

  private static TestStack deferring(final int timeouts) {
    final TestStack s = TestStack.listening();
    s.listener().deferAccept(timeouts);
    return s;
  }

  @Test
  @Covers(
      rfc = "Linux",
      clause = "TCP_DEFER_ACCEPT",
      what = "accept waits for data, SYN-ACKs rest, the last one opens without",
      by = DeferAccept.class)
  void theHandshakeIsDoneWithTheData() {
    try (TestStack s = deferring(3)) {
      s.script(SYN, SYN_ACK, ACK);
      assertFalse(s.listener().isReadable());
      assertEquals(1, s.net.count(DropReason.TCP_ACCEPT_DEFERRED));
      assertEquals(1, s.listener().handshakes());
      s.script("< P. 1:11(10) ack 1 win 65535");
      assertTrue(s.listener().isReadable());
      s.accept();
      s.in(TcpState.ESTABLISHED);
      assertEquals(10, s.read(1, 100));
    }
  }

  @Test
  void aFinIsEnough() {
    try (TestStack s = deferring(3)) {
      s.script(SYN, SYN_ACK, ACK, "< F. 1:1(0) ack 1 win 65535", "> . 1:1(0) ack 2");
      s.accept();
      s.in(TcpState.CLOSE_WAIT);
    }
  }

  /** Timeouts after 1, 3 and 7 s: only the last repeats the SYN-ACK, and its ACK opens. */
  @Test
  void afterSoManyTimeoutsAnAckIsEnough() {
    try (TestStack s = deferring(3)) {
      s.script(SYN, SYN_ACK, ACK, "+7 " + SYN_ACK);
      assertFalse(s.listener().isReadable());
      s.script(ACK);
      assertTrue(s.listener().isReadable());
      s.accept();
      s.in(TcpState.ESTABLISHED);
    }
  }

  @Test
  void withoutAnAckSynAcksAreRepeatedAsEver() {
    try (TestStack s = deferring(3)) {
      s.script(SYN, SYN_ACK, "+1 " + SYN_ACK, "+2 " + SYN_ACK, "+4 " + SYN_ACK);
    }
  }

  /** It waits for longer than SYN-ACKs are repeated, and then gives up. */
  @Test
  void aPeerThatSaysNothingMoreIsGivenUp() {
    try (TestStack s = deferring(7)) {
      s.script(SYN, SYN_ACK, ACK, "+127 " + SYN_ACK);
      assertEquals(1, s.listener().handshakes());
      s.net.advance(121_000_000_000L);
      assertEquals(0, s.listener().handshakes());
    }
  }

  @Test
  void switchedOffAgainAnAckIsEnough() {
    try (TestStack s = deferring(3)) {
      s.script(SYN, SYN_ACK, ACK);
      s.listener().deferAccept(0);
      s.script(ACK);
      s.accept();
      s.in(TcpState.ESTABLISHED);
    }
  }
}
