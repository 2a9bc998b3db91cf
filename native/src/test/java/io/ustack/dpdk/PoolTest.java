package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("live")
class PoolTest {
  private static final int PACKETS = 1023;

  private static DpdkEal eal;
  private static int made;

  @BeforeAll
  static void start() throws DpdkException {
    eal = DpdkEal.start(List.of("--no-huge", "-m", "256", "-l", "0", "--vdev=net_ring0"));
  }

  private static DpdkPacketPool pool() throws DpdkException {
    return DpdkPacketPool.create(eal, "pool" + made++, PACKETS, 1500, -1);
  }

  private static int available(final DpdkPacketPool pool) {
    return DpdkCalls.ustack_pool_available(pool.handle());
  }

  @Test
  void handsOutEachBufferOnce() throws DpdkException {
    try (DpdkPacketPool pool = pool()) {
      final Packet[] packets = new Packet[PACKETS];
      final Set<Integer> starts = new HashSet<>();
      for (int i = 0; i < PACKETS; i++) {
        packets[i] = pool.allocate();
        assertTrue(starts.add(packets[i].start()));
        assertTrue(packets[i].limit() - packets[i].offset() >= pool.frameCapacityBytes());
        // Each owns all of its buffer: a byte written at its end is nobody else's beginning.
        packets[i].bytes().putInt(packets[i].start(), i);
        packets[i].bytes().putInt(packets[i].limit() - 4, ~i);
      }
      assertNull(pool.allocate());
      assertEquals(PACKETS, pool.inUse());
      assertEquals(0, pool.available());
      for (int i = 0; i < PACKETS; i++) {
        assertEquals(i, packets[i].bytes().getInt(packets[i].start()));
        assertEquals(~i, packets[i].bytes().getInt(packets[i].limit() - 4));
        packets[i].release();
      }
      assertEquals(0, pool.inUse());
      assertEquals(PACKETS, pool.available());
      assertThrows(IllegalStateException.class, packets[0]::release);
    }
  }

  @Test
  void leavesTheMempoolAloneWhileAnswersFollowQuestions() throws DpdkException {
    try (DpdkPacketPool pool = pool()) {
      pool.allocate().release();
      final int before = available(pool);
      for (int i = 0; i < 10_000; i++) {
        pool.allocate().release();
      }
      assertEquals(before, available(pool));
    }
  }

  /** A quarter of the packets is long, and given out; the others are for ports. */
  @Test
  void hasPacketsOfTwoLengths() throws DpdkException {
    try (DpdkPacketPool pool = DpdkPacketPool.create(eal, "two", PACKETS, 9000, 2048, -1)) {
      assertEquals(PACKETS, pool.capacity());
      long bytes = 0;
      for (int i = 0; i < PACKETS; i++) {
        bytes += pool.packet(i).limit() - pool.packet(i).start();
      }
      assertTrue(bytes < PACKETS * 9018L / 2, "half of what it was");
      assertEquals(PACKETS, look(pool));
      final Packet[] packets = new Packet[PACKETS / 4];
      for (int i = 0; i < packets.length; i++) {
        packets[i] = pool.allocate();
        assertTrue(packets[i].limit() - packets[i].offset() >= 9018);
      }
      assertNull(pool.allocate());
      assertEquals(0, look(pool)); // whatever the shorter ones are
      for (final Packet packet : packets) {
        packet.release();
      }
      assertEquals(PACKETS, look(pool));
      assertEquals(0, pool.inUse());
      final int first = packets.length;
      assertEquals(2048 + 3 * 64, pool.packet(first).limit() - pool.packet(first).start());
    }
  }

  private static int look(final DpdkPacketPool pool) {
    int available = 0;
    for (int i = 0; i < 20; i++) {
      available = pool.available();
    }
    return available;
  }

  /** What a stack only receives, and answers nothing to, has to go back to where ports find it. */
  @Test
  void aSmallPoolIsNotKeptFromItsPort() throws DpdkException {
    try (DpdkPacketPool pool = DpdkPacketPool.create(eal, "pool" + made++, 64, 1500, -1)) {
      final Packet[] packets = new Packet[64];
      for (int i = 0; i < 64; i++) {
        packets[i] = pool.allocate();
      }
      assertNull(pool.allocate());
      for (final Packet packet : packets) {
        packet.release();
      }
      assertTrue(available(pool) >= 56, () -> available(pool) + " of 64");
    }
  }

  @Test
  void keepsItsMemoryUnderPacketsThatAreStillHeld() throws DpdkException {
    final DpdkPacketPool pool = pool();
    final Packet held = pool.allocate();
    held.bytes().putLong(held.offset(), 0x0123456789ABCDEFL);
    pool.close();
    try (DpdkPacketPool other = pool()) {
      final Packet packet = other.allocate();
      packet.bytes().putLong(packet.offset(), -1);
      assertEquals(0x0123456789ABCDEFL, held.bytes().getLong(held.offset()));
      packet.release();
    }
    assertNull(pool.allocate());
    held.release();
    assertEquals(0, pool.inUse());
    pool.close();
  }

  @Test
  void doesNotSendPacketsOfAnotherPool() throws DpdkException {
    try (DpdkPort port =
        DpdkPort.open(eal, PortConfig.of("net_ring0").withSizes(64, 64, PACKETS))) {
      final Packet[] stranger = {new MemoryPacketPool(1, 2048).allocate()};
      stranger[0].append(60);
      assertThrows(IllegalArgumentException.class, () -> port.link(0).transmit(stranger, 1, 0));
    }
  }

  @Test
  void refusesAPoolThatIsTooSmall() {
    final DpdkException failure =
        assertThrows(DpdkException.class, () -> DpdkPacketPool.create(eal, "small", 1, 1500, -1));
    assertEquals("packet pool small of 1 packets is too small", failure.getMessage());
  }
}
