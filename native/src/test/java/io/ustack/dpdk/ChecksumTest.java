package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.link.SoftwareChecksum;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The shim's checksums against those of {@link SoftwareChecksum}, over frames that are right, wrong
 * and lies: both must write the same bytes and come to the same verdict. net_ring brings back what
 * is sent.
 */
@Tag("live")
class ChecksumTest {
  private static final int ROUNDS = 50_000;
  private static final int TX_FLAGS =
      Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM | Packet.TX_UDP_CHECKSUM;

  private static DpdkPort port;
  private static DpdkLink link;

  private final Random random = new Random(20240607);
  private final MemoryPacketPool model = new MemoryPacketPool(1, 2048);

  @BeforeAll
  static void start() throws DpdkException {
    final DpdkEal eal =
        DpdkEal.start(List.of("--no-huge", "-m", "128", "-l", "0", "--vdev=net_ring0"));
    port = DpdkPort.open(eal, PortConfig.of("net_ring0").withSizes(64, 64, 1023));
    link = port.link(0);
  }

  @AfterAll
  static void stop() {
    assertEquals(0, link.pool().inUse());
    port.close();
  }

  @Test
  void writesAndJudgesAsTheJavaLinksDo() {
    int summed = 0;
    int bad = 0;
    for (int round = 0; round < ROUNDS; round++) {
      final byte[] frame = frame();
      final int flags = random.nextInt(4) == 0 ? 0 : random.nextInt() & TX_FLAGS;

      final Packet expected = model.allocate();
      fill(expected, frame, flags);
      SoftwareChecksum.fill(expected);
      SoftwareChecksum.verify(expected);

      final Packet sent = link.pool().allocate();
      fill(sent, frame, flags);
      final Packet[] frames = {sent};
      assertEquals(1, link.transmit(frames, 1, 0));
      assertEquals(1, link.receive(frames, 1, 0));
      final Packet received = frames[0];
      assertArrayEquals(bytes(expected), bytes(received));
      assertEquals(expected.flags(), received.flags());
      summed += Arrays.equals(frame, bytes(expected)) ? 0 : 1;
      bad += received.flags() == 0 ? 0 : 1;
      received.release();
      expected.release();
    }
    // The mix is worth something only when all kinds are in it.
    assertTrue(summed > ROUNDS / 4 && bad > ROUNDS / 4 && bad < ROUNDS * 3 / 4, summed + " " + bad);
  }

  private static void fill(final Packet packet, final byte[] frame, final int flags) {
    packet.bytes().put(packet.append(frame.length), frame);
    packet.flags(flags);
  }

  private static byte[] bytes(final Packet packet) {
    final byte[] copy = new byte[packet.length()];
    packet.bytes().get(packet.offset(), copy);
    return copy;
  }

  /** An IPv4 frame of random bytes whose lengths are right, or, now and then, are not. */
  private byte[] frame() {
    final int optionBytes = random.nextInt(3) == 0 ? 4 * random.nextInt(11) : 0;
    final int headerBytes = 20 + optionBytes;
    final boolean tcp = random.nextBoolean();
    final int transportBytes = (tcp ? 20 : 8) + random.nextInt(1400);
    final int paddingBytes = random.nextInt(4) == 0 ? random.nextInt(20) : 0;
    final byte[] frame = new byte[14 + headerBytes + transportBytes + paddingBytes];
    random.nextBytes(frame);
    final ByteBuffer bytes = ByteBuffer.wrap(frame);
    bytes.putShort(12, (short) 0x0800);
    bytes.put(14, (byte) (0x40 | headerBytes / 4));
    bytes.putShort(16, (short) (headerBytes + transportBytes));
    bytes.putShort(20, (short) 0);
    bytes.put(23, (byte) (tcp ? 6 : 17));
    if (!tcp) {
      bytes.putShort(14 + headerBytes + 4, (short) transportBytes);
    }
    return random.nextInt(4) == 0 ? spoil(frame) : frame;
  }

  /** Lies about something, or cuts the frame anywhere behind its Ethernet header. */
  private byte[] spoil(final byte[] frame) {
    final ByteBuffer bytes = ByteBuffer.wrap(frame);
    switch (random.nextInt(8)) {
      case 0 -> bytes.putShort(12, (short) random.nextInt(0x10000));
      case 1 -> bytes.put(14, (byte) random.nextInt(0x100));
      case 2 -> bytes.putShort(16, (short) random.nextInt(0x10000));
      case 3 -> bytes.putShort(20, (short) random.nextInt(0x10000));
      case 4 -> bytes.put(23, (byte) random.nextInt(0x100));
      case 5 -> bytes.putShort(14 + (frame[14] & 0xF) * 4 + 4, (short) random.nextInt(0x10000));
      case 6 -> bytes.putShort(14 + (frame[14] & 0xF) * 4 + 6, (short) 0);
      default -> {
        return Arrays.copyOf(frame, 14 + random.nextInt(frame.length - 13));
      }
    }
    return frame;
  }
}
