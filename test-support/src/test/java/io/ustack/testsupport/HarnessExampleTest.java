package io.ustack.testsupport;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.Checksum;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.tcp.TcpConfig;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The worked example of docs/testing.md. */
class HarnessExampleTest {
  private static final int US = Ipv4Address.parse("192.168.0.1");
  private static final int PEER = Ipv4Address.parse("192.168.0.2");
  private static final int SYN = 2;
  private static final int ACK = 16;

  @Test
  void aLostAnswerIsSentAgain() {
    final TestHost host =
        TestHost.with()
            .address("192.168.0.1/24")
            .neighbour("192.168.0.2", 0x02_00_00_00_00_02L)
            .tcp(TcpConfig.DEFAULT.with().timestamps(false).sack(false).build())
            .initialSequenceNumber(1000)
            .build();
    try (host) {
      final Posix posix = host.posix();
      final int listener = posix.socket(AF_INET, SOCK_STREAM, 0);
      posix.bind(listener, 0, 80);
      posix.listen(listener, 1);
      assertEquals(-Errno.EAGAIN, posix.accept(listener, null), "it would wait, and says so");

      send(host, SYN, 5000, 0, "");
      assertEquals("18 seq 1000 ack 5001 ''", sent(host)); // SYN-ACK
      host.advance(50_000_000);
      send(host, ACK, 5001, 1001, "GET /");
      final int connection = posix.accept(listener, null);
      final byte[] request = new byte[100];
      assertEquals(5, posix.recv(connection, request, 0, 100, 0));
      assertEquals("16 seq 1001 ack 5006 ''", sent(host)); // a quick ACK: the connection is young

      posix.send(connection, "hello".getBytes(US_ASCII), 0, 5, 0);
      host.run();
      assertEquals("24 seq 1001 ack 5006 'hello'", sent(host)); // PSH, ACK
      host.advance(249_000_000); // srtt 50 ms + 200 ms: the timeout has not come
      assertEquals("nothing", sent(host));
      host.advance(1_000_000);
      assertEquals("24 seq 1001 ack 5006 'hello'", sent(host));
    } // closing checks that nothing leaked and no error surfaced
  }

  private static void send(
      final TestHost host, final int flags, final int seq, final int ack, final String text) {
    final int length = 20 + text.length();
    final ByteBuffer packet = ByteBuffer.allocate(20 + length);
    packet.putInt(0x45000000 | packet.capacity()).putInt(0).putInt(0x40060000);
    packet.putInt(PEER).putInt(US);
    packet.putShort(10, (short) Checksum.fold(Checksum.add(0, packet, 0, 20)));
    packet.putShort((short) 40_000).putShort((short) 80).putInt(seq).putInt(ack);
    packet.putInt(5 << 28 | flags << 16 | 65_535).putInt(0).put(text.getBytes(US_ASCII));
    final long pseudo = Checksum.addPseudoHeader(0, PEER, US, 6, length);
    packet.putShort(36, (short) Checksum.fold(Checksum.add(pseudo, packet, 20, length)));
    host.injectPacket(packet.array());
    host.run();
  }

  private static String sent(final TestHost host) {
    final byte[] packet = host.takePacket();
    if (packet == null) {
      return "nothing";
    }
    final ByteBuffer segment = ByteBuffer.wrap(packet);
    final int header = 20 + (segment.get(32) >> 4 & 15) * 4;
    return "%d seq %d ack %d '%s'"
        .formatted(
            segment.get(33),
            segment.getInt(24),
            segment.getInt(28),
            new String(packet, header, packet.length - header, US_ASCII));
  }
}
