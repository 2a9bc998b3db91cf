package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.testing.Allocation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopbackLinkTest {
  private final MemoryPacketPool pool = new MemoryPacketPool(16, 1514);
  private final LoopbackLink link = new LoopbackLink(pool, 1500, 4);
  private final Packet[] burst = new Packet[8];

  @AfterEach
  void poolIsBalanced() {
    link.close();
    assertEquals(0, pool.inUse());
  }

  @Test
  void theSamePacketsComeBackInOrder() {
    for (int round = 0; round < 10; round++) { // round and round the ring of four
      final Packet first = Frames.packet(pool, new byte[60]);
      final Packet second = Frames.packet(pool, new byte[61]);
      final Packet third = Frames.packet(pool, new byte[62]);
      assertEquals(3, link.transmit(new Packet[] {first, second, third}, 3, 1));
      assertEquals(2, link.receive(burst, 2, 2));
      assertSame(first, burst[0]);
      assertSame(second, burst[1]);
      assertEquals(1, link.receive(burst, 8, 3));
      assertSame(third, burst[0]);
      first.release();
      second.release();
      third.release();
    }
  }

  @Test
  void checksumsAreNeitherFilledNorFoundWrong() {
    final byte[] frame = Frames.tcp(new byte[10]);
    final Packet packet = Frames.packet(pool, frame);
    packet.flags(Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM);
    assertEquals(1, link.transmit(new Packet[] {packet}, 1, 1));
    assertEquals(1, link.receive(burst, 8, 2));
    assertEquals(0, packet.flags());
    assertEquals(0, packet.bytes().getShort(packet.offset() + Frames.ETHERNET + 10));
    packet.release();
  }

  @Test
  void whenFullItTakesFewer() {
    for (int i = 0; i < 6; i++) {
      burst[i] = Frames.packet(pool, new byte[i]);
    }
    assertEquals(4, link.transmit(burst, 6, 1));
    assertEquals(0, link.transmit(new Packet[] {burst[4]}, 1, 1));
    burst[4].release();
    burst[5].release();
    assertEquals(4, link.receive(burst, 8, 2));
    for (int i = 0; i < 4; i++) {
      assertEquals(i, burst[i].length());
      burst[i].release();
    }
    assertEquals(0, link.lostFrames());
  }

  @Test
  void waitingFramesHaveArrivedAlready() {
    assertEquals(0, link.receive(burst, 8, 77));
    assertEquals(Long.MAX_VALUE, link.nextArrivalNs());
    link.transmit(new Packet[] {Frames.packet(pool, new byte[1])}, 1, 78);
    assertEquals(77, link.nextArrivalNs());
  }

  @Test
  void closingReleasesWhatWaitsAndLosesWhatComes() {
    link.transmit(new Packet[] {Frames.packet(pool, new byte[1])}, 1, 1);
    link.close();
    assertEquals(0, pool.inUse());
    assertEquals(1, link.transmit(new Packet[] {Frames.packet(pool, new byte[1])}, 1, 1));
    assertEquals(1, link.lostFrames());
    assertEquals(0, link.receive(burst, 8, 2));
    link.close();
  }

  @Test
  void saysThatItIsLoopback() {
    assertTrue(link.capabilities().loopback());
    assertEquals(0, link.capabilities().macAddress());
    assertEquals(1500, link.capabilities().mtuBytes());
  }

  @Test
  void allocatesNothingPerFrame() {
    assertEquals(0, Allocation.bytesOfWarmRounds(20_000, 1_000, this::roundTrip));
  }

  private void roundTrip() {
    burst[0] = pool.allocate();
    burst[1] = pool.allocate();
    assertEquals(2, link.transmit(burst, 2, 1));
    assertEquals(2, link.receive(burst, 8, 1));
    burst[0].release();
    burst[1].release();
  }
}
