package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.Allocation;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryPacketPoolTest {
  private static final int FRAME_BYTES = 1514;

  private final MemoryPacketPool pool = new MemoryPacketPool(4, FRAME_BYTES);

  @ParameterizedTest
  @CsvSource({"0, 1514", "-1, 1514", "4, 0", "4, -1", "2147483647, 1514", "1, 2147483647"})
  void poolThatNobodyCanHaveIsRefused(final int packets, final int frameBytes) {
    final String said =
        assertThrows(
                IllegalArgumentException.class, () -> new MemoryPacketPool(packets, frameBytes))
            .getMessage();
    assertEquals("a pool of " + packets + " packets for frames of " + frameBytes + " bytes", said);
  }

  @Test
  void handsOutEveryPacketOnceAndThenNone() {
    final Set<Integer> indexes = new HashSet<>();
    final Packet[] packets = new Packet[4];
    for (int i = 0; i < 4; i++) {
      packets[i] = take();
      assertTrue(indexes.add(packets[i].index()));
      assertEquals(i + 1, pool.inUse());
    }
    assertNull(pool.allocate());
    assertEquals(4, pool.inUse());
    packets[2].release();
    assertEquals(3, pool.inUse());
    assertSame(packets[2], pool.allocate());
  }

  @Test
  void saysWhatItIs() {
    assertEquals(4, pool.capacity());
    assertEquals(FRAME_BYTES, pool.frameCapacityBytes());
    assertEquals(0, pool.inUse());
  }

  @Test
  void releasingTwiceFailsLoudlyAndChangesNothing() {
    final Packet packet = take();
    packet.release();
    assertThrows(IllegalStateException.class, packet::release);
    assertEquals(0, pool.inUse());
    assertThrows(IllegalStateException.class, packet::release);
    final Packet[] all = {take(), take(), take(), take()};
    assertNull(pool.allocate());
    assertEquals(4, Set.of(all).size());
  }

  @Test
  void handingOutTwiceFailsLoudly() {
    final Packet packet = take();
    assertThrows(IllegalStateException.class, packet::take);
    packet.release();
  }

  @Test
  void aPacketComesEmptyWithFullHeadroom() {
    final Packet packet = take();
    packet.append(77);
    packet.prepend(34);
    packet.flags(Packet.TX_IPV4_CHECKSUM);
    packet.addFlags(Packet.RX_L4_CHECKSUM_BAD);
    packet.networkOffset(packet.offset() + 14);
    packet.next = packet;
    packet.release();
    assertNull(packet.next);
    final Packet again = take();
    assertSame(packet, again);
    assertEquals(0, again.length());
    assertEquals(0, again.flags());
    assertNull(again.next);
    assertEquals(again.start() + Packet.HEADROOM_BYTES, again.offset());
    assertEquals(again.offset(), again.networkOffset());
    assertEquals(again.offset(), again.transportOffset());
  }

  @Test
  void framesOfTheCapacityFitAndPacketsDoNotOverlap() {
    final Packet[] packets = new Packet[4];
    for (int i = 0; i < 4; i++) {
      packets[i] = take();
      assertEquals(ByteOrder.BIG_ENDIAN, packets[i].bytes().order());
      final int at = packets[i].append(FRAME_BYTES);
      packets[i].prepend(Packet.HEADROOM_BYTES);
      for (int j = packets[i].offset(); j < at + FRAME_BYTES; j++) {
        packets[i].bytes().put(j, (byte) (i + 1));
      }
    }
    for (int i = 0; i < 4; i++) {
      assertEquals(i + 1, packets[i].bytes().get(packets[i].offset()));
      assertEquals(i + 1, packets[i].bytes().get(packets[i].end() - 1));
      packets[i].release();
    }
  }

  @Test
  void aFrameStaysInsideItsBuffer() {
    final Packet packet = take();
    final int room = packet.limit() - packet.offset();
    assertTrue(room >= FRAME_BYTES);
    assertThrows(IllegalArgumentException.class, () -> packet.append(room + 1));
    assertThrows(IllegalArgumentException.class, () -> packet.append(Integer.MAX_VALUE));
    assertThrows(IllegalArgumentException.class, () -> packet.prepend(Packet.HEADROOM_BYTES + 1));
    assertThrows(IllegalArgumentException.class, () -> packet.place(packet.start() - 1, 1));
    assertThrows(IllegalArgumentException.class, () -> packet.place(packet.start(), -1));
    assertThrows(IllegalArgumentException.class, () -> packet.place(packet.limit() + 1, 0));
    assertEquals(0, packet.length());
    final int start = packet.append(20);
    assertEquals(packet.offset(), start);
    assertEquals(start + 20, packet.append(2));
    assertEquals(start - 14, packet.prepend(14));
    assertEquals(36, packet.length());
    assertThrows(IllegalArgumentException.class, () -> packet.trim(37));
    assertThrows(IllegalArgumentException.class, () -> packet.trim(-1));
    packet.trim(35);
    assertEquals(start + 21, packet.end());
    packet.release();
  }

  @Test
  void allocatesNothingPerPacket() {
    assertEquals(0, Allocation.bytesOfWarmRounds(20_000, 1_000, () -> take().release()));
  }

  private Packet take() {
    final Packet packet = pool.allocate();
    assertNotNull(packet);
    return Objects.requireNonNull(packet);
  }
}
