package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two ports in one process, joined by shared memory, each with a pool of its own; server direct,
 * client over rings.
 */
@Tag("live")
class MemifTest {
  private static final long DEADLINE_NS = 10_000_000_000L;
  private static final int BURST = 32;

  private final Random random = new Random(7);
  private final Packet[] frames = new Packet[BURST];

  @Test
  void carriesFramesBothWays() throws DpdkException {
    final String socket = "us-native-" + ProcessHandle.current().pid();
    final DpdkEal eal =
        DpdkEal.start(
            List.of(
                "--no-huge",
                "-m",
                "256",
                "-l",
                "0,1",
                "--vdev=net_memif0,role=server,socket=" + socket,
                "--vdev=net_memif1,role=client,socket=" + socket));
    final PortConfig server = PortConfig.of("net_memif0").withSizes(256, 256, 2047);
    final PortConfig client =
        PortConfig.of("net_memif1").withSizes(256, 256, 2047).withTransport(Transport.RING);
    try (DpdkPort first = DpdkPort.open(eal, server);
        DpdkPort second = DpdkPort.open(eal, client)) {
      awaitUp(first);
      awaitUp(second);
      for (int round = 0; round < 200; round++) {
        carry(first.link(0), second.link(0));
        carry(second.link(0), first.link(0));
      }
      assertEquals(0, first.link(0).pool().inUse());
      assertEquals(0, second.link(0).pool().inUse());
      assertEquals(0, first.link(0).lostFrames() + second.link(0).lostFrames());
      assertTrue(first.statistics().framesIn() >= 200);
    }
  }

  private static void awaitUp(final DpdkPort port) {
    final long startNs = System.nanoTime();
    while (!port.linkState().up()) {
      assertTrue(System.nanoTime() - startNs < DEADLINE_NS, "link stays down");
      Thread.onSpinWait();
    }
  }

  private void carry(final DpdkLink from, final DpdkLink to) {
    final byte[][] sent = new byte[1 + random.nextInt(BURST)][];
    for (int i = 0; i < sent.length; i++) {
      sent[i] = new byte[14 + random.nextInt(1505)];
      random.nextBytes(sent[i]);
      sent[i][12] = 0; // no IPv4
      frames[i] = from.pool().allocate();
      frames[i].bytes().put(frames[i].append(sent[i].length), sent[i]);
    }
    assertEquals(sent.length, from.transmit(frames, sent.length, 0));
    final long startNs = System.nanoTime();
    for (int got = 0; got < sent.length; ) {
      assertTrue(System.nanoTime() - startNs < DEADLINE_NS, got + " of " + sent.length);
      final int count = to.receive(frames, BURST, 0);
      for (int i = 0; i < count; i++, got++) {
        final byte[] received = new byte[frames[i].length()];
        frames[i].bytes().get(frames[i].offset(), received);
        assertArrayEquals(sent[got], received);
        frames[i].release();
      }
    }
  }
}
