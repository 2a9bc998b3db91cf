package io.ustack.udp;

import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.SUBNET_BROADCAST;
import static io.ustack.testing.TestNet.fromUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.Failure;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import org.junit.jupiter.api.Test;

/** Datagrams to everybody, from us. */
class BroadcastTest {
  private static final int PORT = 5353;
  private static final byte[] PAYLOAD = {1, 2, 3};

  private final DatagramInfo info = new DatagramInfo();

  private static UdpEndpoint bind(final TestNet net, final int address, final int port) {
    final UdpEndpoint endpoint = net.stack.udp().bind(address, port, true, bits -> {});
    assertNotNull(endpoint);
    return endpoint;
  }

  private static void send(final TestNet net, final UdpEndpoint from, final int address) {
    final DatagramInfo to = new DatagramInfo().to(address, PORT);
    assertEquals(Failure.NONE, from.sendable(PAYLOAD.length, to));
    from.send(PAYLOAD, 0, PAYLOAD.length, to);
    from.onSendBufferWritten(net.clock.nanoTime());
    net.poll();
    net.poll();
  }

  private static byte[] onTheLink(final int address) {
    final byte[] datagram = Frames.udp(OUR, 9, address, PORT, PAYLOAD);
    return fromUs(Frames.BROADCAST_MAC, IPV4_TYPE, Frames.ipv4(17, OUR, address, datagram));
  }

  /** To the link, without asking for its address, and to ourselves, as Linux ip_mc_output. */
  @Test
  @Covers(
      rfc = "RFC 1122",
      clause = "3.3.6",
      what = "broadcasts leave in frames to everybody, limited and directed ones",
      by = Udp.class)
  void goesToTheLinkAndToUs() {
    for (final int address : new int[] {SUBNET_BROADCAST, Ipv4Address.BROADCAST}) {
      try (TestNet net = new TestNet()) {
        net.quiet();
        final UdpEndpoint sender = bind(net, 0, 9);
        final UdpEndpoint listener = bind(net, 0, PORT);
        final UdpEndpoint everybodys = bind(net, address, PORT);
        final UdpEndpoint ours = bind(net, OUR, PORT);
        send(net, sender, address);
        net.expect(onTheLink(address));
        assertNull(net.link.takeSent());
        for (final UdpEndpoint receiver : new UdpEndpoint[] {listener, everybodys}) {
          assertEquals(3, receiver.receive(new byte[9], 0, 9, info));
          assertEquals(OUR, info.address());
          assertEquals(address, info.localAddress());
        }
        assertEquals(UdpEndpoint.NOTHING, ours.receive(new byte[9], 0, 9, info));
      }
    }
  }

  /** RFC 1122 3.2.1.3 (g): 127/8 stays inside, its broadcast address too. */
  @Test
  void loopbacksBroadcastStaysInside() {
    try (TestNet net = new TestNet()) {
      net.quiet();
      final UdpEndpoint sender = bind(net, 0, 9);
      final UdpEndpoint first = bind(net, 0, PORT);
      final UdpEndpoint second = bind(net, 0, PORT);
      send(net, sender, Ipv4Address.LOOPBACK_BROADCAST);
      assertNull(net.link.takeSent());
      assertEquals(3, first.receive(new byte[9], 0, 9, info));
      assertEquals(Ipv4Address.LOOPBACK, info.address());
      assertEquals(3, second.receive(new byte[9], 0, 9, info));
      final byte[] datagram =
          Frames.udp(TestNet.PEER, 7, Ipv4Address.LOOPBACK_BROADCAST, PORT, PAYLOAD);
      final byte[] packet = Frames.ipv4(17, TestNet.PEER, Ipv4Address.LOOPBACK_BROADCAST, datagram);
      net.expectDrop(
          DropReason.IPV4_NOT_FOR_US,
          Frames.ethernet(TestNet.OUR_MAC, TestNet.PEER_MAC, IPV4_TYPE, packet));
    }
  }

  /** From a loopback address nothing leaves; TCP and ICMP have no path to everybody at all. */
  @Test
  void whoMayNot() {
    try (TestNet net = new TestNet()) {
      final UdpEndpoint inside = bind(net, Ipv4Address.LOOPBACK, 9);
      final DatagramInfo to = new DatagramInfo().to(SUBNET_BROADCAST, PORT);
      assertEquals(Failure.NETWORK_UNREACHABLE, inside.sendable(1, to));
      final UdpEndpoint foreign = bind(net, 0, PORT);
      to.from(TestNet.PEER);
      assertEquals(Failure.NETWORK_UNREACHABLE, foreign.sendable(1, to));
      send(net, foreign, SUBNET_BROADCAST);
      assertNull(net.stack.ipv4().path(0, SUBNET_BROADCAST));
      assertNull(net.stack.ipv4().path(0, Ipv4Address.BROADCAST));
      assertNull(net.stack.ipv4().path(0, Ipv4Address.LOOPBACK_BROADCAST));
      net.link.takeSent();
    }
  }
}
