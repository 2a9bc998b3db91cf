package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SoftwareChecksumTest {
  private static final int TX_TCP = Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM;
  private static final int TX_UDP = Packet.TX_IPV4_CHECKSUM | Packet.TX_UDP_CHECKSUM;

  private final MemoryPacketPool pool = new MemoryPacketPool(4, 2048);

  @AfterEach
  void poolIsBalanced() {
    assertEquals(0, pool.inUse());
  }

  @Test
  void fillsAKnownHeaderAndDatagram() {
    final byte[] frame = filled(Frames.udp(new byte[] {'h', 'i', '!', '!'}), TX_UDP);
    // 4500 + 0020 + 4011 + 0a00 + 0001 + 0a00 + 0002 = 9934
    assertEquals(0x66CB, at(frame, Frames.ETHERNET + 10));
    // 0a00 + 0001 + 0a00 + 0002 + 0011 + 000c, 04d2 + 162e + 000c, 6869 + 2121 = b8b6
    assertEquals(0x4749, at(frame, Frames.IPV4 + 6));
  }

  @Test
  void fillsTcpOfEveryLength() {
    for (int length = 0; length <= 200; length++) {
      final byte[] frame = filled(Frames.tcp(Frames.payload(length, length)), TX_TCP);
      assertEquals(naiveTransport(frame, 6), at(frame, Frames.IPV4 + 16), "length " + length);
      assertEquals(0, verdict(frame), "length " + length);
    }
  }

  @Test
  void fillsOnlyWhatIsAskedFor() {
    final byte[] segment = Frames.tcp(Frames.payload(9, 1));
    assertArrayEquals(segment, filled(segment, 0));
    final byte[] header = filled(segment, Packet.TX_IPV4_CHECKSUM);
    assertEquals(0, at(header, Frames.IPV4 + 16));
    final byte[] transport = filled(segment, Packet.TX_TCP_CHECKSUM);
    assertEquals(0, at(transport, Frames.ETHERNET + 10));
    assertEquals(naiveTransport(transport, 6), at(transport, Frames.IPV4 + 16));
  }

  @Test
  void aFilledFrameAsksForNothingMore() {
    final Packet packet = Frames.packet(pool, Frames.tcp(new byte[3]));
    packet.flags(TX_TCP);
    SoftwareChecksum.fill(packet);
    assertEquals(0, packet.flags());
    packet.release();
  }

  @Test
  void aUdpChecksumThatComesOutAsZeroIsSentAsAllOnes() {
    final byte[] frame = filled(Frames.udp(new byte[] {0, 0}), TX_UDP);
    // Put the checksum itself into the payload: the sum then is all ones, its complement zero.
    frame[Frames.IPV4 + 8] = frame[Frames.IPV4 + 6];
    frame[Frames.IPV4 + 9] = frame[Frames.IPV4 + 7];
    final byte[] again = filled(frame, TX_UDP);
    assertEquals(0xFFFF, at(again, Frames.IPV4 + 6));
    assertEquals(0, verdict(again));
  }

  @Test
  void aUdpDatagramWithoutChecksumIsNotBad() {
    final byte[] frame = filled(Frames.udp(Frames.payload(11, 5)), Packet.TX_IPV4_CHECKSUM);
    assertEquals(0, verdict(frame));
  }

  @Test
  void everySingleBitFlipBehindTheEthernetHeaderIsSeen() {
    final byte[] good = filled(Frames.tcp(Frames.payload(21, 3)), TX_TCP);
    for (int bit = Frames.ETHERNET * 8; bit < good.length * 8; bit++) {
      final byte[] bad = good.clone();
      bad[bit / 8] ^= (byte) (1 << bit % 8);
      if (bit / 8 == Frames.ETHERNET) {
        continue; // version and header length: there is no header any more, or another one
      }
      final int expected =
          bit / 8 < Frames.IPV4 ? Packet.RX_IPV4_CHECKSUM_BAD : Packet.RX_L4_CHECKSUM_BAD;
      assertEquals(expected, verdict(bad), "bit " + bit);
    }
  }

  @Test
  void paddingIsNotSummed() {
    final byte[] good = filled(Frames.udp(new byte[] {1, 2, 3}), TX_UDP);
    final byte[] padded = Arrays.copyOf(good, 60);
    Arrays.fill(padded, good.length, 60, (byte) 0x5A);
    assertEquals(0, verdict(padded));
  }

  @Test
  void udpSumsItsOwnLength() {
    final byte[] frame = Frames.udp(Frames.payload(40, 8));
    ByteBuffer.wrap(frame).putShort(Frames.IPV4 + 4, (short) (8 + 31));
    final byte[] filled = filled(frame, TX_UDP);
    assertEquals(0, verdict(filled));
    filled[Frames.IPV4 + 8 + 31] ^= 1; // the first byte behind the datagram
    assertEquals(0, verdict(filled));
    filled[Frames.IPV4 + 8 + 30] ^= 1; // its last one
    assertEquals(Packet.RX_L4_CHECKSUM_BAD, verdict(filled));
  }

  @Test
  void transportOfAFragmentIsLeftAlone() {
    for (final int fragment : new int[] {0x2000, 0x0001, 0x1FFF}) {
      final byte[] frame = Frames.udp(Frames.payload(8, 2));
      ByteBuffer.wrap(frame).putShort(Frames.ETHERNET + 6, (short) fragment);
      ByteBuffer.wrap(frame).putShort(Frames.IPV4 + 6, (short) 0x1234);
      final byte[] filled = filled(frame, TX_UDP);
      assertEquals(0x1234, at(filled, Frames.IPV4 + 6));
      assertEquals(0, verdict(filled));
    }
    final byte[] whole = Frames.udp(Frames.payload(8, 2));
    // "Don't fragment" is no fragment.
    ByteBuffer.wrap(whole).putShort(Frames.ETHERNET + 6, (short) 0x4000);
    ByteBuffer.wrap(whole).putShort(Frames.IPV4 + 6, (short) 0x1234);
    assertEquals(Packet.RX_L4_CHECKSUM_BAD, verdict(filled(whole, Packet.TX_IPV4_CHECKSUM)));
  }

  @Test
  void verifyForgetsAnEarlierVerdict() {
    final Packet packet = Frames.packet(pool, filled(Frames.tcp(new byte[5]), TX_TCP));
    packet.flags(Packet.RX_IPV4_CHECKSUM_BAD | Packet.RX_L4_CHECKSUM_BAD);
    SoftwareChecksum.verify(packet);
    assertEquals(0, packet.flags());
    packet.release();
  }

  @Test
  void optionsBelongToTheHeader() {
    final byte[] plain = Frames.udp(Frames.payload(16, 4));
    final byte[] frame = new byte[plain.length + 8];
    System.arraycopy(plain, 0, frame, 0, Frames.IPV4);
    Arrays.fill(frame, Frames.IPV4, Frames.IPV4 + 8, (byte) 1);
    System.arraycopy(plain, Frames.IPV4, frame, Frames.IPV4 + 8, plain.length - Frames.IPV4);
    frame[Frames.ETHERNET] = 0x47;
    ByteBuffer.wrap(frame).putShort(Frames.ETHERNET + 2, (short) (frame.length - Frames.ETHERNET));
    final byte[] filled = filled(frame, TX_UDP);
    assertEquals(0, verdict(filled));
    filled[Frames.IPV4] ^= 1;
    assertEquals(Packet.RX_IPV4_CHECKSUM_BAD, verdict(filled));
  }

  @Test
  void lengthsThatLieGetNoVerdictAndChangeNothing() {
    final byte[] frame = Frames.tcp(Frames.payload(6, 9));
    for (final int totalLength : new int[] {0, 19, 20, 39, 47, 1500, 0xFFFF}) {
      final byte[] lying = frame.clone();
      ByteBuffer.wrap(lying).putShort(Frames.ETHERNET + 2, (short) totalLength);
      final byte[] filled = filled(lying, Packet.TX_TCP_CHECKSUM);
      assertArrayEquals(lying, filled, "total length " + totalLength);
      assertEquals(
          0, verdict(filled(lying, Packet.TX_IPV4_CHECKSUM)), "total length " + totalLength);
    }
  }

  @Test
  void anyBytesAtAllStayInsideTheFrame() {
    final Random random = new Random(42);
    final Packet neighbour = Frames.packet(pool, new byte[2048]);
    for (int round = 0; round < 200_000; round++) {
      final byte[] frame = new byte[random.nextInt(80)];
      random.nextBytes(frame);
      if (frame.length > 23 && random.nextInt(8) != 0) {
        ByteBuffer.wrap(frame).putShort(12, (short) 0x0800);
        frame[14] = (byte) (0x40 | random.nextInt(16));
        ByteBuffer.wrap(frame).putShort(16, (short) random.nextInt(90));
        ByteBuffer.wrap(frame).putShort(20, (short) 0);
        frame[23] = (byte) (random.nextBoolean() ? 6 : 17);
      }
      final Packet packet = Frames.packet(pool, frame);
      packet.flags(TX_TCP | Packet.TX_UDP_CHECKSUM);
      final byte[] before = new byte[packet.limit() - packet.start()];
      packet.bytes().get(packet.start(), before);
      SoftwareChecksum.fill(packet);
      SoftwareChecksum.verify(packet);
      final byte[] after = new byte[before.length];
      packet.bytes().get(packet.start(), after);
      final int front = packet.offset() - packet.start();
      final int end = front + frame.length;
      assertEquals(-1, Arrays.mismatch(Arrays.copyOf(before, front), Arrays.copyOf(after, front)));
      assertEquals(
          -1,
          Arrays.mismatch(before, end, before.length, after, end, after.length),
          "round " + round);
      packet.release();
    }
    neighbour.release();
  }

  private byte[] filled(final byte[] frame, final int flags) {
    final Packet packet = Frames.packet(pool, frame);
    packet.flags(flags);
    SoftwareChecksum.fill(packet);
    final byte[] result = Frames.bytes(packet);
    packet.release();
    return result;
  }

  private int verdict(final byte[] frame) {
    final Packet packet = Frames.packet(pool, frame);
    SoftwareChecksum.verify(packet);
    final int flags = packet.flags();
    packet.release();
    return flags;
  }

  private static int at(final byte[] frame, final int offset) {
    return ByteBuffer.wrap(frame).getShort(offset) & 0xFFFF;
  }

  /**
   * RFC 1071 as its text says it, word by word with an end-around carry, over pseudo-header and
   * segment with its field zeroed.
   */
  private static int naiveTransport(final byte[] frame, final int protocol) {
    final int length = frame.length - Frames.IPV4;
    final ByteBuffer summed = ByteBuffer.allocate(12 + length + 1);
    summed.putInt(Frames.SOURCE).putInt(Frames.DESTINATION);
    summed.putShort((short) protocol).putShort((short) length);
    summed.put(frame, Frames.IPV4, length);
    summed.putShort(12 + (protocol == 6 ? 16 : 6), (short) 0);
    int sum = 0;
    for (int i = 0; i + 1 < summed.capacity(); i += 2) {
      sum += summed.getShort(i) & 0xFFFF;
      sum = (sum & 0xFFFF) + (sum >>> 16);
    }
    return ~sum & 0xFFFF;
  }
}
