package io.ustack.udp;

import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.SUBNET_BROADCAST;
import static io.ustack.testing.TestNet.fromUs;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UdpTest {
  private static final int UDP = 17;
  private static final int PORT = 5353;

  private final DatagramInfo info = new DatagramInfo();
  private int raised;
  private final ReadinessObserver observer = bits -> raised |= bits;

  private static byte[] fromPeer(final int port, final int destinationPort, final byte[] payload) {
    return ipv4ToUs(UDP, Frames.udp(PEER, port, OUR, destinationPort, payload));
  }

  private static byte[] toPeer(final int sourcePort, final int port, final byte[] payload) {
    final byte[] datagram = Frames.udp(OUR, sourcePort, PEER, port, payload);
    return fromUs(PEER_MAC, IPV4_TYPE, Frames.ipv4(UDP, OUR, PEER, datagram));
  }

  private static byte[] broadcast(final int destination, final byte[] payload) {
    return Frames.ethernet(
        Frames.BROADCAST_MAC,
        PEER_MAC,
        IPV4_TYPE,
        Frames.ipv4(UDP, PEER, destination, Frames.udp(PEER, 7, destination, PORT, payload)));
  }

  private static DatagramInfo to(final int address, final int port) {
    return new DatagramInfo().to(address, port);
  }

  private UdpEndpoint bind(final TestNet net, final int port) {
    final UdpEndpoint endpoint = net.stack.udp().bind(0, port, false, observer);
    assertNotNull(endpoint);
    return endpoint;
  }

  private static void send(
      final TestNet net, final UdpEndpoint from, final byte[] payload, final int port) {
    assertEquals(Failure.NONE, from.sendable(payload.length, to(PEER, port)));
    assertTrue(from.send(payload, 0, payload.length, to(PEER, port)));
    from.onSendBufferWritten(net.clock.nanoTime());
    net.poll();
  }

  private byte[] receive(final UdpEndpoint endpoint) {
    final byte[] buffer = new byte[2000];
    final int count = endpoint.receive(buffer, 0, buffer.length, info);
    assertTrue(count >= 0, "nothing received");
    assertEquals(count, info.lengthBytes());
    return Arrays.copyOf(buffer, count);
  }

  /** IP_TOS and IP_TTL: of what leaves from then on; the ECN bits are the application's. */
  @Test
  void applicationSaysTypeOfServiceAndTimeToLive() {
    try (TestNet net = new TestNet()) {
      net.quiet();
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      send(net, endpoint, new byte[1], 9);
      leftWith(net, 0, 64);
      final DatagramInfo to = to(PEER, 9).service(0xBB, 3);
      assertTrue(endpoint.send(new byte[1], 0, 1, to));
      // What is said later is said of later datagrams.
      to.service(7, 8);
      endpoint.onSendBufferWritten(net.clock.nanoTime());
      net.poll();
      leftWith(net, 0xBB, 3);
      assertThrows(IllegalArgumentException.class, () -> to.service(256, 3));
      assertThrows(IllegalArgumentException.class, () -> to.service(-1, 3));
      assertThrows(IllegalArgumentException.class, () -> to.service(0, 0));
      assertThrows(IllegalArgumentException.class, () -> to.service(0, 256));
    }
  }

  private static void leftWith(final TestNet net, final int typeOfService, final int timeToLive) {
    final byte[] frame = net.link.takeSent();
    assertNotNull(frame);
    assertEquals(typeOfService, frame[15] & 0xFF, "TOS");
    assertEquals(timeToLive, frame[22] & 0xFF, "TTL");
  }

  /** From nothing to all that fits an MTU of 1500. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 1471, 1472})
  void datagramsGoBothWays(final int length) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] payload = Frames.payload(length);
      final UdpEndpoint endpoint = bind(net, PORT);
      assertFalse(endpoint.isReadable());
      net.inject(fromPeer(0xFACE, PORT, payload));
      assertEquals(Readiness.READABLE, raised);
      assertTrue(endpoint.isReadable());
      assertArrayEquals(payload, receive(endpoint));
      assertEquals(PEER, info.address());
      assertEquals(0xFACE, info.port());
      assertFalse(endpoint.isReadable());
      send(net, endpoint, payload, 0xFACE);
      net.expect(toPeer(PORT, 0xFACE, payload));
      assertEquals(1, net.count(Counter.UDP_DATAGRAMS_IN));
      assertEquals(1, net.count(Counter.UDP_DATAGRAMS_OUT));
    }
  }

  @Test
  void keepsDatagramsApartAndInOrder() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      for (int length = 0; length < 100; length++) {
        net.inject(fromPeer(1000 + length, PORT, Frames.payload(length)));
      }
      for (int length = 0; length < 100; length++) {
        assertArrayEquals(Frames.payload(length), receive(endpoint));
        assertEquals(1000 + length, info.port());
      }
      assertEquals(UdpEndpoint.NOTHING, endpoint.receive(new byte[1], 0, 1, info));
    }
  }

  /** recvfrom(2): what does not fit the buffer is gone, and the length tells. */
  @Test
  void truncatesAndPeeks() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      net.inject(fromPeer(1, PORT, new byte[] {10, 11, 12, 13}));
      net.inject(fromPeer(2, PORT, new byte[] {20}));
      final ByteBuffer buffer = ByteBuffer.allocate(8);
      assertEquals(2, endpoint.peek(buffer, 1, 2, info));
      assertEquals(4, info.lengthBytes());
      assertArrayEquals(new byte[] {0, 10, 11, 0, 0, 0, 0, 0}, buffer.array());
      assertEquals(3, endpoint.receive(buffer, 0, 3, info));
      assertEquals(4, info.lengthBytes());
      assertEquals(1, endpoint.receive(buffer, 0, 8, info));
      assertEquals(2, info.port());
      assertEquals(20, buffer.get(0));
    }
  }

  @Test
  void dropsWhatIsBroken() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      final byte[] datagram = Frames.udp(PEER, 1, OUR, PORT, new byte[4]);
      final byte[] wrong = datagram.clone();
      wrong[9] = 1;
      net.expectDrop(DropReason.UDP_CHECKSUM, ipv4ToUs(UDP, wrong));
      net.expectDrop(DropReason.UDP_TRUNCATED, ipv4ToUs(UDP, Arrays.copyOf(datagram, 7)));
      net.expectDrop(DropReason.UDP_LENGTH, ipv4ToUs(UDP, Arrays.copyOf(datagram, 11)));
      assertFalse(endpoint.isReadable());
    }
  }

  /** RFC 768: no checksum is no wrong checksum. A length below the packet's cuts the rest. */
  @Test
  @Covers(rfc = "RFC 768")
  void acceptsNoChecksumAndASurplus() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      final byte[] datagram = Frames.udp(PEER, 1, OUR, PORT, new byte[] {5});
      final byte[] unsummed = datagram.clone();
      ByteBuffer.wrap(unsummed).putShort(6, (short) 0);
      net.inject(ipv4ToUs(UDP, unsummed));
      assertArrayEquals(new byte[] {5}, receive(endpoint));
      net.inject(ipv4ToUs(UDP, Arrays.copyOf(datagram, 20)));
      assertArrayEquals(new byte[] {5}, receive(endpoint));
    }
  }

  @Test
  void boundsTheReceiveQueue() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      endpoint.receiveCapacity(1);
      net.inject(fromPeer(1, PORT, new byte[1472 - 16]));
      net.inject(fromPeer(1, PORT, new byte[0]));
      net.expectDrop(DropReason.UDP_RECEIVE_QUEUE_FULL, fromPeer(1, PORT, new byte[0]));
      assertEquals(1456, receive(endpoint).length);
      net.inject(fromPeer(1, PORT, new byte[3]));
      assertEquals(0, receive(endpoint).length);
      assertEquals(3, receive(endpoint).length);
    }
  }

  @Test
  void deliversBroadcastsToEverybodyOnThePort() {
    try (TestNet net = new TestNet()) {
      final UdpEndpoint first = net.stack.udp().bind(0, PORT, true, observer);
      final UdpEndpoint second = net.stack.udp().bind(0, PORT, true, observer);
      final UdpEndpoint own = net.stack.udp().bind(OUR, PORT, true, observer);
      final UdpEndpoint group = net.stack.udp().bind(SUBNET_BROADCAST, PORT, true, observer);
      net.inject(broadcast(SUBNET_BROADCAST, new byte[] {1}));
      net.inject(broadcast(-1, new byte[] {2}));
      assertArrayEquals(new byte[] {1}, receive(first));
      assertArrayEquals(new byte[] {2}, receive(first));
      assertArrayEquals(new byte[] {1}, receive(second));
      assertArrayEquals(new byte[] {2}, receive(second));
      assertFalse(own.isReadable());
      assertArrayEquals(new byte[] {1}, receive(group));
      assertFalse(group.isReadable());
    }
  }

  @Test
  void portsAreTakenUnlessAllReuse() {
    try (TestNet net = new TestNet()) {
      final Udp udp = net.stack.udp();
      final UdpEndpoint any = bind(net, PORT);
      assertNull(udp.bind(0, PORT, false, observer));
      assertEquals(Failure.ADDRESS_IN_USE, udp.lastFailure());
      assertNull(udp.bind(OUR, PORT, true, observer));
      any.close();
      any.close();
      assertNotNull(udp.bind(OUR, PORT, false, observer));
      assertNotNull(udp.bind(Ipv4Address.LOOPBACK, PORT, false, observer));
      assertNull(udp.bind(0, PORT, false, observer));
      assertNull(udp.bind(PEER, PORT + 1, false, observer));
      assertEquals(Failure.ADDRESS_NOT_AVAILABLE, udp.lastFailure());
      final UdpEndpoint ephemeral = bind(net, 0);
      assertTrue(ephemeral.localPort() >= 32_768 && ephemeral.localPort() <= 60_999);
    }
  }

  /** The latest of those that share a port; before them the one with an address, or a peer. */
  @Test
  void theFittestReceives() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final Udp udp = net.stack.udp();
      final UdpEndpoint older = udp.bind(0, PORT, true, observer);
      final UdpEndpoint newer = udp.bind(0, PORT, true, observer);
      net.inject(fromPeer(1, PORT, new byte[] {1}));
      assertArrayEquals(new byte[] {1}, receive(newer));
      final UdpEndpoint own = udp.bind(OUR, PORT, true, observer);
      final UdpEndpoint newest = udp.bind(0, PORT, true, observer);
      net.inject(fromPeer(1, PORT, new byte[] {2}));
      assertArrayEquals(new byte[] {2}, receive(own));
      assertEquals(Failure.NONE, older.connect(PEER, 1));
      net.inject(fromPeer(1, PORT, new byte[] {3}));
      assertArrayEquals(new byte[] {3}, receive(older));
      net.inject(fromPeer(2, PORT, new byte[] {4}));
      assertArrayEquals(new byte[] {4}, receive(own));
      own.close();
      newest.close();
      net.inject(fromPeer(2, PORT, new byte[] {5}));
      assertArrayEquals(new byte[] {5}, receive(newer));
      newer.close();
      older.close();
      net.inject(fromPeer(2, PORT, new byte[] {6}));
      assertEquals(1, net.count(DropReason.UDP_NO_SOCKET));
      assertNotNull(net.link.takeSent());
    }
  }

  @Test
  void aConnectedEndpointHearsItsPeerOnly() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      assertEquals(Failure.NETWORK_UNREACHABLE, endpoint.connect(0xE000_0001, 9));
      assertFalse(endpoint.isConnected());
      assertEquals(Failure.NONE, endpoint.connect(PEER, 9));
      assertEquals(OUR, endpoint.localAddress());
      assertEquals(PEER, endpoint.remoteAddress());
      assertEquals(9, endpoint.remotePort());
      net.inject(fromPeer(9, PORT, new byte[] {1}));
      assertArrayEquals(new byte[] {1}, receive(endpoint));
      net.inject(fromPeer(8, PORT, new byte[] {1}));
      assertEquals(1, net.count(DropReason.UDP_NO_SOCKET));
      assertNotNull(net.link.takeSent());
      endpoint.disconnect();
      assertEquals(0, endpoint.localAddress());
      net.inject(fromPeer(8, PORT, new byte[] {2}));
      assertArrayEquals(new byte[] {2}, receive(endpoint));
    }
  }

  /** RFC 1122 4.1.3.3, and Linux: ECONNREFUSED for who is connected, nothing for the others. */
  @Test
  @Covers(
      rfc = "RFC 1122",
      clause = "4.1.3.3",
      what = "ICMP errors reach the application",
      by = UdpEndpoint.class)
  void aConnectedEndpointHearsThatItWasRefused() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      send(net, endpoint, new byte[] {1}, 9);
      final byte[] sent = net.takeFrame();
      final byte[] refusal =
          ipv4ToUs(1, Frames.icmp(3, 3, 0, Arrays.copyOfRange(sent, 14, sent.length)));
      net.inject(refusal);
      assertEquals(Failure.NONE, endpoint.takeFailure());
      assertEquals(0, raised);
      assertEquals(Failure.NONE, endpoint.connect(PEER, 9));
      final byte[] soft =
          ipv4ToUs(1, Frames.icmp(3, 1, 0, Arrays.copyOfRange(sent, 14, sent.length)));
      net.inject(soft);
      assertEquals(Failure.NONE, endpoint.takeFailure());
      net.inject(refusal);
      assertEquals(Readiness.FAILED, raised);
      assertEquals(Failure.CONNECTION_REFUSED, endpoint.takeFailure());
      assertEquals(Failure.NONE, endpoint.takeFailure());
    }
  }

  @Test
  void isRefusedByItself() {
    try (TestNet net = new TestNet()) {
      final UdpEndpoint endpoint = bind(net, PORT);
      assertEquals(Failure.NONE, endpoint.connect(Ipv4Address.LOOPBACK, PORT + 1));
      assertTrue(endpoint.send(new byte[1], 0, 1, to(Ipv4Address.LOOPBACK, PORT + 1)));
      endpoint.onSendBufferWritten(net.clock.nanoTime());
      net.poll();
      assertEquals(Failure.CONNECTION_REFUSED, endpoint.takeFailure());
    }
  }

  @Test
  void saysWhatCannotBeSent() {
    try (TestNet net = new TestNet(TestNet.config().withGateway(0)).quiet()) {
      final UdpEndpoint endpoint = bind(net, PORT);
      assertEquals(1472, net.stack.udp().largestPayloadBytes());
      assertEquals(Failure.NONE, endpoint.sendable(1472, to(PEER, 9)));
      assertEquals(Failure.MESSAGE_TOO_LONG, endpoint.sendable(1473, to(PEER, 9)));
      assertEquals(Failure.NETWORK_UNREACHABLE, endpoint.sendable(1, to(TestNet.FAR, 9)));
      assertEquals(Failure.NONE, endpoint.sendable(1, to(SUBNET_BROADCAST, 9)));
    }
  }

  /** A device without room holds datagrams back, then the queue fills, then it empties. */
  @Test
  void waitsForRoomAndTellsTheApplication() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      endpoint.sendCapacity(10 * 1488);
      net.link.accept(0);
      int sent = 0;
      while (endpoint.isWritable()) {
        assertTrue(endpoint.send(Frames.payload(1472), 0, 1472, to(PEER, sent++)));
        endpoint.onSendBufferWritten(net.clock.nanoTime());
        net.stack.poll(net.clock.nanoTime());
      }
      // The batch holds 64, the queue 10.
      assertEquals(74, sent);
      assertFalse(endpoint.send(new byte[1472], 0, 1472, to(PEER, 9)));
      assertEquals(0, raised);
      assertEquals(0, net.link.sentCount());
      net.link.accept(Integer.MAX_VALUE);
      net.poll();
      assertEquals(Readiness.WRITABLE, raised);
      for (int port = 0; port < sent; port++) {
        net.expect(toPeer(PORT, port, Frames.payload(1472)));
      }
      assertEquals(0, net.stack.counters().drops());
    }
  }

  @Test
  void sendsWhatWasQueuedBeforeClosing() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final UdpEndpoint endpoint = bind(net, PORT);
      for (int port = 1; port <= 3; port++) {
        assertTrue(endpoint.send(ByteBuffer.wrap(new byte[] {1, 2}), 1, 1, to(PEER, port)));
      }
      endpoint.onSendBufferWritten(net.clock.nanoTime());
      endpoint.close();
      net.poll();
      for (int port = 1; port <= 3; port++) {
        net.expect(toPeer(PORT, port, new byte[] {2}));
      }
    }
  }

  @Test
  void answersFromTheAddressItIsBoundTo() {
    try (TestNet net = new TestNet()) {
      final UdpEndpoint server =
          net.stack.udp().bind(Ipv4Address.LOOPBACK + 4, PORT, false, observer);
      final UdpEndpoint client = bind(net, PORT + 1);
      assertTrue(server.send(new byte[] {9}, 0, 1, to(OUR, PORT + 1)));
      server.onSendBufferWritten(net.clock.nanoTime());
      net.poll();
      assertArrayEquals(new byte[] {9}, receive(client));
      assertEquals(Ipv4Address.LOOPBACK + 4, info.address());
      // An address of 127/8 can't speak to the outside.
      assertEquals(Failure.NETWORK_UNREACHABLE, server.sendable(1, to(PEER, 9)));
    }
  }
}
