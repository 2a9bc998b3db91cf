package io.ustack.shard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import org.junit.jupiter.api.Test;

class FrameRingTest {
  private static final int FRAMES = 300_000;
  private static final int LONGEST = 1514;

  private final FrameRing ring = new FrameRing(32 << 10, LONGEST);

  /** Of all lengths, in an order that is easy to say again. */
  private static int lengthBytes(final int number) {
    return 14 + Integer.remainderUnsigned(number * 0x9E37_79B9, LONGEST - 13);
  }

  private void produce() {
    final MemoryPacketPool pool = new MemoryPacketPool(1, LONGEST);
    for (int number = 0; number < FRAMES; number++) {
      final Packet frame = pool.allocate();
      final int length = lengthBytes(number);
      final int at = frame.append(length);
      frame.bytes().putInt(at, number).put(at + length - 1, (byte) length);
      frame.flags(number & 0xFF);
      while (!ring.offer(frame)) {
        Thread.onSpinWait();
      }
      frame.release();
    }
  }

  /** Each frame comes once, whole and in order, however the two threads run. */
  @Test
  void twoThreadsPassFramesOn() throws InterruptedException {
    final Thread producer = new Thread(this::produce);
    producer.start();
    final MemoryPacketPool pool = new MemoryPacketPool(1, LONGEST);
    for (int number = 0; number < FRAMES; number++) {
      Packet frame = ring.poll(pool);
      while (frame == null) {
        Thread.onSpinWait();
        frame = ring.poll(pool);
      }
      final int length = lengthBytes(number);
      assertEquals(length, frame.length());
      assertEquals(number, frame.bytes().getInt(frame.offset()));
      assertEquals((byte) length, frame.bytes().get(frame.offset() + length - 1));
      assertEquals(number & 0xFF, frame.flags());
      frame.release();
    }
    producer.join();
    assertEquals(0, pool.inUse());
  }

  @Test
  void sparingProducersLeaveHalf() {
    final MemoryPacketPool pool = new MemoryPacketPool(1, LONGEST);
    final Packet frame = pool.allocate();
    assertNotNull(frame);
    frame.append(1016); // 1024 with what stands before it
    int offered = 0;
    while (ring.offerSparingly(frame)) {
      offered++;
    }
    assertEquals(16, offered);
    while (ring.offer(frame)) {
      offered++;
    }
    assertEquals(32, offered);
    frame.release();
  }
}
