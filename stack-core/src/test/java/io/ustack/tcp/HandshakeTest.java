package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.readiness.Failure;
import org.junit.jupiter.api.Test;

/** Opening, RFC 9293 3.5, 3.10.7.2 and 3.10.7.3. */
class HandshakeTest {
  @Test
  void passiveOpen() {
    try (TestStack s = TestStack.listening()) {
      s.script(
          """
          < S 0:0(0) win 29200 <mss 1460,nop,wscale 7>
          > S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>
          < . 1:1(0) ack 1 win 229
          """);
      assertEquals("READABLE", TestStack.bits(s.events.take()));
      s.accept();
      s.in(TcpState.ESTABLISHED);
      assertEquals(229 << 7, s.connection.sender().sndWnd());
    }
  }

  @Test
  void activeOpen() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S. 0:0(0) ack 1 win 29200 <mss 1400,nop,wscale 9>
          > . 1:1(0) ack 1 win 1024
          """);
      s.in(TcpState.ESTABLISHED);
      assertEquals("WRITABLE", TestStack.bits(s.events.take()));
      assertEquals(1400, s.connection.sender().mss());
      assertEquals(29200, s.connection.sender().sndWnd());
    }
  }

  @Test
  void simultaneousOpen() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          < S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
          > S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>
          < S. 0:0(0) ack 1 win 65535 <mss 1460,nop,wscale 7>
          """);
      s.in(TcpState.ESTABLISHED);
    }
  }

  @Test
  void synIsRepeatedWithBackOffAndGivenUp() {
    try (TestStack s = TestStack.synSent()) {
      s.script(
          """
          +1 > S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
          +2 > S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
          +4 > S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
          +8 > S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
          +16 > S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
          +32 > S 0:0(0) win 65535 <mss 1460,nop,wscale 7>
          +64
          """);
      assertEquals(Failure.TIMED_OUT, s.connection.failure());
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void resetRefusesOurSyn() {
    try (TestStack s = TestStack.synSent()) {
      s.script("< R. 0:0(0) ack 1 win 0");
      assertEquals(Failure.CONNECTION_REFUSED, s.connection.failure());
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
    }
  }
}
