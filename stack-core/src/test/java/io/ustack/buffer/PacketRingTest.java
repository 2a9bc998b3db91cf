package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PacketRingTest {
  private final MemoryPacketPool pool = new MemoryPacketPool(256, 200);
  private final LentPackets lent = new LentPackets(pool, 128);
  private final PacketRing ring = new PacketRing(4000);

  private long produced;
  private long consumed;

  private static byte byteAt(final long position) {
    return (byte) (position * 31 + (position >> 8));
  }

  private static byte[] stream(final long from, final int length) {
    final byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = byteAt(from + i);
    }
    return bytes;
  }

  /** A packet that holds the next bytes of the stream; its offset varies. */
  private Packet filled(final int length, final int skip) {
    final Packet packet = pool.allocate();
    assertNotNull(packet);
    final int at = packet.append(length + skip) + skip;
    packet.bytes().put(at, stream(produced, length));
    packet.place(at, length);
    return packet;
  }

  private boolean keep(final int length) {
    final Packet packet = filled(length, length % 7);
    if (!ring.keep(0, packet, packet.offset(), length)) {
      packet.release();
      return false;
    }
    ring.publish(length);
    produced += length;
    return true;
  }

  private void write(final int length) {
    produced += ring.write(stream(produced, length), 0, length);
  }

  private void read(final int length) {
    final byte[] bytes = new byte[length];
    assertEquals(length, ring.read(bytes, 0, length));
    assertArrayEquals(stream(consumed, length), bytes);
    consumed += length;
  }

  private void assertBalanced(final int packets) {
    lent.collect();
    assertEquals(packets, pool.inUse());
    assertEquals(packets, lent.count());
  }

  @Test
  void nothingIsKeptUntilSomebodyAsks() {
    assertFalse(keep(10));
    assertEquals(0, pool.inUse());
    ring.keepPackets(lent);
    assertTrue(keep(10));
    assertEquals(10, ring.length());
    assertEquals(3990, ring.free());
    assertTrue(ring.isBare(), "nothing was copied");
  }

  @Test
  void packetsAndBytesAreOneStream() {
    ring.keepPackets(lent);
    write(5);
    assertTrue(keep(100));
    assertTrue(keep(1));
    write(50);
    assertTrue(keep(7));
    final ByteBuffer all = ByteBuffer.allocate(163);
    ring.peek(0, all, 0, 163);
    assertArrayEquals(stream(0, 163), all.array());
    assertEquals(163, ring.length(), "peeking consumes nothing");
    read(4);
    read(80); // ends within a packet
    assertBalanced(3);
    read(22);
    assertBalanced(1);
    read(57);
    assertBalanced(0);
  }

  @Test
  void whatWasReadOfAPacketIsNotTakenAgain() {
    ring.keepPackets(lent);
    assertTrue(keep(100));
    read(30);
    final Packet packet = ring.take(0);
    assertNotNull(packet);
    assertEquals(70, packet.length());
    assertEquals(byteAt(30), packet.bytes().get(packet.offset()));
    assertEquals(0, ring.length());
    assertBalanced(1);
    lent.giveBack(packet);
    assertBalanced(0);
  }

  @Test
  void onlyWhatIsInAPacketIsTaken() {
    ring.keepPackets(lent);
    assertNull(ring.take(0));
    write(5);
    assertTrue(keep(10));
    assertNull(ring.take(0), "bytes come first");
    assertEquals(5, ring.runBeforePacket(0));
    final Packet packet = ring.take(5);
    assertNotNull(packet, "five bytes behind the head");
    assertEquals(0, ring.length(), "and what is before it is consumed");
    lent.giveBack(packet);
    assertBalanced(0);
  }

  @Test
  void theCapacityCountsPackets() {
    ring.capacity(150);
    ring.keepPackets(lent);
    assertTrue(keep(100));
    assertFalse(keep(51));
    assertTrue(keep(50));
    write(10);
    assertEquals(150, ring.length());
    read(150);
    assertBalanced(0);
  }

  @Test
  void packetsAreBounded() {
    ring.keepPackets(lent);
    int packets = 0;
    while (keep(1)) {
      packets++;
    }
    assertEquals(64, packets);
    write(10);
    read(1);
    assertTrue(keep(1), "the first one made room");
    read(74);
    assertBalanced(0);
  }

  @Test
  void aRetiredRingGivesItsPacketsBack() {
    ring.keepPackets(lent);
    assertTrue(keep(10));
    assertTrue(keep(10));
    read(5);
    ring.retire();
    assertTrue(ring.isRetired());
    assertBalanced(0);
    assertNull(ring.take(0));
    ring.peek(0, new byte[15], 0, 15); // void, but harmless
    ring.discard(15);
    assertBalanced(0);
  }

  /** The stack retires a send ring while the application is about to put a packet into it. */
  @Test
  void whatIsPutIntoARetiredRingComesBack() {
    ring.keepPackets(lent);
    final Packet packet = lent.lendEmpty();
    assertNotNull(packet);
    packet.append(10);
    ring.retire();
    ring.put(0, packet);
    assertBalanced(0);
  }

  @Test
  void givingPacketsBackMakesWhatIsReadVoid() {
    ring.keepPackets(lent);
    assertTrue(keep(10));
    assertFalse(ring.isRetired());
    ring.givePacketsBack();
    assertBalanced(0);
    ring.peek(0, new byte[10], 0, 10);
    assertTrue(ring.isRetired(), "and whoever looks finds out");
  }

  /** Whoever used packets once does not pay for it for ever. */
  @Test
  void aRingThatSleepsWantsPacketsNoMore() {
    ring.keepPackets(lent);
    assertTrue(keep(10));
    ring.sleep();
    assertTrue(keep(10), "it is not empty");
    read(20);
    ring.sleep();
    assertFalse(keep(10));
    ring.keepPackets(lent);
    assertTrue(keep(10));
    read(10);
    assertBalanced(0);
  }

  @Test
  void theEndOfTheStackRetiresWhatIsInPackets() {
    ring.keepPackets(lent);
    assertTrue(keep(10));
    assertFalse(ring.isRetired());
    lent.close();
    assertTrue(ring.isRetired());
    assertEquals(0, pool.inUse());
    assertNull(ring.take(0), "it is the pool's");
  }

  /** Positions count modulo 2^32. */
  @Test
  void anyMixtureIsTheSameStream() {
    for (int i = 0; i < 4; i++) {
      final int passed = (1 << 30) - (i == 3 ? 1 << 20 : 0);
      ring.publish(passed);
      ring.discard(passed);
    }
    final Random random = new Random(42);
    ring.keepPackets(lent);
    for (int step = 0; step < 200_000; step++) {
      switch (random.nextInt(5)) {
        case 0 -> write(Math.min(ring.free(), random.nextInt(300)));
        case 1, 2 -> keep(1 + random.nextInt(200));
        case 3 -> {
          final Packet packet = ring.take(0);
          if (packet != null) {
            final byte[] bytes = new byte[packet.length()];
            packet.bytes().get(packet.offset(), bytes);
            assertArrayEquals(stream(consumed, bytes.length), bytes);
            consumed += bytes.length;
            lent.giveBack(packet);
            lent.collect();
          }
        }
        default -> {
          final int at = random.nextInt(ring.length() + 1);
          final byte[] bytes = new byte[ring.length() - at];
          ring.peek(at, bytes, 0, bytes.length);
          assertArrayEquals(stream(consumed + at, bytes.length), bytes);
          read(random.nextInt(ring.length() + 1));
          lent.collect();
        }
      }
      assertEquals(produced - consumed, ring.length());
    }
    read(ring.length());
    assertBalanced(0);
    assertTrue(produced > 1 << 22, "a stream that wraps around the ring often");
  }
}
