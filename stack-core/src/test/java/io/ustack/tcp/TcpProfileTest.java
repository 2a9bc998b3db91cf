package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ustack.house.Covers;
import org.junit.jupiter.api.Test;

/** The profiles, by name and on the wire. */
class TcpProfileTest {
  @Test
  void profilesHaveNames() {
    assertSame(TcpConfig.LINUX, TcpConfig.profile("linux"));
    assertSame(TcpConfig.FREEBSD, TcpConfig.profile("freebsd"));
    assertSame(TcpConfig.LINUX, TcpConfig.DEFAULT);
    assertThrows(IllegalArgumentException.class, () -> TcpConfig.profile("Linux"));
  }

  @Test
  @Covers(rfc = "Linux", clause = "profiles")
  void freebsdAnswersASynInItsOrder() {
    try (TestStack s = TestStack.listening(TcpConfig.FREEBSD)) {
      final int tick = s.tick();
      s.script(
          "< S 0:0(0) win 65535 <mss 1460,sackOK,TS val 7 ecr 0,nop,wscale 7>",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 6,sackOK,TS val %d ecr 7>"
              .formatted(tick));
    }
    try (TestStack s = TestStack.listening(TcpConfig.FREEBSD)) {
      s.script(
          "< S 0:0(0) win 65535 <mss 1460,nop,wscale 7>",
          "> S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 6>");
    }
  }

  /** No quick ACKs: net.inet.tcp.delacktime from the first segment on. */
  @Test
  void freebsdDelaysFromTheStart() {
    try (TestStack s = TestStack.established(TcpConfig.FREEBSD)) {
      s.script("< . 1:101(100) ack 1 win 65535", "+0.04 > . 1:1(0) ack 101");
    }
  }

  @Test
  void freebsdHasItsOwnTimeout() {
    try (TestStack s = TestStack.established(TcpConfig.FREEBSD)) {
      s.write(1, 10);
      s.script("> P. 1:11(10) ack 1", "+0.23 > P. 1:11(10) ack 1", "< . 1:1(0) ack 11 win 65535");
      assertEquals(32 << 10, TcpConfig.FREEBSD.sendBufferBytes());
    }
  }
}
