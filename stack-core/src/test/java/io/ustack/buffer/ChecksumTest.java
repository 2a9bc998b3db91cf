package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChecksumTest {
  private final Random random = new Random(1);

  @Test
  void theExampleOfRfc1071() {
    final byte[] bytes = {
      0x00, 0x01, (byte) 0xF2, 0x03, (byte) 0xF4, (byte) 0xF5, (byte) 0xF6, (byte) 0xF7
    };
    assertEquals(0xDDF2, ~Checksum.fold(Checksum.add(0, ByteBuffer.wrap(bytes), 0, 8)) & 0xFFFF);
  }

  @Test
  void agreesWithWordByWordOverAllLengthsAndOffsets() {
    final byte[] bytes = new byte[4096];
    for (int round = 0; round < 20_000; round++) {
      random.nextBytes(bytes);
      if (round % 4 == 0) {
        Arrays.fill(bytes, (byte) 0xFF); // every addition carries
      }
      final ByteBuffer buffer = round % 2 == 0 ? ByteBuffer.wrap(bytes) : direct(bytes);
      final int offset = random.nextInt(64);
      final int length = round < 200 ? round : random.nextInt(bytes.length - offset);
      assertEquals(
          wordByWord(bytes, offset, length, 0),
          Checksum.fold(Checksum.add(0, buffer, offset, length)),
          "offset " + offset + " length " + length);
    }
  }

  @Test
  void sumsOfPiecesAdd() {
    final byte[] bytes = new byte[1501];
    for (int round = 0; round < 2_000; round++) {
      random.nextBytes(bytes);
      final int first = random.nextInt(700) * 2;
      final ByteBuffer buffer = ByteBuffer.wrap(bytes);
      final long head = Checksum.add(0, buffer, 0, first);
      final long tail = Checksum.add(0, buffer, first, 1501 - first);
      final int whole = Checksum.fold(Checksum.add(0, buffer, 0, 1501));
      assertEquals(whole, Checksum.fold(head + tail));
      assertEquals(whole, Checksum.fold(Checksum.add(head, buffer, first, 1501 - first)));
    }
  }

  @Test
  void aRangeWithItsChecksumGivesZero() {
    final byte[] bytes = new byte[100];
    for (int round = 0; round < 2_000; round++) {
      random.nextBytes(bytes);
      final ByteBuffer buffer = ByteBuffer.wrap(bytes);
      buffer.putShort(10, (short) 0);
      buffer.putShort(10, (short) Checksum.fold(Checksum.add(0, buffer, 0, 100)));
      assertEquals(0, Checksum.fold(Checksum.add(0, buffer, 0, 100)));
    }
  }

  @Test
  void thePseudoHeaderIsTwelveBytes() {
    for (int round = 0; round < 2_000; round++) {
      final int source = random.nextInt();
      final int destination = random.nextInt();
      final int protocol = random.nextInt(256);
      final int length = random.nextInt(65_536);
      final ByteBuffer header = ByteBuffer.allocate(12).putInt(source).putInt(destination);
      header.put((byte) 0).put((byte) protocol).putShort((short) length);
      assertEquals(
          Checksum.fold(Checksum.add(0, header, 0, 12)),
          Checksum.fold(Checksum.addPseudoHeader(0, source, destination, protocol, length)));
    }
  }

  @Test
  void foldsWhateverASumCanBe() {
    assertEquals(0xFFFF, Checksum.fold(0));
    assertEquals(0, Checksum.fold(0xFFFF));
    assertEquals(0, Checksum.fold(0xFFFF_FFFFL));
    assertEquals(0, Checksum.fold(-1)); // 2^64 - 1 is a multiple of 2^16 - 1
    assertEquals(0xFFFE, Checksum.fold(0x1_0000));
    for (int round = 0; round < 100_000; round++) {
      final long sum = random.nextLong();
      final long rest = Long.remainderUnsigned(sum, 0xFFFF);
      // Ones' complement arithmetic is arithmetic modulo 2^16 - 1 in which only zero itself folds
      // to zero.
      assertEquals(rest == 0 && sum != 0 ? 0 : 0xFFFF - rest, Checksum.fold(sum));
    }
  }

  private static ByteBuffer direct(final byte[] bytes) {
    return ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
  }

  /** RFC 1071 as its text says it: one word at a time, with an end-around carry. */
  private static int wordByWord(
      final byte[] bytes, final int offset, final int length, final int start) {
    int sum = start;
    for (int i = 0; i < length; i += 2) {
      final int low = i + 1 < length ? bytes[offset + i + 1] & 0xFF : 0;
      sum += (bytes[offset + i] & 0xFF) << 8 | low;
      sum = (sum & 0xFFFF) + (sum >>> 16);
    }
    return ~sum & 0xFFFF;
  }
}
