package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ports joined by shared memory: two in this process, and one whose peers are killed. */
@Tag("live")
class MemifTest {
  private static final long DEADLINE_NS = 30_000_000_000L;
  private static final int BURST = 32;
  private static final int KILLS = 8;
  private static final String SOCKET = "us-native-" + ProcessHandle.current().pid();

  private static DpdkEal eal;

  private final Random random = new Random(7);
  private final Packet[] frames = new Packet[BURST];

  @BeforeAll
  static void start() throws DpdkException {
    eal =
        DpdkEal.start(
            List.of(
                "--no-huge",
                "-m",
                "256",
                "-l",
                "0,1",
                "--vdev=net_memif0,role=server,socket=" + SOCKET,
                "--vdev=net_memif1,role=client,socket=" + SOCKET,
                "--vdev=net_memif2,role=server,socket=" + SOCKET + "-killed"));
  }

  private static DpdkPort open(final DpdkEal on, final String name, final Transport transport)
      throws DpdkException {
    return DpdkPort.open(
        on, PortConfig.of(name).withSizes(256, 256, 2047).withTransport(transport));
  }

  private static void awaitUp(final DpdkPort port) {
    final long startNs = System.nanoTime();
    while (!port.linkState().up()) {
      assertTrue(System.nanoTime() - startNs < DEADLINE_NS, "link stays down");
      Thread.onSpinWait();
    }
  }

  @Test
  void carriesFramesBothWays() throws DpdkException {
    try (DpdkPort first = open(eal, "net_memif0", Transport.DIRECT);
        DpdkPort second = open(eal, "net_memif1", Transport.RING)) {
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

  private void carry(final DpdkLink from, final DpdkLink to) {
    final byte[][] sent = new byte[1 + random.nextInt(BURST)][];
    for (int i = 0; i < sent.length; i++) {
      sent[i] = new byte[14 + random.nextInt(1505)];
      random.nextBytes(sent[i]);
      sent[i][12] = 0; // no IPv4
      frames[i] = from.pool().allocate();
      frames[i].bytes().put(frames[i].append(sent[i].length), sent[i]);
    }
    send(from, sent.length);
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

  /** Until all are taken: a memif server has room only after the client has first received. */
  private void send(final DpdkLink from, final int count) {
    final long startNs = System.nanoTime();
    for (int sent = 0; sent < count; ) {
      assertTrue(System.nanoTime() - startNs < DEADLINE_NS, sent + " of " + count);
      final int taken = from.transmit(frames, count - sent, 0);
      sent += taken;
      System.arraycopy(frames, taken, frames, 0, count - sent);
    }
  }

  /** The peer: floods until it is killed, or its parent is. */
  public static void main(final String[] arguments) throws Exception {
    final ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
    final DpdkEal own =
        DpdkEal.start(
            List.of(
                "--no-huge", "-m", "64", "--vdev=net_memif0,role=client,socket=" + arguments[0]));
    final DpdkLink link = open(own, "net_memif0", Transport.DIRECT).link(0);
    final Packet[] frames = new Packet[BURST];
    while (parent.isAlive()) {
      for (int i = 0; i < BURST; i++) {
        frames[i] = link.pool().allocate();
        frames[i].append(1400);
      }
      release(frames, link.transmit(frames, BURST, 0), BURST);
      release(frames, 0, link.receive(frames, BURST, 0));
    }
  }

  private static void release(final Packet[] frames, final int from, final int to) {
    for (int i = from; i < to; i++) {
      frames[i].release();
    }
  }

  /** Sends back what came; returns how many frames that were. */
  private int echo(final DpdkLink link) {
    final int count = link.receive(frames, BURST, 0);
    release(frames, link.transmit(frames, count, 0), count);
    return count;
  }

  @Test
  void outlivesPeersThatAreKilled() throws DpdkException, IOException, InterruptedException {
    try (DpdkPort port = open(eal, "net_memif2", Transport.DIRECT)) {
      for (int round = 0; round < KILLS; round++) {
        final Process peer =
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx64m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    MemifTest.class.getName(),
                    SOCKET + "-killed")
                .inheritIO()
                .start();
        for (int got = 0; got < 1000; got += echo(port.link(0))) {
          assertTrue(peer.isAlive(), "the peer has ended by itself");
        }
        peer.destroyForcibly();
        do {
          for (int i = 0; i < 1000; i++) { // to be in a burst when the driver sees it
            echo(port.link(0));
          }
        } while (port.linkState().up());
        peer.waitFor();
      }
      assertEquals(0, port.link(0).pool().inUse());
    }
    assertFalse(Files.readString(Path.of("/proc/net/unix")).contains(SOCKET + "-killed"));
  }
}
