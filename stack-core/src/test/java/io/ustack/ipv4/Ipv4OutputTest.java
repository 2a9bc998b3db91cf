package io.ustack.ipv4;

import static io.ustack.testing.TestNet.FAR;
import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.fromUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpV4Packet;

class Ipv4OutputTest {
  private static final int EXPERIMENT = 253;

  private static boolean send(final TestNet net, final Path path, final int length) {
    final Packet packet = path.allocate();
    assertNotNull(packet);
    packet.bytes().put(packet.append(length), new byte[length]);
    final boolean taken = path.send(packet, EXPERIMENT, net.clock.nanoTime());
    net.poll();
    return taken;
  }

  @Test
  void writesAHeaderThatASecondDecoderReads() throws IllegalRawDataException {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final Path path = net.stack.ipv4().path(0, PEER);
      assertTrue(send(net, path, 33));
      final byte[] frame = net.takeFrame();
      final EthernetPacket ethernet = EthernetPacket.newPacket(frame, 0, frame.length);
      assertEquals("02:00:00:00:00:01", ethernet.getHeader().getDstAddr().toString());
      assertEquals("02:00:00:00:00:02", ethernet.getHeader().getSrcAddr().toString());
      final IpV4Packet.IpV4Header header = ethernet.get(IpV4Packet.class).getHeader();
      assertEquals(53, header.getTotalLengthAsInt());
      assertEquals(64, header.getTtlAsInt());
      assertEquals((byte) EXPERIMENT, header.getProtocol().value());
      assertTrue(header.getDontFragmentFlag());
      assertFalse(header.getMoreFragmentFlag());
      assertEquals("/10.99.0.2", header.getSrcAddr().toString());
      assertEquals("/10.99.0.1", header.getDstAddr().toString());
      assertTrue(header.hasValidChecksum(false));
      assertEquals(1, net.count(Counter.IPV4_PACKETS_OUT));
    }
  }

  @Test
  void sendsAllThatFitsAndNoMore() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final Path path = net.stack.ipv4().path(0, PEER);
      assertEquals(1500, path.mtuBytes());
      assertEquals(1480, path.maxTransportBytes());
      assertTrue(send(net, path, 1480));
      net.expect(fromUs(PEER_MAC, IPV4_TYPE, Frames.ipv4(EXPERIMENT, OUR, PEER, new byte[1480])));
      final Packet packet = path.allocate();
      packet.append(1481);
      assertFalse(path.send(packet, EXPERIMENT, net.clock.nanoTime()));
      assertEquals(1, net.count(DropReason.IPV4_TOO_LONG));
    }
  }

  /** Local 0 chooses; "-" means that there is no path. */
  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 10.99.0.1, 10.99.0.2, 10.99.0.1",
    "10.99.0.2, 198.51.100.7, 10.99.0.2, 198.51.100.7",
    "0.0.0.0, 127.0.0.1, 127.0.0.1, 127.0.0.1",
    "0.0.0.0, 127.3.2.1, 127.0.0.1, 127.3.2.1",
    "0.0.0.0, 127.255.255.255, -, -",
    "10.99.0.2, 127.0.0.1, 10.99.0.2, 127.0.0.1",
    "0.0.0.0, 10.99.0.2, 10.99.0.2, 10.99.0.2",
    "127.0.0.1, 10.99.0.2, 127.0.0.1, 10.99.0.2",
    "0.0.0.0, 0.0.0.0, 127.0.0.1, 127.0.0.1",
    "10.99.0.2, 0.0.0.0, 10.99.0.2, 10.99.0.2",
    "127.0.0.1, 10.99.0.1, -, -",
    "10.99.0.3, 10.99.0.1, -, -",
    "0.0.0.0, 10.99.0.255, -, -",
    "0.0.0.0, 255.255.255.255, -, -",
    "0.0.0.0, 224.0.0.1, -, -",
    "0.0.0.0, 240.0.0.1, -, -",
    "0.0.0.0, 0.0.0.1, -, -",
  })
  void choosesPaths(
      final String local, final String remote, final String source, final String destination) {
    try (TestNet net = new TestNet()) {
      final Ipv4Output output = net.stack.ipv4();
      final int localAddress = Ipv4Address.parse(local);
      final int remoteAddress = Ipv4Address.parse(remote);
      final Path path = output.path(localAddress, remoteAddress);
      assertEquals(!source.equals("-"), output.hasRoute(localAddress, remoteAddress));
      if (source.equals("-")) {
        assertNull(path);
        return;
      }
      assertEquals(source, Ipv4Address.format(path.localAddress()));
      assertEquals(destination, Ipv4Address.format(path.remoteAddress()));
      assertSame(path, output.path(path.localAddress(), path.remoteAddress()));
    }
  }

  @Test
  void hasNoWayOffTheLinkWithoutGateway() {
    try (TestNet net = new TestNet(TestNet.config().withGateway(0)).quiet()) {
      assertNull(net.stack.ipv4().path(0, FAR));
      assertFalse(net.stack.ipv4().hasRoute(0, FAR));
      assertNotNull(net.stack.ipv4().path(0, PEER));
    }
  }

  /** More remotes than paths are remembered: each still goes where it should. */
  @Test
  void remembersPathsWithoutMixingThem() {
    try (TestNet net = new TestNet()) {
      for (int round = 0; round < 2; round++) {
        for (int i = 1; i < 20_000; i++) {
          final int remote = FAR + i * 257;
          final Path path = net.stack.ipv4().path(0, remote);
          assertEquals(remote, path.remoteAddress());
          final int local = 0x7F00_0000 + i;
          assertEquals(local, net.stack.ipv4().path(local, 0x7F00_0001).localAddress());
        }
      }
    }
  }

  @Test
  void whatIsForOurselvesComesBackInside() {
    try (TestNet net = new TestNet()) {
      final long before = net.count(Counter.LOOPBACK_FRAMES);
      assertTrue(send(net, net.stack.ipv4().path(0, Ipv4Address.LOOPBACK), 8));
      // The packet that nobody takes, and the error that says so.
      assertEquals(1, net.count(DropReason.IPV4_PROTOCOL_UNKNOWN));
      assertEquals(before + 2, net.count(Counter.LOOPBACK_FRAMES));
      assertEquals(1, net.count(Counter.ICMP_UNREACHABLE_IN));
    }
  }
}
