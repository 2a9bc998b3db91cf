package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LentPacketsTest {
  private final MemoryPacketPool pool = new MemoryPacketPool(16, 1514);
  private final LentPackets lent = new LentPackets(pool, 4);

  @Test
  void aShareOfThePoolIsTheMost() {
    final List<Packet> held = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      held.add(lent.lendEmpty());
    }
    assertNull(lent.lendEmpty());
    final Packet came = pool.allocate();
    assertNotNull(came);
    assertFalse(lent.lend(came), "what came in may not be lent, either");
    came.release();
    assertEquals(4, pool.inUse(), "who was refused took none");

    lent.giveBack(held.remove(1));
    assertNull(lent.lendEmpty(), "not collected yet");
    assertFalse(lent.isCollected());
    assertEquals(1, lent.collect());
    assertTrue(lent.isCollected());
    assertNotNull(lent.lendEmpty());
  }

  /** What peers send can't take all: something is left for those who want to send. */
  @Test
  void whatCameLeavesAQuarterOfTheShare() {
    for (int i = 0; i < 3; i++) {
      final Packet came = pool.allocate();
      assertNotNull(came);
      assertTrue(lent.lend(came));
    }
    final Packet came = pool.allocate();
    assertNotNull(came);
    assertFalse(lent.lend(came));
    came.release();
    assertNotNull(lent.lendEmpty());
    lent.close();
    assertEquals(0, pool.inUse());
  }

  @Test
  void anEmptyPoolLendsNothing() {
    while (pool.allocate() != null) {
      assertTrue(pool.inUse() > 0);
    }
    assertNull(lent.lendEmpty());
    assertEquals(0, lent.count());
  }

  /** In any order, some by way of other threads and some that the stack takes over. */
  @Test
  void whatComesBackIsReleasedOnce() throws InterruptedException {
    final Random random = new Random(7);
    final List<Packet> held = new ArrayList<>();
    for (int round = 0; round < 10_000; round++) {
      if (random.nextBoolean()) {
        final Packet packet = lent.lendEmpty();
        if (packet != null) {
          held.add(packet);
        }
      } else if (!held.isEmpty()) {
        final Packet packet = held.remove(random.nextInt(held.size()));
        if (random.nextInt(3) == 0) {
          lent.reclaim(packet);
          packet.release();
        } else {
          lent.giveBack(packet);
          lent.collect();
        }
      }
      assertEquals(held.size(), lent.count());
      assertEquals(held.size(), pool.inUse());
    }
    final Thread other = new Thread(() -> held.forEach(lent::giveBack));
    other.start();
    other.join();
    assertEquals(held.size(), lent.collect());
    assertEquals(0, pool.inUse());
  }

  @Test
  void atTheEndAllIsThePoolsAgain() {
    final Packet kept = lent.lendEmpty();
    final Packet returned = lent.lendEmpty();
    assertNotNull(kept);
    assertNotNull(returned);
    lent.giveBack(returned);
    lent.close();
    assertTrue(lent.isClosed());
    assertEquals(0, pool.inUse());
    final Packet others = new Packet(pool, 0, kept.bytes(), 0, 1);
    kept.next = others; // it is somebody else's by now, in a list of theirs
    lent.giveBack(kept); // whoever held it learns too late
    assertSame(others, kept.next);
    assertTrue(lent.isCollected());
    assertNull(lent.lendEmpty());
  }
}
