package io.ustack.udp;

import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.fromUs;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Datagrams that stay in their packets, and packets that the application sends. */
class UdpLendingTest {
  private static final int UDP = 17;
  private static final int PORT = 5353;
  private static final byte[] FIRST = {1, 2, 3, 4};
  private static final byte[] SECOND = new byte[1400];

  static {
    Arrays.fill(SECOND, (byte) 7);
  }

  private final TestNet net = new TestNet();
  private final LentPackets lent = net.stack.lentPackets();
  private final DatagramInfo info = new DatagramInfo();

  private static byte[] fromPeer(final byte[] payload) {
    return ipv4ToUs(UDP, Frames.udp(PEER, 7, OUR, PORT, payload));
  }

  private static byte[] toPeer(final byte[] payload) {
    final byte[] datagram = Frames.udp(OUR, PORT, PEER, 7, payload);
    return fromUs(PEER_MAC, IPV4_TYPE, Frames.ipv4(UDP, OUR, PEER, datagram));
  }

  private UdpEndpoint lending() {
    net.quiet();
    net.meetPeer();
    final UdpEndpoint endpoint = net.stack.udp().bind(0, PORT, false, ReadinessObserver.NONE);
    assertNotNull(endpoint);
    endpoint.keepIncoming(lent);
    endpoint.keepOutgoing(lent);
    return endpoint;
  }

  private void end() {
    net.poll();
    assertEquals(0, lent.count());
    net.close();
  }

  @Test
  void aDatagramIsTakenInItsPacket() {
    final UdpEndpoint endpoint = lending();
    net.inject(fromPeer(FIRST));
    net.inject(fromPeer(SECOND));
    assertEquals(2, lent.count());
    final Packet packet = endpoint.take(info);
    assertNotNull(packet);
    assertEquals(4, info.lengthBytes());
    assertEquals(PEER, info.address());
    assertEquals(7, info.port());
    final byte[] bytes = new byte[packet.length()];
    packet.bytes().get(packet.offset(), bytes);
    assertArrayEquals(FIRST, bytes);
    lent.giveBack(packet);

    final byte[] copy = new byte[2000];
    assertEquals(1400, endpoint.peek(copy, 0, 2000, info));
    assertEquals(1400, endpoint.receive(copy, 0, 2000, info), "the other one is read");
    assertArrayEquals(SECOND, Arrays.copyOf(copy, 1400));
    assertNull(endpoint.take(info));
    end();
  }

  /** Of a datagram that is read in part, the rest goes, and its packet. */
  @Test
  void aTruncatedDatagramGivesItsPacketBack() {
    final UdpEndpoint endpoint = lending();
    net.inject(fromPeer(FIRST));
    net.inject(fromPeer(SECOND));
    assertEquals(2, endpoint.receive(new byte[2], 0, 2, info));
    net.poll();
    assertEquals(1, lent.count());
    assertEquals(1400, endpoint.receive(new byte[1400], 0, 1400, info));
    end();
  }

  @Test
  void anEmptyDatagramIsInNoPacket() {
    final UdpEndpoint endpoint = lending();
    net.inject(fromPeer(new byte[0]));
    assertEquals(0, lent.count());
    assertNull(endpoint.take(info));
    assertEquals(0, endpoint.receive(new byte[1], 0, 1, info));
    end();
  }

  @Test
  void aFullQueueDropsAndKeepsNothing() {
    final UdpEndpoint endpoint = lending();
    endpoint.receiveCapacity(0); // as little as there can be: one of the largest
    net.inject(fromPeer(SECOND));
    net.inject(fromPeer(SECOND));
    assertEquals(1, net.count(DropReason.UDP_RECEIVE_QUEUE_FULL));
    assertEquals(1, lent.count());
    assertEquals(1400, endpoint.receive(new byte[1400], 0, 1400, info));
    end();
  }

  @Test
  void closingGivesPacketsBack() {
    final UdpEndpoint endpoint = lending();
    net.inject(fromPeer(FIRST));
    endpoint.close();
    end();
  }

  /** What came is answered in its own packet: headers are written over the old ones. */
  @Test
  void aPacketThatCameIsSentAgain() {
    final UdpEndpoint endpoint = lending();
    net.inject(fromPeer(SECOND));
    final Packet packet = endpoint.take(info);
    assertNotNull(packet);
    assertTrue(endpoint.send(packet, new DatagramInfo().to(PEER, 7)));
    endpoint.onSendBufferWritten(net.clock.nanoTime());
    net.poll();
    net.expect(toPeer(SECOND));
    end();
  }

  @Test
  void aClaimedPacketIsSentBetweenCopies() {
    final UdpEndpoint endpoint = lending();
    final DatagramInfo to = new DatagramInfo().to(PEER, 7);
    final Packet packet = lent.lendEmpty();
    assertNotNull(packet);
    packet.bytes().put(packet.append(SECOND.length), SECOND);
    assertTrue(endpoint.send(FIRST, 0, 4, to));
    assertTrue(endpoint.send(packet, to));
    assertTrue(endpoint.send(FIRST, 0, 4, to));
    endpoint.onSendBufferWritten(net.clock.nanoTime());
    net.poll();
    net.expect(toPeer(FIRST));
    net.expect(toPeer(SECOND));
    net.expect(toPeer(FIRST));
    end();
  }

  /** From the loopback address nothing reaches a peer: dropped, and the packet is the pool's. */
  @Test
  void whatCanNotBeSentIsGivenBack() {
    net.quiet();
    final UdpEndpoint endpoint =
        net.stack.udp().bind(Ipv4Address.LOOPBACK, PORT, false, ReadinessObserver.NONE);
    assertNotNull(endpoint);
    endpoint.keepIncoming(lent);
    endpoint.keepOutgoing(lent);
    final Packet packet = lent.lendEmpty();
    assertNotNull(packet);
    packet.append(4);
    assertTrue(endpoint.send(packet, new DatagramInfo().to(PEER, 7)));
    endpoint.onSendBufferWritten(net.clock.nanoTime());
    net.poll();
    assertEquals(1, net.count(DropReason.IPV4_NO_ROUTE));
    end();
  }
}
