package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.Allocation;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ByteRingTest {
  /**
   * Byte n of the stream is PATTERN[n mod its length], a prime, so that no power of two hides a
   * shift.
   */
  private static final byte[] PATTERN = pattern();

  @Test
  void isBareUntilTheFirstByte() {
    final ByteRing ring = new ByteRing(10);
    assertTrue(ring.isBare());
    assertEquals(0, ring.length());
    assertEquals(10, ring.free());
    assertEquals(0, ring.write(new byte[0], 0, 0));
    assertEquals(0, ring.read(new byte[5], 0, 5));
    assertTrue(ring.isBare());
    assertEquals(1, ring.write(new byte[1], 0, 1));
    assertFalse(ring.isBare());
  }

  @Test
  void takesWhatFitsAndNoMore() {
    final ByteRing ring = new ByteRing(10); // its storage is larger
    assertEquals(10, ring.write(PATTERN, 0, 15));
    assertEquals(0, ring.write(PATTERN, 0, 1));
    assertEquals(10, ring.length());
    assertEquals(0, ring.free());
    ring.discard(3);
    assertEquals(3, ring.write(ByteBuffer.wrap(PATTERN), 10, 9));
    assertArrayEquals(Arrays.copyOfRange(PATTERN, 3, 13), read(ring, 99));
  }

  @Test
  void copiesBetweenArraysAndBuffersAlike() {
    final ByteRing ring = new ByteRing(4096);
    final ByteBuffer direct = ByteBuffer.allocateDirect(PATTERN.length).put(0, PATTERN);
    final ByteBuffer target = ByteBuffer.allocateDirect(5000);
    for (int round = 0; round < 20; round++) { // across the end of the storage
      assertEquals(1500, ring.write(direct, round, 1500));
      assertEquals(1500, ring.write(PATTERN, 7, 1500));
      assertEquals(1500, ring.read(target, 11, 1500));
      final byte[] copy = new byte[1500];
      target.get(11, copy);
      assertArrayEquals(Arrays.copyOfRange(PATTERN, round, round + 1500), copy);
      assertArrayEquals(Arrays.copyOfRange(PATTERN, 7, 1507), read(ring, 1500));
    }
    assertEquals(0, direct.position());
    assertEquals(0, target.position());
  }

  @Test
  void peekConsumesNothing() {
    final ByteRing ring = new ByteRing(3000);
    ring.write(PATTERN, 0, 2000);
    ring.discard(1900);
    ring.write(PATTERN, 2000, 2000); // wraps in a storage of 4096
    final byte[] copy = new byte[600];
    ring.peek(1200, copy, 100, 500);
    assertArrayEquals(Arrays.copyOfRange(PATTERN, 3100, 3600), Arrays.copyOfRange(copy, 100, 600));
    final ByteBuffer buffer = ByteBuffer.allocate(600);
    ring.peek(1200, buffer, 100, 500);
    assertEquals(PATTERN[3599], buffer.get(599));
    assertEquals(2100, ring.length());
  }

  @Test
  void whatIsStoredAheadIsSeenWhenPublished() {
    final ByteRing ring = new ByteRing(8000);
    ring.store(2000, PATTERN, 2000, 1000);
    assertEquals(0, ring.length());
    ring.store(500, ByteBuffer.wrap(PATTERN), 500, 1500);
    assertEquals(0, ring.length());
    ring.store(0, PATTERN, 0, 500);
    ring.publish(3000);
    assertArrayEquals(Arrays.copyOf(PATTERN, 3000), read(ring, 4000));
  }

  @Test
  void growingKeepsWhatIsPublishedAndWhatIsStoredAhead() {
    for (int consumed = 0; consumed <= 2048; consumed += 64) {
      final ByteRing ring = new ByteRing(1 << 20);
      ring.write(PATTERN, 0, 2048);
      ring.discard(consumed);
      // As much ahead as the small storage holds, then a byte that it can't.
      ring.store(0, PATTERN, 2048, consumed);
      ring.store(60_000, PATTERN, 62_048, 1);
      ring.store(consumed, PATTERN, 2048 + consumed, 60_000 - consumed);
      ring.publish(60_001);
      assertArrayEquals(Arrays.copyOfRange(PATTERN, consumed, 62_049), read(ring, 100_000));
    }
  }

  @Test
  void storageGrowsToTheCapacityAndNotBeyond() {
    final ByteRing ring = new ByteRing(100_000);
    assertEquals(100_000, ring.write(repeated(100_000), 0, 100_000));
    assertEquals(0, ring.free());
    assertArrayEquals(repeated(100_000), read(ring, 200_000));
    assertThrows(IllegalArgumentException.class, () -> ring.store(99_999, PATTERN, 0, 2));
    assertThrows(IllegalArgumentException.class, () -> ring.store(-10, PATTERN, 0, 5));
  }

  @Test
  void lessCapacityKeepsWhatIsIn() {
    final ByteRing ring = new ByteRing(1000);
    ring.write(PATTERN, 0, 800);
    ring.capacity(500);
    assertEquals(500, ring.capacity());
    assertEquals(0, ring.free());
    assertEquals(0, ring.write(PATTERN, 800, 1));
    ring.discard(400);
    assertEquals(100, ring.free());
    ring.capacity(2000);
    assertEquals(1600, ring.write(PATTERN, 800, 2000));
    assertArrayEquals(Arrays.copyOfRange(PATTERN, 400, 2400), read(ring, 9999));
    assertThrows(IllegalArgumentException.class, () -> ring.capacity(0));
    assertThrows(IllegalArgumentException.class, () -> ring.capacity((1 << 30) + 1));
  }

  @Test
  void positionsWrapAfterFourGigabytes() {
    final ByteRing ring = justBefore4GiB(5000, 300);
    for (int i = 0; i < 20; i++) { // past 2^32 in the middle of a write, of a read and in between
      assertEquals(100, ring.write(PATTERN, i * 100, 100));
      if (i >= 10) {
        final byte[] copy = new byte[100];
        ring.peek(900, copy, 0, 100);
        assertArrayEquals(Arrays.copyOfRange(PATTERN, (i - 1) * 100, i * 100), copy);
        assertArrayEquals(
            Arrays.copyOfRange(PATTERN, (i - 10) * 100, (i - 9) * 100), read(ring, 100));
      }
    }
    assertEquals(1000, ring.length());
    assertEquals(4000, ring.free());
  }

  @Test
  void growsAcrossTheWrapOfPositions() {
    final ByteRing ring = justBefore4GiB(1 << 16, 1000);
    ring.write(PATTERN, 0, 1500);
    ring.store(400, PATTERN, 1900, 100);
    assertEquals(20_000, ring.write(PATTERN, 1500, 20_000));
    assertArrayEquals(Arrays.copyOf(PATTERN, 21_500), read(ring, 30_000));
  }

  @Test
  void moreThanIsThereIsRefused() {
    final ByteRing ring = new ByteRing(100);
    ring.write(PATTERN, 0, 10);
    final byte[] copy = new byte[100];
    assertThrows(IllegalArgumentException.class, () -> ring.peek(0, copy, 0, 11));
    assertThrows(IllegalArgumentException.class, () -> ring.peek(10, copy, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> ring.peek(-1, copy, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> ring.discard(11));
    assertThrows(IllegalArgumentException.class, () -> ring.discard(-1));
    assertEquals(10, ring.length());
  }

  @Test
  void allocatesNothingOnceGrown() {
    final ByteRing ring = new ByteRing(4096);
    final ByteBuffer direct = ByteBuffer.allocateDirect(4096);
    final byte[] array = new byte[4096];
    final Runnable round =
        () -> {
          ring.write(direct, 0, 1460);
          ring.write(array, 0, 999);
          ring.peek(5, direct, 0, 1460);
          ring.read(array, 0, 2459);
        };
    assertEquals(0, Allocation.bytesOfWarmRounds(20_000, 1_000, round));
  }

  /**
   * A producer that writes, stores ahead and grows, a consumer that peeks, reads and discards,
   * across the wrap of positions.
   */
  @Test
  void twoThreadsPassAStreamOn() throws InterruptedException {
    final long total = 96L << 20;
    final ByteRing ring = justBefore4GiB(3000, 1 << 20);
    final AtomicReference<Throwable> failure = new AtomicReference<>();
    final Thread producer = new Thread(() -> produce(ring, total));
    producer.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    producer.start();
    assertEquals(total, consume(ring, total, failure));
    producer.join();
    assertNull(failure.get());
    assertEquals(0, ring.length());
  }

  private static void produce(final ByteRing ring, final long total) {
    final Random random = new Random(1);
    final ByteBuffer direct = ByteBuffer.allocateDirect(PATTERN.length).put(0, PATTERN);
    long sent = 0;
    while (sent < total) {
      if (random.nextInt(5_000) == 0) {
        ring.capacity(Math.min(ring.capacity() * 2, 1 << 17));
      }
      final int from = (int) (sent % PATTERN.length);
      final int most = (int) Math.min(total - sent, PATTERN.length - from);
      final int wish = Math.min(most, 1 + random.nextInt(3000));
      final int length = Math.min(wish, ring.free());
      switch (random.nextInt(3)) {
        case 0 -> ring.write(direct, from, length);
        case 1 -> ring.write(PATTERN, from, length);
        default -> {
          final int hole = length == 0 ? 0 : random.nextInt(length);
          ring.store(hole, PATTERN, from + hole, length - hole);
          ring.store(0, direct, from, hole);
          ring.publish(length);
        }
      }
      sent += length;
      if (length == 0) {
        Thread.onSpinWait();
      }
    }
  }

  private static long consume(
      final ByteRing ring, final long total, final AtomicReference<Throwable> failure) {
    final Random random = new Random(2);
    final byte[] chunk = new byte[4000];
    long seen = 0;
    while (failure.get() == null) {
      final boolean ended = seen + ring.length() == total;
      final int at = random.nextInt(50);
      final int length = Math.min(random.nextInt(chunk.length), ring.length() - at);
      if (length > 0) {
        ring.peek(at, chunk, 0, length);
        expect(chunk, length, seen + at);
        ring.discard(at);
        final int count = ring.read(chunk, 0, length);
        expect(chunk, count, seen + at);
        seen += at + count;
      } else if (ended && ring.length() == 0) {
        break;
      } else if (ended) {
        final int count = ring.read(chunk, 0, chunk.length);
        expect(chunk, count, seen);
        seen += count;
      }
    }
    return seen;
  }

  private static void expect(final byte[] chunk, final int length, final long position) {
    int done = 0;
    while (done < length) {
      final int from = (int) ((position + done) % PATTERN.length);
      final int run = Math.min(length - done, PATTERN.length - from);
      final int mismatch = Arrays.mismatch(chunk, done, done + run, PATTERN, from, from + run);
      assertEquals(-1, mismatch, "stream differs behind byte " + (position + done));
      done += run;
    }
  }

  /** An empty ring through which {@code 2^32 - bytes} bytes have passed. */
  private static ByteRing justBefore4GiB(final int capacityBytes, final int bytes) {
    final ByteRing ring = new ByteRing(capacityBytes);
    for (int i = 0; i < 4; i++) {
      final int passed = (1 << 30) - (i == 3 ? bytes : 0);
      ring.publish(passed);
      ring.discard(passed);
    }
    return ring;
  }

  private static byte[] read(final ByteRing ring, final int most) {
    final byte[] bytes = new byte[most];
    final int count = ring.read(bytes, 0, most);
    return Arrays.copyOf(bytes, count);
  }

  private static byte[] repeated(final int length) {
    final byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = PATTERN[i % PATTERN.length];
    }
    return bytes;
  }

  private static byte[] pattern() {
    final byte[] bytes = new byte[65_521];
    new Random(3).nextBytes(bytes);
    return bytes;
  }
}
