package io.ustack.tcp;

import static io.ustack.testing.Frames.BROADCAST_MAC;
import static io.ustack.testing.TestNet.ARP_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.SECOND;
import static io.ustack.testing.TestNet.fromUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.Counter;
import io.ustack.house.Covers;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.link.LinkChange;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import io.ustack.udp.DatagramInfo;
import io.ustack.udp.UdpEndpoint;
import org.junit.jupiter.api.Test;

/** A cable that is out for a while, and a device that is taken away. */
class WireChangeTest {
  private static final long OTHER_MAC = 0x02_00_00_00_00_77L;

  private static void change(final TestNet net, final LinkChange change) {
    net.stack.onWire(change, net.clock.nanoTime());
    net.poll();
  }

  private static byte[] request(final int target) {
    return fromUs(BROADCAST_MAC, ARP_TYPE, Frames.arp(1, OUR_MAC, OUR, 0, target));
  }

  private static byte[] reply(final long mac) {
    return Frames.ethernet(OUR_MAC, mac, ARP_TYPE, Frames.arp(2, mac, PEER, OUR_MAC, OUR));
  }

  @Test
  @Covers(rfc = "RFC 5227", clause = "2.3")
  void theAddressIsAnnouncedWhenTheLinkIsBack() {
    try (TestNet net = new TestNet()) {
      change(net, LinkChange.DOWN);
      net.expectNothing();
      change(net, LinkChange.UP);
      net.expect(request(OUR));
      net.advance(2 * SECOND);
      net.expect(request(OUR));
      net.advance(60 * SECOND);
      net.expectNothing();
      assertEquals(1, net.count(Counter.LINK_DOWNS));
      assertEquals(1, net.count(Counter.LINK_UPS));
    }
  }

  @Test
  void aDeviceThatWasResetIsAnnouncedAndNobodyIsForgotten() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1"); // lost with the queues
      s.net.link.answerArp(PEER, 0); // nobody answers
      change(s.net, LinkChange.RESET);
      s.net.expect(request(OUR));
      s.net.advance(SECOND / 5);
      s.script("> P. 1:101(100) ack 1"); // at once, to the neighbour who is known
      assertEquals(1, s.net.count(Counter.LINK_RESETS));
      assertEquals(0, s.net.count(Counter.LINK_DOWNS));
    }
  }

  @Test
  void aConnectionGoesOnWithWhoeverHasTheAddressThen() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1");
      s.net.link.answerArp(PEER, 0); // nobody answers
      change(s.net, LinkChange.DOWN);
      // The first repetition, after 200 ms, finds its neighbour forgotten: three questions to all.
      s.net.advance(SECOND / 5 + 3 * SECOND);
      for (int i = 0; i < 3; i++) {
        s.net.expect(request(PEER));
      }
      change(s.net, LinkChange.UP);
      s.net.expect(request(OUR));
      s.in(TcpState.ESTABLISHED);
      // The next one, 3 s after that which nobody heard, has to ask again.
      s.net.advance(3 * SECOND);
      s.net.expect(request(OUR));
      s.net.expect(request(PEER));
      s.net.inject(reply(OTHER_MAC));
      assertEquals(OTHER_MAC & 0xFF, s.net.takeFrame()[5]);
      s.script("< . 1:1(0) ack 101 win 65535");
      s.in(TcpState.ESTABLISHED);
      assertEquals(Failure.NONE, s.connection.failure());
    }
  }

  @Test
  void whoIsAskedForIsAskedOn() {
    try (TestNet net = new TestNet()) {
      final UdpEndpoint endpoint = net.stack.udp().bind(0, 9, false, ReadinessObserver.NONE);
      assertNotNull(endpoint);
      endpoint.send(new byte[1], 0, 1, new DatagramInfo().to(PEER, 7));
      endpoint.onSendBufferWritten(net.clock.nanoTime());
      net.poll();
      net.expect(request(PEER));
      change(net, LinkChange.DOWN);
      net.advance(SECOND);
      net.expect(request(PEER));
      net.inject(reply(PEER_MAC));
      assertEquals(PEER_MAC & 0xFF, net.takeFrame()[5]);
    }
  }

  @Test
  void withItsDeviceAConnectionIsGone() {
    try (TestStack s = TestStack.established()) {
      s.write(1, 100);
      s.script("> P. 1:101(100) ack 1");
      change(s.net, LinkChange.GONE);
      s.in(TcpState.CLOSED);
      assertEquals(Failure.NETWORK_DOWN, s.connection.failure());
      assertEquals("READABLE|WRITABLE|READ_CLOSED|CLOSED|FAILED", TestStack.bits(s.events.take()));
      final Tcp tcp = s.net.stack.tcp();
      final long nowNs = s.net.clock.nanoTime();
      assertNull(tcp.connect(null, PEER, 80, tcp.config(), ReadinessObserver.NONE, nowNs));
      assertEquals(Failure.NETWORK_UNREACHABLE, tcp.lastFailure());
      s.silence(300);
    }
  }

  @Test
  void whatWaitedForThePeerWaitsNoMore() {
    for (final TestStack state : new TestStack[] {TestStack.timeWait(), TestStack.synReceived()}) {
      try (TestStack s = state) {
        change(s.net, LinkChange.GONE);
        assertEquals(0, s.net.stack.tcp().connections());
        s.silence(300);
      }
    }
  }

  @Test
  void connectionsToOurselvesStay() {
    try (TestStack s = TestStack.listening()) {
      final Tcp tcp = s.net.stack.tcp();
      final TcpConnection c =
          tcp.connect(
              null,
              Ipv4Address.LOOPBACK,
              TestStack.OUR_PORT,
              tcp.config(),
              ReadinessObserver.NONE,
              s.net.clock.nanoTime());
      assertNotNull(c);
      s.net.poll();
      change(s.net, LinkChange.GONE);
      assertEquals(TcpState.ESTABLISHED, c.state());
      c.abort(s.net.clock.nanoTime());
      s.net.poll();
    }
  }

  @Test
  void whoWaitsForDatagramsIsTold() {
    try (TestNet net = new TestNet()) {
      final int[] raised = {0};
      final UdpEndpoint endpoint = net.stack.udp().bind(0, 9, false, bits -> raised[0] |= bits);
      assertNotNull(endpoint);
      change(net, LinkChange.GONE);
      assertEquals(Readiness.FAILED, raised[0]);
      assertEquals(Failure.NETWORK_DOWN, endpoint.takeFailure());
      assertEquals(Failure.NONE, endpoint.takeFailure());
      assertEquals(
          Failure.NETWORK_UNREACHABLE, endpoint.sendable(1, new DatagramInfo().to(PEER, 7)));
      assertEquals(
          Failure.NONE, endpoint.sendable(1, new DatagramInfo().to(Ipv4Address.LOOPBACK, 7)));
    }
  }
}
