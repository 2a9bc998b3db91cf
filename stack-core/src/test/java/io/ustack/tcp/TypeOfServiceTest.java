package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.house.Rfc9293;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the application wants in the IP header (RFC 9293 3.9.1.9, 3.9.2), on every segment. */
class TypeOfServiceTest {
  private static final int ETHERNET_BYTES = 14;
  private static final int EXPEDITED = 0xB8;
  private static final TcpConfig CONFIG = serving(TestStack.PLAIN, EXPEDITED, 7);

  private static TcpConfig serving(
      final TcpConfig config, final int typeOfService, final int timeToLive) {
    return config.with().typeOfService(typeOfService).timeToLive(timeToLive).build();
  }

  /** The next frame that left has these flags and this IP header. */
  private static void left(
      final TestStack s, final int flags, final int typeOfService, final int timeToLive) {
    final byte[] frame = s.net.link.takeSent();
    assertNotNull(frame, "nothing left");
    final ByteBuffer bytes = ByteBuffer.wrap(frame);
    final int transport = ETHERNET_BYTES + Ipv4Header.LENGTH_BYTES;
    assertEquals(flags, TcpHeader.flags(bytes, transport), "flags");
    assertEquals(typeOfService, Ipv4Header.typeOfService(bytes, ETHERNET_BYTES), "TOS");
    assertEquals(timeToLive, Ipv4Header.timeToLive(bytes, ETHERNET_BYTES), "TTL");
  }

  private static void change(final TestStack s, final int typeOfService, final int timeToLive) {
    s.connection
        .options()
        .config(serving(CONFIG, typeOfService, timeToLive), s.net.clock.nanoTime());
  }

  private static void from(final TestStack s, final String segment) {
    s.net.inject(
        TestNet.ipv4ToUs(
            TcpHeader.PROTOCOL,
            ScriptedSegment.parse(segment)
                .bytes(TestStack.PEER_PORT, TestStack.OUR_PORT, 0, TestStack.OUR_ISN)));
    s.net.poll();
  }

  /** SYN-ACK, data, its repetition, ACK, FIN: an accepted connection has what its listener has. */
  @Test
  @Rfc9293({"MUST-48", "MUST-49", "SHLD-22"})
  void everySegmentOfAnAcceptedConnection() {
    try (TestStack s = TestStack.listening(CONFIG)) {
      from(s, "S 0:0(0) win 65535 <mss 1460>");
      left(s, TcpHeader.SYN | TcpHeader.ACK, EXPEDITED, 7);
      from(s, ". 1:1(0) ack 1 win 65535");
      s.accept();
      s.write(1, 100);
      left(s, TcpHeader.ACK | TcpHeader.PSH, EXPEDITED, 7);
      s.net.advance(400_000_000);
      left(s, TcpHeader.ACK | TcpHeader.PSH, EXPEDITED, 7);
      from(s, "P. 1:101(100) ack 101 win 65535");
      s.net.advance(400_000_000);
      left(s, TcpHeader.ACK, EXPEDITED, 7);
      s.shutdownSend();
      left(s, TcpHeader.FIN | TcpHeader.ACK, EXPEDITED, 7);
      s.abort();
      left(s, TcpHeader.RST | TcpHeader.ACK, EXPEDITED, 7);
    }
  }

  @Test
  @Rfc9293({"MUST-48", "MUST-49"})
  void everySegmentOfOneThatWeOpen() {
    try (TestStack s = new TestStack(CONFIG)) {
      final Tcp tcp = s.net.stack.tcp();
      s.connection =
          tcp.connect(
              null,
              TestNet.PEER,
              TestStack.PEER_PORT,
              tcp.config(),
              s.events,
              s.net.clock.nanoTime());
      s.net.poll();
      left(s, TcpHeader.SYN, EXPEDITED, 7);
      s.net.advance(1_000_000_000);
      left(s, TcpHeader.SYN, EXPEDITED, 7);
    }
  }

  @Test
  @Rfc9293("SHLD-21")
  void changeTakesEffectWithTheNextSegment() {
    try (TestStack s = TestStack.established(CONFIG)) {
      s.write(1, 100);
      left(s, TcpHeader.ACK | TcpHeader.PSH, EXPEDITED, 7);
      change(s, 0x20, 255);
      s.net.advance(400_000_000);
      left(s, TcpHeader.ACK | TcpHeader.PSH, 0x20, 255);
      change(s, 0, 1);
      s.abort();
      left(s, TcpHeader.RST | TcpHeader.ACK, 0, 1);
    }
  }

  /** A connection to come has it from its listener, whenever that was told. */
  @Test
  void listenerMayBeToldLater() {
    try (TestStack s = TestStack.listening(TestStack.PLAIN)) {
      s.listener().config(CONFIG);
      from(s, "S 0:0(0) win 65535 <mss 1460>");
      left(s, TcpHeader.SYN | TcpHeader.ACK, EXPEDITED, 7);
      // RFC 9293 3.10.7.4, fifth, SYN-RECEIVED: what makes no sense is reset.
      from(s, ". 1:1(0) ack 77 win 65535");
      left(s, TcpHeader.RST, EXPEDITED, 7);
    }
  }

  @Test
  void cookieIsTheListeners() {
    final TcpConfig always = CONFIG.with().synCookies(SynCookieUse.ALWAYS).build();
    try (TestStack s = TestStack.listening(always)) {
      from(s, "S 0:0(0) win 65535 <mss 1460>");
      left(s, TcpHeader.SYN | TcpHeader.ACK, EXPEDITED, 7);
    }
  }

  /** Nobody's: as the stack is told. */
  @Test
  void resetOfNoConnection() {
    try (TestStack s = new TestStack(CONFIG)) {
      from(s, ". 1:1(0) ack 77 win 65535");
      left(s, TcpHeader.RST, EXPEDITED, 7);
    }
  }

  /** The two bits of ECN are beside it, and TCP's own. */
  @Test
  void ecnKeepsItsBits() {
    final TcpConfig marked = CONFIG.with().ecn(EcnUse.WHEN_ASKED).build();
    try (TestStack s = TestStack.listening(marked)) {
      from(s, "SEW 0:0(0) win 65535 <mss 1460>");
      left(s, TcpHeader.SYN | TcpHeader.ACK | TcpHeader.ECE, EXPEDITED, 7);
      from(s, ". 1:1(0) ack 1 win 65535");
      s.accept();
      s.write(1, 100);
      left(s, TcpHeader.ACK | TcpHeader.PSH, EXPEDITED | Ipv4Header.ECN_CAPABLE, 7);
      s.net.advance(400_000_000);
      left(s, TcpHeader.ACK | TcpHeader.PSH, EXPEDITED, 7);
    }
  }

  @Test
  void defaultsAreLinuxs() {
    try (TestStack s = TestStack.established(TestStack.PLAIN)) {
      s.write(1, 100);
      left(s, TcpHeader.ACK | TcpHeader.PSH, 0, 64);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 0xB9, 251})
  void ecnBitsAreNotToBeTold(final int typeOfService) {
    final TcpConfigBuilder builder = TcpConfig.DEFAULT.with().typeOfService(typeOfService);
    final String said = assertThrows(IllegalArgumentException.class, builder::build).getMessage();
    assertTrue(said.endsWith("typeOfService is " + typeOfService + ", not a multiple of 4"), said);
  }
}
