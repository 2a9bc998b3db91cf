package io.ustack.testsupport;

import static io.ustack.posix.SocketOption.AF_INET;
import static io.ustack.posix.SocketOption.IPPROTO_IP;
import static io.ustack.posix.SocketOption.IP_TOS;
import static io.ustack.posix.SocketOption.IP_TTL;
import static io.ustack.posix.SocketOption.SOCK_DGRAM;
import static io.ustack.posix.SocketOption.SOCK_STREAM;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.ustack.buffer.Checksum;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.tcp.TcpConfig;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** IP_TOS and IP_TTL (ip(7)), from the socket call to the wire. */
class IpOptionsTest {
  private static final int US = Ipv4Address.parse("192.168.0.1");
  private static final int PEER = Ipv4Address.parse("192.168.0.2");

  private final TestHost host =
      TestHost.with()
          .address("192.168.0.1/24")
          .neighbour("192.168.0.2", 0x02_00_00_00_00_02L)
          .tcp(TcpConfig.DEFAULT.with().timestamps(false).sack(false).build())
          .initialSequenceNumber(1000)
          .build();

  private final Posix posix = host.posix();

  @AfterEach
  void close() {
    host.close();
  }

  private void set(final int fd, final int typeOfService, final int timeToLive) {
    assertEquals(0, posix.setsockopt(fd, IPPROTO_IP, IP_TOS, typeOfService));
    assertEquals(0, posix.setsockopt(fd, IPPROTO_IP, IP_TTL, timeToLive));
    host.run();
  }

  /** What the next packet says: its TOS, its TTL and, of TCP, its flags. */
  private String left() {
    host.run();
    final byte[] packet = host.takePacket();
    assertNotNull(packet, "nothing left");
    final String flags = packet[9] == 6 ? " flags %02x".formatted(packet[33]) : "";
    return "tos %02x ttl %d".formatted(packet[1], packet[8] & 0xFF) + flags;
  }

  private void segment(final int flags, final int seq, final int ack) {
    final ByteBuffer packet = ByteBuffer.allocate(40);
    packet.putInt(0x45000000 | packet.capacity()).putInt(0).putInt(0x40060000);
    packet.putInt(PEER).putInt(US);
    packet.putShort(10, (short) Checksum.fold(Checksum.add(0, packet, 0, 20)));
    packet.putShort((short) 40_000).putShort((short) 80).putInt(seq).putInt(ack);
    packet.putInt(5 << 28 | flags << 16 | 65_535).putInt(0);
    final long pseudo = Checksum.addPseudoHeader(0, PEER, US, 6, 20);
    packet.putShort(36, (short) Checksum.fold(Checksum.add(pseudo, packet, 20, 20)));
    host.injectPacket(packet.array());
  }

  /** Told before listen, after it, and to the connection. */
  @Test
  void acceptedConnection() {
    final int listener = posix.socket(AF_INET, SOCK_STREAM, 0);
    set(listener, 0xB8, 9);
    assertEquals(0, posix.bind(listener, 0, 80));
    assertEquals(0, posix.listen(listener, 1));
    segment(0x02, 5000, 0);
    assertEquals("tos b8 ttl 9 flags 12", left());
    segment(0x10, 5001, 1001);
    host.run();
    final int connection = posix.accept(listener, null);
    assertEquals(5, posix.send(connection, new byte[5], 0, 5, 0));
    assertEquals("tos b8 ttl 9 flags 18", left());
    set(connection, 0x2B, -1);
    host.advance(300_000_000);
    assertEquals("tos 28 ttl 64 flags 18", left());
    segment(0x10, 5001, 1006);
    host.run();
    set(listener, 0, 5);
    segment(0x02, 9000, 0);
    // The same port again: the connection that there is answers, with what it was told.
    assertEquals("tos 28 ttl 64 flags 10", left());
    assertEquals(0, posix.close(connection));
    assertEquals("tos 28 ttl 64 flags 11", left());
  }

  @Test
  void listenerIsToldLater() {
    final int listener = posix.socket(AF_INET, SOCK_STREAM, 0);
    assertEquals(0, posix.bind(listener, 0, 80));
    assertEquals(0, posix.listen(listener, 1));
    set(listener, 0x40, 5);
    segment(0x02, 5000, 0);
    assertEquals("tos 40 ttl 5 flags 12", left());
  }

  @Test
  void connectionOfOurs() {
    final int fd = posix.socket(AF_INET, SOCK_STREAM, 0);
    set(fd, 0x10, 255);
    assertEquals(-Errno.EAGAIN, posix.connect(fd, PEER, 80));
    assertEquals("tos 10 ttl 255 flags 02", left());
  }

  @Test
  void datagrams() {
    final int fd = posix.socket(AF_INET, SOCK_DGRAM, 0);
    set(fd, 0xBB, 2);
    assertEquals(1, posix.sendto(fd, new byte[1], 0, 1, 0, PEER, 9));
    assertEquals("tos bb ttl 2", left());
    set(fd, 0, -1);
    assertEquals(1, posix.sendto(fd, new byte[1], 0, 1, 0, PEER, 9));
    assertEquals("tos 00 ttl 64", left());
  }
}
