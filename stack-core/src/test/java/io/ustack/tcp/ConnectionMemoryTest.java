package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Who is through with sending holds no send buffer, however long TIME_WAIT lasts. */
class ConnectionMemoryTest {
  @Test
  void sendBufferGoesWhenTheFinIsAcknowledged() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1000);
      s.script("> P. 1:1001(1000) ack 1\n< . 1:1(0) ack 1001 win 65535");
      s.shutdownSend();
      s.script("> F. 1001:1001(0) ack 1");
      assertFalse(s.connection.sendBuffer().isBare(), "not before");
      s.script("< F. 1:1(0) ack 1002 win 65535\n> . 1002:1002(0) ack 2");
      s.in(TcpState.TIME_WAIT);
      assertTrue(s.connection.sendBuffer().isBare());
    }
  }
}
