package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What the two transports do while Java pauses, be it for a collection or for a slow handler: a
 * port keeps as many frames as its own ring holds, and the ring transport those that its ring
 * holds.
 */
@Tag("live")
class TransportTest {
  /** Of the packet socket's ring. */
  private static final int PORT_FRAMES = 64;

  private static final int DATAGRAMS = 1000;
  private static final int RING_ENTRIES = 2048;

  /** Slow enough for whoever empties the port's ring, if there is somebody. */
  private static final String BURST =
      """
      import socket, sys, time
      wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      for number in range(int(sys.argv[2])):
          wire.sendto(b"%d" % number, (sys.argv[1], 7))
          time.sleep(0.0002)
      """;

  private static Namespace linux;
  private static DpdkEal eal;

  @BeforeAll
  static void start() throws DpdkException {
    linux = new Namespace();
    for (int i = 0; i < 2; i++) {
      linux.plug("ustr" + i, "ustp" + i);
    }
    final String ring = ",framecnt=" + PORT_FRAMES + ",framesz=2048,blocksz=4096";
    eal =
        DpdkEal.start(
            List.of(
                "--no-huge",
                "-m",
                "256",
                "-l",
                "0,1",
                "--vdev=net_af_packet0,iface=ustr0" + ring,
                "--vdev=net_af_packet1,iface=ustr1" + ring));
  }

  @AfterAll
  static void stop() {
    linux.close();
  }

  /** Linux sends while nobody looks; answers how many frames are there afterwards. */
  private static int afterAPause(final DpdkLink link, final int number) {
    final String net = "10.99.2" + number + ".";
    linux.address("ustp" + number, net + "1/24", net + "2", link.port().macAddress());
    linux.inside("python3", "-c", BURST, net + "2", String.valueOf(DATAGRAMS));
    final Packet[] frames = new Packet[32];
    int datagrams = 0;
    int count = link.receive(frames, frames.length, 0);
    while (count > 0) {
      for (int i = 0; i < count; i++) {
        datagrams += isDatagram(frames[i]) ? 1 : 0;
        frames[i].release();
      }
      count = link.receive(frames, frames.length, 0);
    }
    return datagrams;
  }

  /** Not what else Linux says on a wire that has just come up. */
  private static boolean isDatagram(final Packet frame) {
    return frame.bytes().getShort(frame.offset() + 12) == 0x0800
        && frame.bytes().get(frame.offset() + 23) == 17
        && frame.bytes().getShort(frame.offset() + 36) == 7;
  }

  @Test
  void directKeepsWhatThePortHolds() throws DpdkException {
    try (DpdkPort port = DpdkPort.open(eal, PortConfig.of("net_af_packet0"))) {
      final int kept = afterAPause(port.link(0), 0);
      assertTrue(kept > 0 && kept <= PORT_FRAMES, () -> kept + " kept");
    }
  }

  @Test
  void ringKeepsWhatItsRingHolds() throws DpdkException {
    final PortConfig config =
        PortConfig.of("net_af_packet1").withTransport(Transport.RING).withRingEntries(RING_ENTRIES);
    try (DpdkPort port = DpdkPort.open(eal, config)) {
      final DpdkLink link = port.link(0);
      final int kept = afterAPause(link, 1);
      assertTrue(kept > DATAGRAMS / 2, () -> kept + " kept");
      assertTrue(link.counter(QueueCounter.RX_RING_MOST) >= kept);
      assertEquals(0, link.counter(QueueCounter.RX_RING_FULL));
      assertEquals(0, link.pool().inUse());
    }
  }
}
