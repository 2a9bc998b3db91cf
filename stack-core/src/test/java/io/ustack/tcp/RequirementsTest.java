package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.ustack.house.Rfc9293;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requirements of RFC 9293's appendix B that no other test is about. */
class RequirementsTest {
  /** 3.5.3: it may say why in its data, which nobody reads. */
  @Test
  @Rfc9293("SHLD-2")
  void resetMayHaveData() {
    try (TestStack s = TestStack.established()) {
      s.script("< R 1:11(10) win 0").in(TcpState.CLOSED);
      assertEquals(Failure.CONNECTION_RESET, s.connection.failure());
      s.silence(1);
    }
  }

  /** 3.8.6: what lies inside the smaller window goes again, what lies behind it waits. */
  @Test
  @Rfc9293({"SHLD-15", "SHLD-16"})
  void retransmitsWhatIsLeftOfAShrunkWindow() {
    try (TestStack s = TestStack.established().script("< . 1:1(0) ack 1 win 2920")) {
      s.write(1, 5000);
      s.script(
          """
          > . 1:1461(1460) ack 1
          > . 1461:2921(1460) ack 1
          < . 1:1(0) ack 1 win 1460
          +0.2 > . 1:1461(1460) ack 1
          < . 1:1(0) ack 1461 win 1460
          > . 1461:2921(1460) ack 1
          """);
    }
  }

  /**
   * 3.8.6: a peer that answers is there, however often what it took back its window for goes again.
   */
  @Test
  @Rfc9293("SHLD-17")
  void dataBehindAShrunkEdgeEndsNothing() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1000);
      s.script("> P. 1:1001(1000) ack 1", "+0.05 < . 1:1(0) ack 1 win 0");
      for (int i = 0; i < 40; i++) {
        s.net.advance(120_000_000_000L);
        s.takeSent();
        s.script("< . 1:1(0) ack 1 win 0").in(TcpState.ESTABLISHED);
      }
    }
  }

  /** But only while somebody holds it: the peer must not keep what nobody wants any more. */
  @Test
  void dataOfAnOrphanBehindAShrunkEdgeIsGivenUp() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 1000);
      s.script("> P. 1:1001(1000) ack 1", "+0.05 < . 1:1(0) ack 1 win 0");
      s.closeConnection();
      for (int i = 0; i < 40 && s.connection.state() != TcpState.CLOSED; i++) {
        s.net.advance(60_000_000_000L);
        s.takeSent();
        if (s.connection.state() != TcpState.CLOSED) {
          s.script("< . 1:1(0) ack 1 win 0");
        }
      }
      s.in(TcpState.CLOSED);
    }
  }

  /** 3.9.2.1: options of IP that TCP does not understand: router alert, an experiment, NOPs. */
  @ParameterizedTest(name = "{0}")
  @ValueSource(ints = {0x9404_0000, 0x5E04_0102, 0x0101_0101, 0x0000_0000})
  @Rfc9293("MUST-50")
  void optionsOfIpAreIgnored(final int options) {
    try (TestStack s = TestStack.listening()) {
      final byte[] plain =
          Frames.ipv4(
              6,
              TestNet.PEER,
              TestNet.OUR,
              Frames.tcp(
                  TestNet.PEER,
                  TestStack.PEER_PORT,
                  TestNet.OUR,
                  TestStack.OUR_PORT,
                  TestStack.PEER_ISN,
                  0,
                  TcpHeader.SYN,
                  65_535,
                  new byte[0]));
      final ByteBuffer packet = ByteBuffer.allocate(plain.length + 4);
      packet.put(plain, 0, 20).putInt(options).put(plain, 20, plain.length - 20);
      packet.put(0, (byte) 0x46).putShort(2, (short) packet.capacity());
      s.net.inject(
          Frames.ethernet(
              TestNet.OUR_MAC,
              TestNet.PEER_MAC,
              TestNet.IPV4_TYPE,
              Frames.fixIpv4(packet.array())));
      s.script("> S. 0:0(0) ack 1 win 65535 <mss 1460>");
    }
  }

  /** 3.9.1.1: a port can be listened on while a connection from it is not open yet. */
  @Test
  @Rfc9293({"MUST-41", "MUST-42"})
  void listensBesideItsOwnAttempt() {
    try (TestStack s = new TestStack()) {
      final Tcp tcp = s.net.stack.tcp();
      s.connect(tcp.bind(0, TestStack.OUR_PORT, true));
      s.in(TcpState.SYN_SENT);
      final TcpBinding binding = tcp.bind(0, TestStack.OUR_PORT, true);
      assertNotNull(binding);
      assertNotNull(tcp.listen(binding, 5, tcp.config(), ReadinessObserver.NONE));
      s.script("< S. 0:0(0) ack 1 win 65535 <mss 1460>", "> . 1:1(0) ack 1");
      s.in(TcpState.ESTABLISHED);
    }
  }
}
