package io.ustack.testsupport;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.Checksum;
import io.ustack.posix.Errno;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The worked example of docs/testing.md. */
class HarnessExampleTest {
  private static final int US = 0xC0_A8_00_01;
  private static final int PEER = 0xC0_A8_00_02;

  @Test
  void aLostAnswerIsSentAgain() {
    try (TestHost host =
        TestHost.with()
            .address("192.168.0.1/24")
            .neighbour("192.168.0.2", 0x02_00_00_00_00_02L)
            .initialSequenceNumber(1000)
            .build()) {
      final int listener = host.posix().socket(AF_INET, SOCK_STREAM, 0);
      host.posix().bind(listener, 0, 80);
      host.posix().listen(listener, 1);
      assertEquals(-Errno.EAGAIN, host.posix().accept(listener, null), "it would wait");
      arrive(host, /* flags= */ 2, /* seq= */ 5000, /* ack= */ 0);
      assertEquals("18 seq 1000 ack 5001", sent(host)); // SYN-ACK
      host.advance(50_000_000);
      arrive(host, /* flags= */ 16, /* seq= */ 5001, /* ack= */ 1001);
      final int connection = host.posix().accept(listener, null);
      host.posix().send(connection, "hello".getBytes(US_ASCII), 0, 5, 0);
      host.run();
      assertEquals("24 seq 1001 ack 5001 hello", sent(host)); // PSH, ACK
      host.advance(249_000_000); // srtt 50 ms + 200 ms: the timeout has not come
      assertEquals("nothing", sent(host));
      host.advance(1_000_000);
      assertEquals("24 seq 1001 ack 5001 hello", sent(host));
    } // closing checks that nothing leaked and no error surfaced
  }

  private static void arrive(final TestHost host, final int flags, final int seq, final int ack) {
    final ByteBuffer packet = ByteBuffer.allocate(40); // IPv4, then TCP
    packet.putInt(0x45000028).putInt(0).putInt(0x40060000).putInt(PEER).putInt(US);
    packet.putShort(10, (short) Checksum.fold(Checksum.add(0, packet, 0, 20)));
    packet.putShort((short) 40_000).putShort((short) 80).putInt(seq).putInt(ack);
    packet.putInt(5 << 28 | flags << 16 | 65_535).putInt(0);
    final long pseudo = Checksum.addPseudoHeader(0, PEER, US, 6, 20);
    packet.putShort(36, (short) Checksum.fold(Checksum.add(pseudo, packet, 20, 20)));
    host.injectPacket(packet.array());
    host.run();
  }

  private static String sent(final TestHost host) {
    final byte[] packet = host.takePacket();
    if (packet == null) {
      return "nothing";
    }
    final ByteBuffer tcp = ByteBuffer.wrap(packet, 20, packet.length - 20).slice();
    final int header = (tcp.get(12) >> 4 & 15) * 4;
    final String data = new String(packet, 20 + header, packet.length - 20 - header, US_ASCII);
    return "%d seq %d ack %d %s".formatted(tcp.get(13), tcp.getInt(4), tcp.getInt(8), data).strip();
  }
}
