package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteRangesTest {
  private static final int BYTES = 300;

  private final Random random = new Random(7);

  /** Cuts {@code bytes} bytes into ranges of all kinds, empty ones among them. */
  private ByteRanges cut(final byte[] bytes) {
    final ByteRanges ranges = new ByteRanges();
    int at = 0;
    while (at < bytes.length) {
      final int length = Math.min(bytes.length - at, random.nextInt(40));
      switch (random.nextInt(3)) {
        case 0 -> ranges.add(bytes, at, length);
        case 1 -> ranges.add(ByteBuffer.wrap(bytes), at, length);
        default -> {
          ranges.add((byte[]) null, 0, 0);
          ranges.add(ByteBuffer.wrap(bytes, 0, at + length).slice(at, length), 0, length);
        }
      }
      at += length;
    }
    return ranges;
  }

  @Test
  void everyPartOfTheRunGoesIntoARing() {
    final byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    final ByteRanges ranges = cut(bytes);
    assertEquals(BYTES, ranges.lengthBytes());
    final ByteRing ring = new ByteRing(4 * BYTES);
    for (int round = 0; round < 500; round++) {
      final int from = random.nextInt(BYTES);
      final int length = random.nextInt(BYTES - from + 1);
      ranges.store(ring, 0, from, length);
      ring.publish(length);
      final byte[] read = new byte[length];
      assertEquals(length, ring.read(read, 0, length));
      assertArrayEquals(Arrays.copyOfRange(bytes, from, from + length), read);
    }
  }

  @Test
  void everyPartOfTheRunComesOutOfARing() {
    final byte[] into = new byte[BYTES];
    final ByteRanges ranges = cut(into);
    final byte[] expected = new byte[BYTES];
    final ByteRing ring = new ByteRing(4 * BYTES);
    for (int round = 0; round < 500; round++) {
      final int from = random.nextInt(BYTES);
      final byte[] bytes = new byte[random.nextInt(BYTES - from + 1)];
      random.nextBytes(bytes);
      ring.write(new byte[3], 0, 3);
      ring.write(bytes, 0, bytes.length);
      ranges.fill(ring, 3, from, bytes.length);
      ring.discard(3 + bytes.length);
      System.arraycopy(bytes, 0, expected, from, bytes.length);
      assertArrayEquals(expected, into);
    }
  }

  @Test
  void isUsedAgain() {
    final ByteRanges ranges = new ByteRanges();
    final ByteBuffer buffer = ByteBuffer.allocateDirect(10);
    final byte[] array = new byte[10];
    for (int round = 0; round < 3; round++) {
      ranges.clear();
      assertEquals(0, ranges.lengthBytes());
      for (int i = 0; i < 20; i++) {
        ranges.add(buffer, i, 1).add(array, 0, i);
      }
      assertEquals(40, ranges.count());
      assertEquals(20 + 190, ranges.lengthBytes());
      assertEquals(buffer, ranges.buffer(38));
      assertNull(ranges.array(38));
      assertEquals(19, ranges.offset(38));
      assertEquals(array, ranges.array(39));
      assertNull(ranges.buffer(39));
      assertEquals(19, ranges.length(39));
    }
  }

  /** Nobody looks at what is wrong before a call does. */
  @Test
  void takesWhatIsWrong() {
    final ByteRanges ranges = new ByteRanges();
    ranges.add((byte[]) null, -1, 5).add((ByteBuffer) null, 0, Integer.MAX_VALUE);
    ranges.add(new byte[1], 0, Integer.MAX_VALUE);
    assertEquals(5L + Integer.MAX_VALUE + Integer.MAX_VALUE, ranges.lengthBytes());
  }
}
