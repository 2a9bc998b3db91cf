package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransmitBatchTest {
  private final MemoryPacketPool pool = new MemoryPacketPool(16, 1514);
  private final LoopbackLink link = new LoopbackLink(pool, 1500, 3);
  private final Counters counters = new Counters();
  private final TransmitBatch batch = new TransmitBatch(link, counters, 5);
  private final Packet[] burst = new Packet[16];

  @AfterEach
  void poolIsBalanced() {
    link.close();
    assertEquals(0, pool.inUse());
  }

  @Test
  void whatTheLinkDoesNotTakeStaysInFrontAndIsCountedOnce() {
    for (int i = 1; i <= 5; i++) {
      batch.add(Frames.packet(pool, new byte[i]));
    }
    assertEquals(0, batch.room());
    assertEquals(3, batch.flush(1));
    assertEquals(3, batch.room());
    assertEquals(3, counters.value(Counter.FRAMES_OUT));
    assertEquals(1 + 2 + 3, counters.value(Counter.BYTES_OUT));
    assertEquals(0, batch.flush(2)); // still full
    assertArrayEquals(new int[] {1, 2, 3}, received());
    batch.add(Frames.packet(pool, new byte[6]));
    assertEquals(3, batch.flush(3));
    assertTrue(batch.isEmpty());
    assertArrayEquals(new int[] {4, 5, 6}, received());
    assertEquals(6, counters.value(Counter.FRAMES_OUT));
    assertEquals(21, counters.value(Counter.BYTES_OUT));
    assertEquals(0, batch.flush(4));
  }

  @Test
  void withoutRoomAFrameIsDroppedAndCounted() {
    for (int i = 1; i <= 7; i++) {
      batch.add(Frames.packet(pool, new byte[i]));
    }
    assertEquals(5, pool.inUse());
    assertEquals(2, counters.value(DropReason.TRANSMIT_QUEUE_FULL));
    batch.clear();
    assertEquals(0, pool.inUse());
    assertTrue(batch.isEmpty());
    assertEquals(0, batch.flush(1));
  }

  private int[] received() {
    final int count = link.receive(burst, 16, 1);
    final int[] lengths = new int[count];
    for (int i = 0; i < count; i++) {
      lengths[i] = burst[i].length();
      burst[i].release();
    }
    return lengths;
  }
}
