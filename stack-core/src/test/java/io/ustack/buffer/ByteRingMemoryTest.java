package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

/** Rings that share a budget: what they hold together, and that each of them goes on. */
class ByteRingMemoryTest {
  private static final int CAPACITY = 1 << 20;

  private static byte[] bytes(final int length) {
    final byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @Test
  void growthIsTakenFromTheBudgetAndRetiringGivesItBack() {
    final MemoryBudget budget = new MemoryBudget(1 << 20);
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    assertEquals(0, budget.used());
    ring.write(bytes(10), 0, 10);
    assertEquals(2048, budget.used());
    ring.write(bytes(5000), 0, 5000);
    assertEquals(8192, budget.used());
    assertEquals((1 << 20) - 8192, budget.left());
    ring.retire();
    assertEquals(0, budget.used());
    ring.retire();
    assertEquals(0, budget.used());
  }

  /** What is in the ring stays, wherever in the storage it lies; what was stored ahead does not. */
  @Test
  void shrinkingGivesBackWhatIsNotNeeded() {
    final MemoryBudget budget = new MemoryBudget(1 << 20);
    for (final int skipped : new int[] {0, 1, 2047, 5000, 60_000}) {
      final ByteRing ring = new ByteRing(CAPACITY, budget);
      final byte[] data = bytes(100_000);
      ring.write(data, 0, skipped);
      ring.discard(skipped);
      ring.write(data, skipped, 3000);
      ring.reserve(40_000);
      assertEquals(65_536, ring.storageBytes());
      ring.shrink();
      assertEquals(4096, ring.storageBytes());
      assertEquals(4096, budget.used());
      ring.shrink();
      assertEquals(4096, budget.used());
      ring.write(data, skipped + 3000, 20_000);
      final byte[] read = new byte[23_000];
      assertEquals(23_000, ring.read(read, 0, read.length));
      assertArrayEquals(Arrays.copyOfRange(data, skipped, skipped + 23_000), read);
      ring.shrink();
      assertTrue(ring.isBare());
      assertEquals(0, budget.used());
    }
  }

  /** A reader on another thread never sees anything but the stream. */
  @Test
  void shrinkingUnderAReaderLosesNothing() throws InterruptedException {
    final MemoryBudget budget = new MemoryBudget(1 << 20);
    final ByteRing ring = new ByteRing(65_536, budget);
    final AtomicReference<String> wrong = new AtomicReference<>();
    final int total = 20_000_000;
    final Thread reader =
        new Thread(
            () -> {
              final byte[] read = new byte[1000];
              for (int at = 0; at < total; ) {
                final int count = ring.read(read, 0, read.length);
                for (int i = 0; i < count; i++) {
                  if (read[i] != (byte) (((at + i) * 31) >>> 3)) {
                    wrong.compareAndSet(null, "byte " + (at + i));
                  }
                }
                at += count;
              }
            });
    reader.start();
    final byte[] out = new byte[3000];
    for (int at = 0; at < total; ) {
      for (int i = 0; i < out.length; i++) {
        out[i] = (byte) (((at + i) * 31) >>> 3);
      }
      at += ring.write(out, 0, Math.min(out.length, total - at));
      ring.shrink();
    }
    reader.join();
    ring.shrink();
    assertNull(wrong.get());
    assertEquals(0, budget.used());
  }

  @Test
  void withoutBudgetTheSmallestStorageIsLeft() {
    final MemoryBudget budget = new MemoryBudget(1000);
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    assertTrue(ring.isRoomy());
    final byte[] data = bytes(5000);
    assertEquals(2048, ring.write(data, 0, 5000));
    assertEquals(2048, budget.used());
    assertEquals(0, ring.free());
    assertFalse(ring.isRoomy());
    assertEquals(0, ring.write(data, 0, 1));
    final byte[] read = new byte[2000];
    assertEquals(2000, ring.read(read, 0, 2000));
    assertArrayEquals(Arrays.copyOf(data, 2000), read);
    assertEquals(2000, ring.free());
    assertTrue(ring.isRoomy());
    assertEquals(2000, ring.write(data, 2048, 2952));
  }

  /** Who waits for room is told of a third of what there is, not of what there might be. */
  @Test
  void roomIsAnnouncedByWhatTheBudgetLets() {
    final ByteRing ring = new ByteRing(CAPACITY, new MemoryBudget(0));
    ring.write(bytes(5000), 0, 5000);
    ring.requestSpace();
    assertFalse(ring.takeSpaceRequest());
    ring.discard(681);
    assertFalse(ring.takeSpaceRequest());
    ring.discard(1);
    assertTrue(ring.takeSpaceRequest());
    assertFalse(ring.takeSpaceRequest(), "once");
  }

  @Test
  void growsAgainWhenSomebodyGaveBack() {
    final MemoryBudget budget = new MemoryBudget(16384);
    final ByteRing hog = new ByteRing(CAPACITY, budget);
    assertEquals(16000, hog.write(bytes(16000), 0, 16000));
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    assertEquals(2048, ring.write(bytes(9000), 0, 9000));
    assertEquals(0, ring.free());
    hog.retire();
    assertEquals(CAPACITY - 2048, ring.free());
    assertEquals(9000, ring.write(bytes(9000), 0, 9000));
    assertEquals(16384, budget.used());
  }

  @Test
  void aRetiredRingHoldsAndTakesNothing() {
    final ByteRing ring = new ByteRing(100);
    ring.write(bytes(50), 0, 50);
    assertFalse(ring.isRetired());
    ring.retire();
    assertTrue(ring.isRetired());
    assertTrue(ring.isBare());
    assertEquals(0, ring.write(bytes(10), 0, 10));
    ring.store(0, bytes(10), 0, 10);
    assertTrue(ring.isBare());
    final byte[] read = new byte[50];
    ring.peek(0, read, 0, 50);
    assertArrayEquals(new byte[50], read);
    assertEquals(50, ring.length(), "how much there was is still known");
  }

  @Test
  void restsOnlyWhenEmptyAndMemoryIsTight() {
    final MemoryBudget budget = new MemoryBudget(40_000);
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    ring.write(bytes(20_000), 0, 20_000);
    ring.discard(20_000);
    ring.rest();
    assertFalse(ring.isBare(), "32 KiB of 40,000 bytes are not tight");
    final ByteRing other = new ByteRing(CAPACITY, budget);
    other.write(bytes(4000), 0, 4000);
    ring.write(bytes(1), 0, 1);
    ring.rest();
    assertFalse(ring.isBare(), "not empty");
    ring.discard(1);
    ring.rest();
    assertTrue(ring.isBare());
    other.discard(4000);
    other.rest();
    assertFalse(other.isBare(), "not worth it");
    assertEquals(4096, budget.used());
    assertEquals(100, ring.write(bytes(100), 0, 100));
    final byte[] read = new byte[100];
    assertEquals(100, ring.read(read, 0, 200));
    assertArrayEquals(bytes(100), read);
  }

  @Test
  void sleepsOnlyWhenEmpty() {
    final MemoryBudget budget = new MemoryBudget(40_000);
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    ring.sleep();
    ring.write(bytes(100), 0, 100);
    ring.discard(99);
    ring.sleep();
    assertEquals(2048, budget.used(), "not empty");
    ring.discard(1);
    ring.sleep();
    assertTrue(ring.isBare());
    assertEquals(0, budget.used());
    assertEquals(CAPACITY, ring.free());
    assertEquals(3000, ring.write(bytes(3000), 0, 3000));
    final byte[] read = new byte[3000];
    assertEquals(3000, ring.read(read, 0, 3000));
    assertArrayEquals(bytes(3000), read);
    ring.sleep();
    ring.sleep();
    assertEquals(0, budget.used(), "what has grown is given back, too");
  }

  /** Each of many has its own, whoever had it before. */
  @Test
  void whatOneRingGivesBackAnotherTakes() {
    final MemoryBudget budget = new MemoryBudget(1 << 20);
    final ByteRing[] rings = new ByteRing[300];
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < rings.length; i++) {
        rings[i] = rings[i] == null ? new ByteRing(CAPACITY, budget) : rings[i];
        assertEquals(2, rings[i].write(new byte[] {(byte) i, (byte) (i >> 8)}, 0, 2));
      }
      assertEquals(300 * 2048, budget.used());
      final byte[] read = new byte[2];
      for (int i = 0; i < rings.length; i++) {
        assertEquals(2, rings[i].read(read, 0, 2));
        assertArrayEquals(new byte[] {(byte) i, (byte) (i >> 8)}, read);
        rings[i].sleep();
      }
      assertEquals(0, budget.used());
    }
  }

  /** As a socket does it: the consumer may send the ring to sleep while nobody writes. */
  @Test
  void aConsumerWithTheProducersLockLosesNothing() throws InterruptedException {
    final int total = 200_000;
    final MemoryBudget budget = new MemoryBudget(1 << 20);
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    final Lock producing = new ReentrantLock();
    final Thread producer =
        new Thread(
            () -> {
              for (int sent = 0; sent < total; ) {
                producing.lock();
                try {
                  sent += ring.write(new byte[] {(byte) sent}, 0, 1);
                } finally {
                  producing.unlock();
                }
              }
            });
    producer.start();
    final byte[] read = new byte[100];
    int slept = 0;
    for (int received = 0; received < total; ) {
      final int count = ring.read(read, 0, read.length);
      for (int i = 0; i < count; i++) {
        assertEquals((byte) (received + i), read[i]);
      }
      received += count;
      if (producing.tryLock()) {
        try {
          ring.sleep();
          slept += ring.isBare() ? 1 : 0;
        } finally {
          producing.unlock();
        }
      }
    }
    producer.join();
    assertTrue(slept > 0);
  }

  @Test
  void whatWasRetiredIsNobodysToTake() {
    final MemoryBudget budget = new MemoryBudget(1 << 20);
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    ring.write(bytes(10), 0, 10);
    ring.retire();
    ring.sleep();
    assertNull(budget.spare.take(), "somebody may still read or write it");
    assertEquals(0, budget.used());
  }

  @Test
  void isCrampedUntilItMayGrow() {
    final MemoryBudget budget = new MemoryBudget(20_000);
    final ByteRing hog = new ByteRing(CAPACITY, budget);
    hog.write(bytes(16_000), 0, 16_000);
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    assertFalse(ring.isCramped());
    ring.write(bytes(9000), 0, 9000);
    assertTrue(ring.isCramped());
    hog.retire();
    ring.write(bytes(9000), 0, 9000);
    assertFalse(ring.isCramped());
  }

  /** A producer that is refused, rests and grows, while the consumer reads. */
  @Test
  void twoThreadsPassAStreamOnWithLittleMemory() throws InterruptedException {
    final MemoryBudget budget = new MemoryBudget(20_000);
    final ByteRing ring = new ByteRing(CAPACITY, budget);
    final byte[] data = bytes(1 << 16);
    final int total = 16 << 20;
    final AtomicReference<Throwable> failure = new AtomicReference<>();
    final Thread producer =
        new Thread(
            () -> {
              final Random random = new Random(1);
              int sent = 0;
              while (sent < total) {
                final int at = sent & 0xFFFF;
                final int most = Math.min(Math.min(data.length - at, total - sent), 20_000);
                sent += ring.write(data, at, 1 + random.nextInt(most));
                if (random.nextInt(8) == 0) {
                  ring.rest();
                }
              }
            });
    producer.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
    producer.start();
    final byte[] chunk = new byte[5000];
    int seen = 0;
    while (seen < total && failure.get() == null) {
      final int count = ring.read(chunk, 0, Math.min(chunk.length, data.length - (seen & 0xFFFF)));
      final int at = seen & 0xFFFF;
      assertEquals(-1, Arrays.mismatch(chunk, 0, count, data, at, at + count));
      seen += count;
    }
    producer.join();
    assertNull(failure.get());
    ring.retire();
    assertEquals(0, budget.used());
  }

  /**
   * Whenever the ring is retired, the writer of the other thread neither fails nor keeps memory.
   */
  @Test
  void retiringWhileTheOtherSideWritesGivesEverythingBack() throws InterruptedException {
    final MemoryBudget budget = new MemoryBudget(Long.MAX_VALUE);
    final byte[] data = bytes(1 << 15);
    final AtomicReference<Throwable> failure = new AtomicReference<>();
    for (int round = 0; round < 500; round++) {
      final ByteRing ring = new ByteRing(1 << 15, budget);
      final Thread producer =
          new Thread(
              () -> {
                for (int size = 1; size < 1 << 14 && !ring.isRetired(); size += size / 3 + 1) {
                  ring.write(data, 0, size);
                }
                ring.write(data, 0, 1 << 14);
              });
      producer.setUncaughtExceptionHandler((thread, e) -> failure.set(e));
      producer.start();
      for (int spin = 0; spin < round % 500; spin++) {
        Thread.onSpinWait();
      }
      while (ring.isBare() && producer.isAlive()) {
        Thread.onSpinWait();
      }
      ring.retire();
      producer.join();
      assertNull(failure.get());
      assertEquals(0, budget.used());
      assertTrue(ring.isBare());
    }
  }
}
