package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Interfaces that are switched off, moved and deleted under ports that run. */
@Tag("live")
class PortFateTest {
  private static final String VETH = "usnfate";
  private static final String VETH_PEER = "usnfpeer";
  private static final String TAP = "usnftap";
  private static final String MOVED = "usnfmoved";
  private static final long PATIENCE_NS = 10_000_000_000L;

  private static Namespace linux;
  private static DpdkEal eal;

  @BeforeAll
  static void start() throws DpdkException {
    linux = new Namespace();
    linux.plug(VETH, VETH_PEER);
    eal =
        DpdkEal.start(
            List.of(
                "--no-huge",
                "-m",
                "128",
                "--vdev=net_tap0,iface=" + TAP,
                "--vdev=net_tap1,iface=" + MOVED,
                "--vdev=net_af_packet0,iface=" + VETH));
  }

  @AfterAll
  static void stop() {
    linux.close();
  }

  private static DpdkPort open(final String name) throws DpdkException {
    return DpdkPort.open(eal, PortConfig.of(name).withSizes(256, 256, 2047));
  }

  /** The kernel may take a second to notice what was done to a carrier. */
  private static void assertLink(final boolean up, final DpdkPort port) {
    final long deadlineNs = System.nanoTime() + PATIENCE_NS;
    while (port.linkState().up() != up) {
      assertTrue(System.nanoTime() - deadlineNs < 0, "link up: " + !up);
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Sends as long as the port takes something: so much, with its ring full, is in no danger. */
  private static void fill(final DpdkLink link) {
    final Packet[] frame = new Packet[1];
    for (int i = 0; i < 1000; i++) {
      frame[0] = link.pool().allocate();
      if (frame[0] == null) {
        return;
      }
      frame[0].append(60);
      if (link.transmit(frame, 1, 0) == 0) {
        frame[0].release();
        return;
      }
    }
  }

  /** Linux greets who comes up. */
  private static void drain(final DpdkLink link) {
    final Packet[] frames = new Packet[32];
    int count;
    do {
      count = link.receive(frames, frames.length, 0);
      for (int i = 0; i < count; i++) {
        frames[i].release();
      }
    } while (count > 0);
  }

  @Test
  void aVeth() throws DpdkException {
    try (DpdkPort port = open("net_af_packet0")) {
      assertLink(false, port); // the other end is down
      linux.inside("ip", "link", "set", VETH_PEER, "up");
      assertLink(true, port);
      fill(port.link(0));
      final int free = DpdkCalls.ustack_pool_available(port.link(0).pool().handle());
      linux.inside("ip", "link", "set", VETH_PEER, "down");
      assertLink(false, port);
      fill(port.link(0));
      linux.inside("ip", "link", "set", VETH_PEER, "up");
      Namespace.run("ip", "link", "set", VETH, "down");
      assertLink(false, port);
      fill(port.link(0));
      Namespace.run("ip", "link", "set", VETH, "up");
      assertLink(true, port);
      assertEquals(PortFate.RUNS, port.fate());
      Namespace.run("ip", "link", "del", VETH);
      assertEquals(PortFate.DELETED, port.fate());
      fill(port.link(0));
      drain(port.link(0));
      assertEquals(0, port.link(0).pool().inUse());
      // What a port does not take stays ours: nothing was freed twice.
      assertTrue(DpdkCalls.ustack_pool_available(port.link(0).pool().handle()) <= free);
    }
  }

  @Test
  void aTap() throws DpdkException {
    try (DpdkPort port = open("net_tap0")) {
      assertLink(true, port);
      Namespace.run("ip", "link", "set", TAP, "down");
      assertLink(false, port);
      Namespace.run("ip", "link", "set", TAP, "up");
      assertLink(true, port);
      assertEquals(PortFate.RUNS, port.fate());
      Namespace.run("ip", "link", "del", TAP);
      assertEquals(PortFate.DELETED, port.fate());
      fill(port.link(0));
      drain(port.link(0));
      assertEquals(0, port.link(0).pool().inUse());
    }
  }

  /** Its other end lives, and frames pass, though the driver's questions find nobody. */
  @Test
  void aTapThatWasMoved() throws DpdkException {
    try (DpdkPort port = open("net_tap1")) {
      linux.adopt(MOVED, "10.99.5.1/24", "10.99.5.2", port.macAddress());
      assertEquals(PortFate.RUNS, port.fate());
      linux.inside("ip", "link", "del", MOVED);
      assertEquals(PortFate.DELETED, port.fate());
    }
  }
}
