package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Data both ways. */
class TransferTest {
  @Test
  void dataIsDeliveredAndAcknowledgedLate() {
    try (TestStack s = TestStack.established()) {
      s.script(
          """
          < P. 1:101(100) ack 1 win 65535
          +0.04 > . 1:1(0) ack 101
          """);
      assertEquals(100, s.read(1, 1000));
    }
  }

  @Test
  void dataIsSentAndRetransmitted() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 3000);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > . 1461:2921(1460) ack 1
          +0.01 < . 1:1(0) ack 2921 win 65535
          > P. 2921:3001(80) ack 1
          +0.20125 > P. 2921:3001(80) ack 1
          +0.4025 > P. 2921:3001(80) ack 1
          < . 1:1(0) ack 3001 win 65535
          """);
      s.silence(10);
    }
  }

  @Test
  void orderlyCloseFromOurSide() {
    try (TestStack s = TestStack.timeWait()) {
      s.silence(59.9);
      s.in(TcpState.TIME_WAIT);
      s.silence(0.2);
      s.in(TcpState.CLOSED);
      assertEquals(0, s.net.stack.tcp().connections());
    }
  }

  @Test
  void orderlyCloseFromThePeer() {
    try (TestStack s = TestStack.lastAck()) {
      s.script("< . 2:2(0) ack 2 win 65535");
      s.in(TcpState.CLOSED);
    }
  }

  @Test
  void simultaneousClose() {
    try (TestStack s = TestStack.closing()) {
      s.script("< . 2:2(0) ack 2 win 65535");
      s.in(TcpState.TIME_WAIT);
    }
  }
}
