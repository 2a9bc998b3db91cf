package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import java.io.File;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Taps and a veth with Linux behind them. Linux asks by UDP, this side turns the datagram round
 * with both checksums left to the link; Linux takes the answer only when they are right.
 */
@Tag("live")
class KernelWireTest {
  private static final String VETH = "usnveth";
  private static final String VETH_PEER = "usnpeer";
  private static final String JUMBO = "usnjumbo";
  private static final String JUMBO_PEER = "usnjpeer";
  private static final String SHARED = "usnshared";
  private static final String SHARED_PEER = "usnspeer";
  private static final long DEADLINE_NS = 10_000_000_000L;

  private static final String QUESTION =
      """
      import socket, sys
      wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      wire.settimeout(3)
      wire.sendto(b"42".zfill(int(sys.argv[2])), (sys.argv[1], 7))
      try:
          print(wire.recv(65536).decode(), end="")
      except TimeoutError:
          pass
      """;

  private static Namespace linux;
  private static DpdkEal eal;

  private int turnedRound;
  private int badChecksums;

  @BeforeAll
  static void start() throws DpdkException {
    linux = new Namespace();
    linux.plug(VETH, VETH_PEER);
    linux.plug(JUMBO, JUMBO_PEER);
    linux.plug(SHARED, SHARED_PEER);
    Namespace.run("ip", "link", "set", JUMBO, "mtu", "9000");
    eal =
        DpdkEal.start(
            List.of(
                "--no-huge",
                "-m",
                "256",
                "--vdev=net_tap0,iface=usntap0",
                "--vdev=net_tap1,iface=usntap1",
                "--vdev=net_tap2,iface=usntap2",
                "--vdev=net_tap3,iface=usntap3",
                "--vdev=net_tap4,iface=usntap4",
                "--vdev=net_tap5,iface=usntap5",
                "--vdev=net_null0",
                "--vdev=net_pcap0,iface=" + JUMBO,
                "--vdev=net_af_packet0,iface=" + VETH,
                "--vdev=net_af_packet1,iface=" + SHARED,
                "--vdev=net_af_packet2,iface=" + SHARED));
  }

  @AfterAll
  static void stop() {
    linux.close();
  }

  private static PortConfig config(final String name) {
    return PortConfig.of(name).withSizes(256, 256, 2047);
  }

  /** Has Linux ask with text of so many bytes, and answers what it got back. */
  private String ask(final DpdkLink link, final String address, final int lengthBytes) {
    final Process question =
        linux.start("python3", "-c", QUESTION, address, Integer.toString(lengthBytes));
    final long startNs = System.nanoTime();
    while (question.isAlive() && System.nanoTime() - startNs < DEADLINE_NS) {
      turnRound(link);
    }
    return Namespace.finish(question);
  }

  private void turnRound(final DpdkLink link) {
    final Packet[] frames = new Packet[32];
    final int count = link.receive(frames, frames.length, 0);
    for (int i = 0; i < count; i++) {
      final Packet frame = frames[i];
      badChecksums += frame.flags() == 0 ? 0 : 1;
      if (isUdp(frame)) {
        turnRound(frame);
        turnedRound++;
        frame.flags(Packet.TX_IPV4_CHECKSUM | Packet.TX_UDP_CHECKSUM);
        assertEquals(1, link.transmit(new Packet[] {frame}, 1, 0));
      } else {
        frame.release();
      }
    }
  }

  /** For the echo port: net_pcap sees what it sends, too. */
  private static boolean isUdp(final Packet frame) {
    return frame.length() >= 42
        && frame.bytes().getShort(frame.offset() + 36) == 7
        && frame.bytes().getShort(frame.offset() + 12) == 0x0800
        && frame.bytes().get(frame.offset() + 23) == 17;
  }

