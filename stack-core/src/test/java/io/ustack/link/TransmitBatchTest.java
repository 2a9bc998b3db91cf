package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.testing.BrokenLink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransmitBatchTest {
  private final MemoryPacketPool pool = new MemoryPacketPool(64, 1514);
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
    add(batch, 5);
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

  /** Asking costs as much as sending; and a cycle asks for room many times. */
  @Test
  void aLinkThatIsFullIsAskedForRoomOnceInACycle() {
    add(batch, 5);
    batch.makeRoom(1, 1);
    assertArrayEquals(new int[] {1, 2, 3}, received());
    batch.makeRoom(5, 1);
    assertEquals(3, batch.room());
    assertEquals(2, batch.flush(1)); // the end of the cycle
    add(batch, 3);
    batch.makeRoom(5, 2);
    assertArrayEquals(new int[] {4, 5, 1}, received()); // there was room for one
    assertEquals(2, batch.flush(2));
    received();
    batch.makeRoom(1, 3);
    assertEquals(0, batch.flush(3)); // there was room, so nobody was asked
  }

  @Test
  void aLinkThatTakesEverythingIsAskedAsOftenAsThereIsNeed() {
    for (int i = 0; i < 3; i++) {
      add(batch, 3);
      batch.makeRoom(5, 1);
      assertEquals(5, batch.room());
      received();
    }
  }

  @Test
  void withoutRoomAFrameIsDroppedAndCounted() {
    add(batch, 7);
    assertEquals(5, pool.inUse());
    assertEquals(2, counters.value(DropReason.TRANSMIT_QUEUE_FULL));
    batch.close();
  }

  /** A link that throws is a bug; what it did not take by then is lost, not kept for ever. */
  @Test
  void whatALinkThatThrowsDidNotTakeIsReleasedAndCounted() {
    final TransmitBatch broken = new TransmitBatch(new BrokenLink(link, 2), counters, 5);
    add(broken, 5);
    assertThrows(IllegalStateException.class, () -> broken.flush(1));
    assertEquals(0, pool.inUse());
    assertTrue(broken.isEmpty());
    assertEquals(3, counters.value(DropReason.TRANSMIT_FAILED));
    assertEquals(0, broken.flush(2));
  }

  /** What an injector has taken is its own, whatever the link below it does. */
  @Test
  void aFaultInjectorAroundALinkThatThrowsLosesFramesOnce() {
    final BrokenLink below = new BrokenLink(link, 1);
    final FaultInjector injector =
        new FaultInjector(below, Faults.NONE, Faults.NONE.withDelay(10, 0), 1, 4);
    final TransmitBatch late = new TransmitBatch(injector, counters, 5);
    add(late, 3);
    assertEquals(3, late.flush(1));
    add(late, 1);
    assertEquals(1, late.flush(11)); // the three are due, and break the link
    assertEquals(1, pool.inUse());
    assertEquals(2, injector.lostFrames());
    assertThrows(IllegalStateException.class, () -> injector.receive(burst, 16, 12));
    assertEquals(0, injector.receive(burst, 16, 13));
    below.takes(5);
    assertEquals(1, injector.receive(burst, 16, 21)); // there, and through the loopback back
    burst[0].release();
    assertEquals(0, counters.value(DropReason.TRANSMIT_FAILED));
    injector.close();
  }

  private void add(final TransmitBatch to, final int frames) {
    for (int i = 1; i <= frames; i++) {
      to.add(Frames.packet(pool, new byte[i]));
    }
  }

  @Test
  void afterItsEndItTakesNothing() {
    batch.add(Frames.packet(pool, new byte[1]));
    batch.close();
    assertEquals(0, pool.inUse());
    assertEquals(0, batch.room());
    assertTrue(batch.isEmpty());
    batch.add(Frames.packet(pool, new byte[1]));
    assertEquals(0, pool.inUse());
    assertEquals(1, counters.value(DropReason.LINK_CLOSED));
    assertEquals(0, batch.flush(1));
    batch.close();
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
