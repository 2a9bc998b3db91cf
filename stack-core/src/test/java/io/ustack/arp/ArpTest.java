package io.ustack.arp;

import static io.ustack.testing.Frames.BROADCAST_MAC;
import static io.ustack.testing.TestNet.ARP_TYPE;
import static io.ustack.testing.TestNet.GATEWAY;
import static io.ustack.testing.TestNet.GATEWAY_MAC;
import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.SECOND;
import static io.ustack.testing.TestNet.fromUs;
import static io.ustack.testing.TestNet.toUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.icmp.EchoObserver;
import io.ustack.ipv4.Path;
import io.ustack.readiness.Failure;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArpTest {
  /** RFC 3692's protocol for experiments: nobody takes it, and nobody is told. */
  private static final int EXPERIMENT = 253;

  private static final long OTHER_MAC = 0x02_00_00_00_00_77L;

  private static byte[] request(final long destination, final int target) {
    return fromUs(destination, ARP_TYPE, Frames.arp(1, OUR_MAC, OUR, 0, target));
  }

  private static byte[] replyFrom(final long mac, final int address) {
    return Frames.ethernet(OUR_MAC, mac, ARP_TYPE, Frames.arp(2, mac, address, OUR_MAC, OUR));
  }

  private static byte[] announcementFrom(final long mac, final int address) {
    return Frames.ethernet(BROADCAST_MAC, mac, ARP_TYPE, Frames.arp(1, mac, address, 0, address));
  }

  /** Sends one byte to an address; the byte tells packets apart. */
  private static void send(final TestNet net, final int address, final int mark) {
    final Path path = net.stack.ipv4().path(0, address);
    assertNotNull(path);
    final Packet packet = path.allocate();
    assertNotNull(packet);
    packet.bytes().putLong(packet.append(8), (long) mark << 56);
    path.send(packet, EXPERIMENT, net.clock.nanoTime());
    net.poll();
  }

  private static byte[] sent(final long mac, final int address, final int mark) {
    final byte[] payload = new byte[8];
    payload[0] = (byte) mark;
    return fromUs(mac, IPV4_TYPE, Frames.ipv4(EXPERIMENT, OUR, address, payload));
  }

  @Test
  @Covers(rfc = "RFC 5227", clause = "2.3", what = "announcements", by = Arp.class)
  void announcesItsAddressTwiceAtStart() {
    try (TestNet net = new TestNet(TestNet.config())) {
      net.poll();
      net.expect(request(BROADCAST_MAC, OUR));
      net.advance(2 * SECOND - 1);
      net.expectNothing();
      net.advance(1);
      net.expect(request(BROADCAST_MAC, OUR));
      net.advance(60 * SECOND);
    }
  }

  @Test
  @Covers(rfc = "RFC 826", what = "who asks for us is answered and learnt", by = Arp.class)
  void answersWhoAsksForUsAndNobodyElse() {
    try (TestNet net = new TestNet()) {
      net.inject(
          Frames.ethernet(
              BROADCAST_MAC, PEER_MAC, ARP_TYPE, Frames.arp(1, PEER_MAC, PEER, 0, OUR)));
      net.expect(fromUs(PEER_MAC, ARP_TYPE, Frames.arp(2, OUR_MAC, OUR, PEER_MAC, PEER)));
      net.expectDrop(
          DropReason.ARP_NOT_FOR_US,
          Frames.ethernet(
              BROADCAST_MAC, OTHER_MAC, ARP_TYPE, Frames.arp(1, OTHER_MAC, PEER + 8, 0, PEER + 9)));
      net.expectDrop(DropReason.ARP_MALFORMED, toUs(ARP_TYPE, new byte[46]));
    }
  }

  /** RFC 5227 1.1: a probe has no sender address; it is answered and leaves no trace. */
  @Test
  void answersAProbe() {
    try (TestNet net = new TestNet()) {
      net.inject(
          Frames.ethernet(BROADCAST_MAC, PEER_MAC, ARP_TYPE, Frames.arp(1, PEER_MAC, 0, 0, OUR)));
      net.expect(fromUs(PEER_MAC, ARP_TYPE, Frames.arp(2, OUR_MAC, OUR, PEER_MAC, 0)));
      assertEquals(0, net.stack.arp().neighbours());
    }
  }

  @Test
  @Covers(rfc = "RFC 826", what = "who asks for us is answered and learnt")
  void whoAskedIsKnown() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      send(net, PEER, 1);
      net.expect(sent(PEER_MAC, PEER, 1));
    }
  }

  @Test
  @Covers(
      rfc = "RFC 1122",
      clause = "2.3.2.2",
      what = "packets wait for resolution",
      by = Arp.class)
  void parksWhileItAsksAndSendsInOrder() {
    try (TestNet net = new TestNet()) {
      send(net, PEER, 1);
      net.expect(request(BROADCAST_MAC, PEER));
      send(net, PEER, 2);
      send(net, PEER, 3);
      net.expectNothing();
      assertEquals(3, net.stack.arp().parked());
      net.inject(replyFrom(PEER_MAC, PEER));
      net.expect(sent(PEER_MAC, PEER, 1));
      net.expect(sent(PEER_MAC, PEER, 2));
      net.expect(sent(PEER_MAC, PEER, 3));
      assertEquals(0, net.stack.arp().parked());
      net.advance(30 * SECOND);
    }
  }

  /** Linux: mcast_solicit 3, retrans_time 1 s. */
  @Test
  @Covers(rfc = "RFC 1122", clause = "2.3.2.1")
  void asksThreeTimesThenGivesUp() {
    try (TestNet net = new TestNet()) {
      send(net, PEER, 1);
      for (int i = 0; i < 3; i++) {
        net.expect(request(BROADCAST_MAC, PEER));
        net.advance(SECOND - 1);
        net.expectNothing();
        net.advance(1);
      }
      assertEquals(1, net.count(DropReason.ARP_UNRESOLVED));
      assertEquals(0, net.stack.arp().neighbours());
      // The next packet tries again.
      send(net, PEER, 2);
      net.expect(request(BROADCAST_MAC, PEER));
      net.inject(replyFrom(PEER_MAC, PEER));
      net.expect(sent(PEER_MAC, PEER, 2));
    }
  }

  @Test
  void tellsTheSenderThatItGaveUp() {
    try (TestNet net = new TestNet()) {
      final List<String> heard = new ArrayList<>();
      net.stack
          .icmp()
          .observe(
              7,
              new EchoObserver() {
                @Override
                public void onReply(
                    final int remoteAddress,
                    final int sequence,
                    final int timeToLive,
                    final ByteBuffer bytes,
                    final int payloadOffset,
                    final int payloadBytes,
                    final long nowNs) {
                  heard.add("reply " + sequence);
                }

                @Override
                public void onUnreachable(
                    final Failure failure,
                    final int remoteAddress,
                    final int sequence,
                    final long nowNs) {
                  assertEquals(PEER, remoteAddress);
                  heard.add(failure + " " + sequence);
                }
              });
      final long nowNs = net.clock.nanoTime();
      assertEquals(Failure.NONE, net.stack.icmp().ping(0, PEER, 7, 41, new byte[8], 8, nowNs));
      assertEquals(Failure.NONE, net.stack.icmp().ping(0, PEER, 7, 42, new byte[8], 8, nowNs));
      net.advance(3 * SECOND - 1);
      assertEquals(List.of(), heard);
      net.advance(1);
      assertEquals(List.of("HOST_UNREACHABLE 41", "HOST_UNREACHABLE 42"), heard);
      for (int i = 0; i < 3; i++) {
        net.expect(request(BROADCAST_MAC, PEER));
      }
    }
  }

  @Test
  void sendsToTheGatewayWhatIsNotOnTheLink() {
    try (TestNet net = new TestNet()) {
      send(net, TestNet.FAR, 1);
      net.expect(request(BROADCAST_MAC, GATEWAY));
      net.inject(replyFrom(GATEWAY_MAC, GATEWAY));
      net.expect(sent(GATEWAY_MAC, TestNet.FAR, 1));
    }
  }

  /** RFC 1122 2.3.2.2: at least the latest packet is kept. */
  @Test
  void parksSixteenPacketsPerNeighbourAndDropsTheOldest() {
    try (TestNet net = new TestNet()) {
      for (int mark = 0; mark < 20; mark++) {
        send(net, PEER, mark);
      }
      net.expect(request(BROADCAST_MAC, PEER));
      assertEquals(16, net.stack.arp().parked());
      assertEquals(4, net.count(DropReason.ARP_QUEUE_FULL));
      net.inject(replyFrom(PEER_MAC, PEER));
      for (int mark = 4; mark < 20; mark++) {
        net.expect(sent(PEER_MAC, PEER, mark));
      }
    }
  }

  /** The limit holds over all; who has been asked for longest makes room. */
  @Test
  void parksABoundedNumberOverAll() {
    try (TestNet net = new TestNet()) {
      for (int host = 0; host < 40; host++) {
        for (int mark = 0; mark < 10; mark++) {
          send(net, PEER + 10 + host, mark);
          assertTrue(net.stack.arp().parked() <= 256);
        }
      }
      // Fifteen hosts had to go, with ten packets each.
      assertEquals(250, net.stack.arp().parked());
      assertEquals(150, net.count(DropReason.ARP_QUEUE_FULL));
      assertEquals(25, net.stack.arp().neighbours());
      net.advance(4 * SECOND);
      assertEquals(0, net.stack.arp().parked());
      assertEquals(250, net.count(DropReason.ARP_UNRESOLVED));
      while (net.link.takeSent() != null) {
        // Requests of all forty.
      }
    }
  }

  /** RFC 826: merge whatever comes from a known host, but make no entry for who didn't ask us. */
  @Test
  @Covers(rfc = "RFC 826", what = "known entries are updated, none made unasked", by = Arp.class)
  void updatesKnownNeighboursAndMakesNoneUnasked() {
    try (TestNet net = new TestNet()) {
      net.expectDrop(DropReason.ARP_NOT_FOR_US, replyFrom(PEER_MAC, PEER));
      net.expectDrop(DropReason.ARP_NOT_FOR_US, announcementFrom(PEER_MAC, PEER));
      assertEquals(0, net.stack.arp().neighbours());
      net.meetPeer();
      net.inject(announcementFrom(OTHER_MAC, PEER));
      send(net, PEER, 1);
      net.expect(sent(OTHER_MAC, PEER, 1));
      net.inject(replyFrom(PEER_MAC, PEER));
      send(net, PEER, 2);
      net.expect(sent(PEER_MAC, PEER, 2));
    }
  }

  /** RFC 5227 2.4 (c): defend, but not more often than every ten seconds. */
  @Test
  @Covers(rfc = "RFC 5227", clause = "2.4", what = "defence, at most every 10 s", by = Arp.class)
  void defendsItsAddress() {
    try (TestNet net = new TestNet()) {
      net.expectDropAndAnswer(
          DropReason.ARP_SPOOFED, announcementFrom(OTHER_MAC, OUR), request(BROADCAST_MAC, OUR));
      net.expectDrop(DropReason.ARP_SPOOFED, announcementFrom(OTHER_MAC, OUR));
      net.advance(10 * SECOND - 1);
      net.expectDrop(DropReason.ARP_SPOOFED, replyFrom(OTHER_MAC, OUR));
      net.advance(1);
      net.expectDropAndAnswer(
          DropReason.ARP_SPOOFED, replyFrom(OTHER_MAC, OUR), request(BROADCAST_MAC, OUR));
      assertEquals(0, net.stack.arp().neighbours());
    }
  }

  @Test
  void doesNotDefendAgainstItsOwnEcho() {
    try (TestNet net = new TestNet()) {
      net.expectDrop(
          DropReason.ARP_NOT_FOR_US,
          Frames.ethernet(BROADCAST_MAC, OTHER_MAC, ARP_TYPE, Frames.arp(1, OUR_MAC, OUR, 0, OUR)));
    }
  }

  /** RFC 1122 2.3.2.1 (2): an old entry in use is polled by unicast; nothing waits for that. */
  @Test
  void pollsAnOldNeighbourWhileItKeepsSending() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.advance(60 * SECOND - 1);
      send(net, PEER, 1);
      net.expect(sent(PEER_MAC, PEER, 1));
      net.advance(1);
      send(net, PEER, 2);
      net.expect(request(PEER_MAC, PEER));
      net.expect(sent(PEER_MAC, PEER, 2));
      send(net, PEER, 3);
      net.expect(sent(PEER_MAC, PEER, 3));
      net.inject(replyFrom(PEER_MAC, PEER));
      // Confirmed: the next minute is quiet.
      for (int i = 0; i < 59; i++) {
        net.advance(SECOND);
        send(net, PEER, i);
        net.expect(sent(PEER_MAC, PEER, i));
      }
    }
  }

  @Test
  void forgetsANeighbourThatAnswersNoPoll() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.advance(61 * SECOND);
      send(net, PEER, 1);
      net.expect(request(PEER_MAC, PEER));
      net.expect(sent(PEER_MAC, PEER, 1));
      net.advance(SECOND);
      net.expect(request(PEER_MAC, PEER));
      net.advance(SECOND);
      net.expect(request(PEER_MAC, PEER));
      send(net, PEER, 2);
      net.expect(sent(PEER_MAC, PEER, 2));
      net.advance(SECOND);
      assertEquals(0, net.stack.arp().neighbours());
      send(net, PEER, 3);
      net.expect(request(BROADCAST_MAC, PEER));
      net.inject(replyFrom(OTHER_MAC, PEER));
      net.expect(sent(OTHER_MAC, PEER, 3));
    }
  }

  @Test
  @Covers(
      rfc = "RFC 1122",
      clause = "2.3.2.1",
      what = "entries time out, requests are limited",
      by = {Arp.class, Neighbour.class})
  void resolvesFromScratchAfterTwentyMinutes() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.advance(20 * 60 * SECOND);
      send(net, PEER, 1);
      net.expect(request(BROADCAST_MAC, PEER));
      net.inject(replyFrom(OTHER_MAC, PEER));
      net.expect(sent(OTHER_MAC, PEER, 1));
    }
  }

  /** A hundred thousand invented hosts ask for us, while we talk to two. */
  @Test
  void aFloodOfRequestsDisplacesOnlyItself() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      send(net, TestNet.FAR, 1);
      net.expect(request(BROADCAST_MAC, GATEWAY));
      net.inject(replyFrom(GATEWAY_MAC, GATEWAY));
      net.expect(sent(GATEWAY_MAC, TestNet.FAR, 1));
      send(net, PEER, 1);
      net.expect(sent(PEER_MAC, PEER, 1));
      final byte[] frame =
          Frames.ethernet(BROADCAST_MAC, OTHER_MAC, ARP_TYPE, Frames.arp(1, OTHER_MAC, 0, 0, OUR));
      for (int i = 0; i < 100_000; i++) {
        ByteBuffer.wrap(frame).putInt(14 + 14, 0x0B00_0000 + i * 7919);
        net.inject(frame.clone());
        assertNotNull(net.link.takeSent());
        if (i % 1000 == 0) {
          net.advance(SECOND / 10);
        }
      }
      assertEquals(1024, net.stack.arp().neighbours());
      send(net, PEER, 2);
      net.expect(sent(PEER_MAC, PEER, 2));
      send(net, TestNet.FAR, 2);
      net.expect(sent(GATEWAY_MAC, TestNet.FAR, 2));
    }
  }

  /** What we want to send to displaces whoever we did not send to for longest. */
  @Test
  void aFullCacheMakesRoomForWhatIsWanted() {
    try (TestNet net = new TestNet(TestNet.config().withNeighbours(4)).quiet()) {
      for (int i = 0; i < 4; i++) {
        send(net, PEER + 10 + i, 1);
        net.expect(request(BROADCAST_MAC, PEER + 10 + i));
        net.inject(replyFrom(OTHER_MAC + i, PEER + 10 + i));
        net.expect(sent(OTHER_MAC + i, PEER + 10 + i, 1));
        net.advance(SECOND);
      }
      send(net, PEER + 10, 2);
      net.expect(sent(OTHER_MAC, PEER + 10, 2));
      // All four are in use: who only asks does not get in.
      net.inject(
          Frames.ethernet(
              BROADCAST_MAC, PEER_MAC, ARP_TYPE, Frames.arp(1, PEER_MAC, PEER, 0, OUR)));
      net.expect(fromUs(PEER_MAC, ARP_TYPE, Frames.arp(2, OUR_MAC, OUR, PEER_MAC, PEER)));
      assertEquals(1, net.count(DropReason.ARP_CACHE_FULL));
      // Who is wanted does, at the cost of the second: the first was used again.
      send(net, PEER, 1);
      net.expect(request(BROADCAST_MAC, PEER));
      net.inject(replyFrom(PEER_MAC, PEER));
      net.expect(sent(PEER_MAC, PEER, 1));
      send(net, PEER + 10, 3);
      net.expect(sent(OTHER_MAC, PEER + 10, 3));
      send(net, PEER + 11, 3);
      net.expect(request(BROADCAST_MAC, PEER + 11));
    }
  }

  /**
   * SYNs from invented hosts, each of which we would have to ask for: a host that exists is found
   * all the same, and those that we talk to stay known.
   */
  @Test
  void aFloodOfUnansweredRequestsDisplacesOnlyItself() {
    try (TestNet net = new TestNet(TestNet.config().withNeighbours(64)).quiet()) {
      net.meetPeer();
      for (int i = 0; i < 10_000; i++) {
        send(net, PEER + 20 + i % 230, 1);
        assertNotNull(net.link.takeSent());
        if (i % 1000 == 0) {
          final int host = PEER + 2 + i / 1000;
          send(net, host, 2);
          net.expect(request(BROADCAST_MAC, host));
          net.inject(replyFrom(OTHER_MAC, host));
          net.expect(sent(OTHER_MAC, host, 2));
        }
      }
      assertEquals(32 + 11, net.stack.arp().neighbours());
      send(net, PEER, 2);
      net.expect(sent(PEER_MAC, PEER, 2));
    }
  }

  @Test
  void aCacheFullOfWaitingNeighboursGivesUpTheFirst() {
    try (TestNet net = new TestNet(TestNet.config().withNeighbours(2)).quiet()) {
      for (int i = 10; i < 13; i++) {
        send(net, PEER + i, i);
        net.expect(request(BROADCAST_MAC, PEER + i));
      }
      assertEquals(2, net.count(DropReason.ARP_QUEUE_FULL));
      assertEquals(1, net.stack.arp().neighbours());
      net.inject(replyFrom(OTHER_MAC, PEER + 12));
      net.expect(sent(OTHER_MAC, PEER + 12, 12));
    }
  }

  @Test
  void answersEvenWhenThePoolIsEmpty() {
    try (TestNet net = new TestNet()) {
      final List<Packet> hoard = new ArrayList<>();
      while (net.link.pool().inUse() < net.link.pool().capacity() - 1) {
        hoard.add(net.link.pool().allocate());
      }
      net.inject(
          Frames.ethernet(
              BROADCAST_MAC, PEER_MAC, ARP_TYPE, Frames.arp(1, PEER_MAC, PEER, 0, OUR)));
      net.expect(fromUs(PEER_MAC, ARP_TYPE, Frames.arp(2, OUR_MAC, OUR, PEER_MAC, PEER)));
      hoard.forEach(Packet::release);
      assertTrue(net.count(Counter.ARP_REPLIES_OUT) == 1);
    }
  }
}