  private static void turnRound(final Packet frame) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset();
    final byte[] mac = new byte[12];
    bytes.get(at, mac);
    bytes.put(at, mac, 6, 6);
    bytes.put(at + 6, mac, 0, 6);
    final int source = bytes.getInt(at + 26);
    bytes.putInt(at + 26, bytes.getInt(at + 30));
    bytes.putInt(at + 30, source);
    final int ports = bytes.getInt(at + 34);
    bytes.putInt(at + 34, Integer.rotateLeft(ports, 16));
    bytes.putShort(at + 24, (short) 0);
    bytes.putShort(at + 40, (short) 0);
  }

  private void answersLinux(final DpdkLink link, final String address) {
    // Even, odd, and the longest that the MTU allows.
    answersLinux(link, address, 2, 33, 1000, 1471, 1472);
  }

  private void answersLinux(final DpdkLink link, final String address, final int... lengthsBytes) {
    for (final int lengthBytes : lengthsBytes) {
      assertEquals(String.format("%0" + lengthBytes + "d", 42), ask(link, address, lengthBytes));
    }
    assertEquals(lengthsBytes.length, turnedRound);
    assertEquals(0, badChecksums);
    assertEquals(0, link.lostFrames());
    assertEquals(0, link.pool().inUse());
  }

  @Test
  void aTapWithTheShimsChecksums() throws DpdkException {
    try (DpdkPort port = DpdkPort.open(eal, config("net_tap0"))) {
      linux.adopt("usntap0", "10.99.1.1/24", "10.99.1.2", port.macAddress());
      final String kernel = linux.inside("cat", "/sys/class/net/usntap0/address").strip();
      assertNotEquals(kernel.replace(":", ""), String.format("%012x", port.macAddress()));
      answersLinux(port.link(0), "10.99.1.2");
    }
  }

  /** Each combination of who verifies and who computes, the driver or the shim. */
  @ParameterizedTest
  @CsvSource({"1, 'rx=on,tx=on'", "2, 'rx=on,tx=off'", "3, 'rx=off,tx=on'"})
  void aTapWithTheDriversChecksums(final int number, final String offloads) throws DpdkException {
    final PortConfig config = config("net_tap" + number);
    try (DpdkPort port = DpdkPort.open(eal, config.withOffloads(Offloads.parse(offloads)))) {
      for (final Offload offload : new Offload[] {Offload.RX_CHECKSUM, Offload.TX_CHECKSUM}) {
        final int wanted = offloads.contains(offload.word() + "=on") ? offload.bits() : 0;
        assertEquals(offload.bits(), port.offered() & offload.bits());
        assertEquals(wanted, port.active() & offload.bits());
      }
      final String net = "10.99.1" + number + ".";
      linux.adopt("usntap" + number, net + "1/24", net + "2", port.macAddress());
      answersLinux(port.link(0), net + "2");
    }
  }

  /** Buffers shorter than most frames: what does not fit arrives in pieces, and in one here. */
  @Test
  void aTapWithShortBuffers() throws DpdkException {
    final PortConfig config =
        config("net_tap5").withScatterBytes(512).withOffloads(Offloads.parse("scatter=on"));
    try (DpdkPort port = DpdkPort.open(eal, config)) {
      assertEquals(Offload.SCATTER.bits(), port.active() & Offload.SCATTER.bits());
      linux.adopt("usntap5", "10.99.6.1/24", "10.99.6.2", port.macAddress());
      final DpdkLink link = port.link(0);
      answersLinux(link, "10.99.6.2");
      assertEquals(3, link.counter(QueueCounter.RX_LINEARISED));
      assertTrue(link.pool().available() > 0);
      // What was received in a short one is for the port again, not for who wants to send.
      final Packet next = link.pool().allocate();
      assertTrue(next.limit() - next.offset() >= 1518);
      next.release();
    }
  }

  @Test
  void whoCanNotScatterNeedsLongBuffers() {
    final Offloads scatter = Offloads.parse("scatter=on");
    final PortConfig config = config("net_null0").withOffloads(scatter);
    assertEquals(
        "port net_null0 (net_null) does not offer scatter=on: leave it out, or ask for off",
        assertThrows(DpdkException.class, () -> DpdkPort.open(eal, config)).getMessage());
  }

  @Test
  void segmentsAreMergedByTheShim() {
    final PortConfig config = config("net_null0").withOffloads(Offloads.parse("lro=on"));
    assertEquals(
        "port net_null0: lro=on is not supported: gro does it in the shim, leave lro out",
        assertThrows(DpdkException.class, () -> DpdkPort.open(eal, config)).getMessage());
  }

  /** A tap that leads to a kernel which has the address of another port. */
  @Test
  void theFarEndOfATapGetsAMacAddress() throws DpdkException {
    try (DpdkPort port = DpdkPort.open(eal, config("net_tap4"))) {
      port.farMacAddress(0x02_00_00_00_12_34L);
      port.receiveMulticast();
      final String said = Namespace.run("ip", "-details", "link", "show", "usntap4");
      assertTrue(said.contains("link/ether 02:00:00:00:12:34 "), said);
      assertTrue(said.contains(" allmulti 1 "), said);
      final DpdkException refused =
          assertThrows(DpdkException.class, () -> port.farMacAddress(0x01_00_00_00_00_01L));
      assertTrue(
          String.valueOf(refused.getMessage()).contains("can't give its interface a MAC address"),
          refused::getMessage);
    }
  }

  @Test
  void whatAPortCanNotDoIsRefused() {
    final Offloads wanted = Offloads.AUTO.with(Offload.RX_CHECKSUM, true);
    final PortConfig config = config("net_null0").withOffloads(wanted);
    assertEquals(
        "port net_null0 (net_null) does not offer rx=on: leave it out, or ask for off",
        assertThrows(DpdkException.class, () -> DpdkPort.open(eal, config)).getMessage());
  }

  /** net_pcap: the drivers of taps, packet sockets and memif refuse an MTU above 1500. */
  @Test
  void jumboFrames() throws DpdkException {
    try (DpdkPort port = DpdkPort.open(eal, config("net_pcap0").withMtuBytes(9000))) {
      assertEquals(9000, port.link(0).capabilities().mtuBytes());
      linux.address(JUMBO_PEER, "10.99.4.1/24", "10.99.4.2", port.macAddress());
      linux.inside("ip", "link", "set", JUMBO_PEER, "mtu", "9000");
      linux.inside("ethtool", "-K", JUMBO_PEER, "tx", "off");
      answersLinux(port.link(0), "10.99.4.2", 2, 1472, 1473, 5001, 8971, 8972);
    }
  }

  @Test
  void aVethWithPacketSockets() throws DpdkException {
    try (DpdkPort port = DpdkPort.open(eal, config("net_af_packet0"))) {
      port.receiveMulticast(); // which it does anyway
      linux.address(VETH_PEER, "10.99.3.1/24", "10.99.3.2", port.macAddress());
      // Linux leaves checksums to the device, and a veth does not make them: they arrive wrong, and
      // are found wrong.
      ask(port.link(0), "10.99.3.2", 100);
      assertTrue(badChecksums > 0);
      linux.inside("ethtool", "-K", VETH_PEER, "tx", "off");
      badChecksums = 0;
      turnedRound = 0;
      answersLinux(port.link(0), "10.99.3.2");
    }
  }

  /** Two stacks with one address would end each other's connections. */
  @Test
  void anAddressOnAnInterfaceIsOnePorts() throws DpdkException {
    eal.claimAddress("net_af_packet1", "10.99.9.2");
    try (DpdkPort first = DpdkPort.open(eal, config("net_af_packet1"))) {
      assertEquals(
          "port net_af_packet2: another ustack has 10.99.9.2 on its interface: end that, or give"
              + " this one another address",
          assertThrows(DpdkException.class, () -> eal.claimAddress("net_af_packet2", "10.99.9.2"))
              .getMessage());
      assertEquals(1, claims());
      eal.claimAddress("net_af_packet2", "10.99.9.2 in VLAN 7");
      try (DpdkPort second = DpdkPort.open(eal, config("net_af_packet2"))) {
        assertEquals(first.macAddress(), second.macAddress());
        assertEquals(2, claims());
      }
      eal.claimAddress("net_null0", "10.99.9.2");
      assertEquals(1, claims());
    }
    assertEquals(0, claims());
  }

  private static long claims() {
    final String[] files = new File("/run/ustack").list((in, name) -> name.startsWith(SHARED));
    return files == null ? 0 : files.length;
  }
}
