package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.Packet;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a port sends comes back: net_ring's two ends are one ring. */
@Tag("live")
class LoopTest {
  private static DpdkEal eal;

  @BeforeAll
  static void start() throws DpdkException {
    eal =
        DpdkEal.start(List.of("--no-huge", "-m", "256", "--no-pci", "--vdev=net_ring0", "-l", "0"));
  }

  @Test
  void carriesAFrame() throws DpdkException {
    try (DpdkPort port = DpdkPort.open(eal, PortConfig.of("net_ring0").withSizes(64, 64, 2048))) {
      final DpdkLink link = port.link(0);
      final Packet packet = link.pool().allocate();
      final int at = packet.append(60);
      for (int i = 0; i < 60; i++) {
        packet.bytes().put(at + i, (byte) i);
      }
      final Packet[] frames = {packet};
      assertEquals(1, link.transmit(frames, 1, 0));
      assertEquals(0, link.pool().inUse());
      assertEquals(1, link.receive(frames, 1, 0));
      assertEquals(60, frames[0].length());
      for (int i = 0; i < 60; i++) {
        assertEquals(i, frames[0].bytes().get(frames[0].offset() + i));
      }
      frames[0].release();
      assertEquals(0, link.pool().inUse());
    }
  }
}
