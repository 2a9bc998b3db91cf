package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a port sends comes back: both ends of net_ring are one ring. Each test runs over both
 * transports.
 */
@Tag("live")
class LoopTest {
  private static final int BURST = 32;
  private static final int PACKETS = 2047;

  private static final int PORTS = 8;

  private static DpdkEal eal;
  private static int used;

  private final Random random = new Random(42);
  private final Packet[] frames = new Packet[4 * BURST];

  @BeforeAll
  static void start() throws DpdkException {
    final List<String> arguments = new ArrayList<>(List.of("--no-huge", "-m", "256", "-l", "0,1"));
    for (int i = 0; i < PORTS; i++) {
      arguments.add("--vdev=net_ring" + i);
    }
    eal = DpdkEal.start(arguments);
  }

  /** A port that no test had before: DPDK opens each once. */
  private static PortConfig nextPort() {
    return PortConfig.of("net_ring" + used++);
  }

  private static DpdkPort open(final Transport transport) throws DpdkException {
    return DpdkPort.open(eal, nextPort().withTransport(transport).withSizes(64, 256, PACKETS));
  }

  /** Receives, waiting for the lcore where one is in between. */
  private static int receive(final DpdkLink link, final Packet[] into, final int max) {
    int count = 0;
    for (long tries = 0; count == 0 && tries < 1_000_000_000L; tries++) {
      count = link.receive(into, max, 0);
    }
    return count;
  }

  private byte[] send(final DpdkLink link, final int lengthBytes) {
    final byte[] bytes = new byte[lengthBytes];
    random.nextBytes(bytes);
    bytes[12] = 0; // no IPv4
    final Packet packet = link.pool().allocate();
    packet.bytes().put(packet.append(lengthBytes), bytes);
    assertEquals(1, link.transmit(new Packet[] {packet}, 1, 0));
    return bytes;
  }

  private void carriesFramesOfEveryLength(final Transport transport) throws DpdkException {
    try (DpdkPort port = open(transport)) {
      final DpdkLink link = port.link(0);
      for (int lengthBytes = 14; lengthBytes <= 1518; lengthBytes++) {
        final byte[] sent = send(link, lengthBytes);
        assertEquals(1, receive(link, frames, BURST));
        final byte[] received = new byte[frames[0].length()];
        frames[0].bytes().get(frames[0].offset(), received);
        assertArrayEquals(sent, received);
        frames[0].release();
      }
      assertEquals(0, link.pool().inUse());
      assertEquals(0, link.lostFrames());
    }
  }

  @Test
  void carriesFramesOfEveryLengthDirectly() throws DpdkException {
    carriesFramesOfEveryLength(Transport.DIRECT);
  }

  @Test
  void carriesFramesOfEveryLengthOverRings() throws DpdkException {
    carriesFramesOfEveryLength(Transport.RING);
  }

  @Test
  void losesWhatNoPortCanCarry() throws DpdkException {
    try (DpdkPort port = open(Transport.DIRECT)) {
      final DpdkLink link = port.link(0);
      send(link, 13);
      send(link, 1519);
      assertEquals(0, link.receive(frames, BURST, 0));
      assertEquals(2, link.counter(QueueCounter.TX_REJECTED));
      assertEquals(2, link.lostFrames());
      assertEquals(0, link.pool().inUse());
    }
  }

  @Test
  void takesLongBatchesAndLeavesWhatDoesNotFit() throws DpdkException {
    try (DpdkPort port = open(Transport.DIRECT)) {
      final DpdkLink link = port.link(0);
      int sent = 0;
      int taken;
      do {
        for (int i = 0; i < frames.length; i++) {
          frames[i] = link.pool().allocate();
          frames[i].append(60);
        }
        taken = link.transmit(frames, frames.length, 0);
        sent += taken;
        for (int i = taken; i < frames.length; i++) {
          frames[i].release();
        }
      } while (taken == frames.length);
      assertTrue(sent > 0);
      assertEquals(0, link.pool().inUse());
      assertEquals(link.pool().capacity() - sent, available(link.pool()), "the port holds them");
      int received = 0;
      int count;
      while ((count = link.receive(frames, frames.length, 0)) > 0) {
        received += count;
        for (int i = 0; i < count; i++) {
          frames[i].release();
        }
      }
      assertEquals(sent, received);
      assertEquals(link.pool().capacity(), available(link.pool()));
    }
  }

  /** As it is once it was asked for often enough to have looked. */
  private static int available(final DpdkPacketPool pool) {
    int available = 0;
    for (int i = 0; i < 1000; i++) {
      available = pool.available();
    }
    return available;
  }

  /** Turns frames round for a while and answers the bytes that the thread allocated. */
  private long circulate(final DpdkLink link, final int rounds) {
    final com.sun.management.ThreadMXBean threads =
        (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    final long before = threads.getCurrentThreadAllocatedBytes();
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < BURST; i++) {
        frames[i] = link.pool().allocate();
        frames[i].append(60);
      }
      int sent = 0;
      while (sent < BURST) {
        sent += link.transmit(frames, BURST - sent, 0);
      }
      for (int got = 0; got < BURST; ) {
        final int count = receive(link, frames, BURST);
        got += count;
        for (int i = 0; i < count; i++) {
          frames[i].release();
        }
      }
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  @Test
  void allocatesNothingPerFrame() throws DpdkException {
    try (DpdkPort port = open(Transport.DIRECT)) {
      circulate(port.link(0), 2_000);
      // The JVM may allocate a little when it compiles anew; a byte per hundred frames is none.
      assertTrue(circulate(port.link(0), 10_000) < 10_000 * BURST / 100);
      assertEquals(0, port.link(0).pool().inUse());
    }
  }

  @Test
  void carriesFramesBetweenTwoPortsOfOneThread() throws DpdkException {
    try (DpdkPacketPool pool = DpdkPacketPool.create(eal, "shared", PACKETS, 1500, -1);
        DpdkPort first = DpdkPort.open(eal, nextPort().withSizes(64, 64, 64).withPool(pool));
        DpdkPort second = DpdkPort.open(eal, nextPort().withSizes(64, 64, 64).withPool(pool))) {
      final byte[] sent = send(first.link(0), 100);
      assertEquals(1, first.link(0).receive(frames, BURST, 0));
      assertEquals(1, second.link(0).transmit(frames, 1, 0)); // what one received the other sends
      assertEquals(1, second.link(0).receive(frames, BURST, 0));
      final byte[] received = new byte[frames[0].length()];
      frames[0].bytes().get(frames[0].offset(), received);
      assertArrayEquals(sent, received);
      frames[0].release();
      assertEquals(0, pool.inUse());
    }
  }
}
