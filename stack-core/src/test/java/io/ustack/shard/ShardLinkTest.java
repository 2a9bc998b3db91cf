package io.ustack.shard;

import static io.ustack.testing.TestNet.ARP_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.testing.Frames;
import io.ustack.testing.ScriptLink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Three shards: the first two with a queue of the wire, the third without. */
class ShardLinkTest {
  private static final int SHARDS = 3;

  private final ScriptLink queue0 = new ScriptLink(OUR_MAC, 1500, 256);
  private final ScriptLink queue1 = new ScriptLink(OUR_MAC, 1500, 256);
  private final MemoryPacketPool pool2 = new MemoryPacketPool(256, 1514);
  private final ShardMap map = ShardMap.of(SHARDS);
  private final List<ShardLink> links =
      ShardLink.over(List.of(queue0, queue1), List.of(pool2), map, false);

  @AfterEach
  void nothingIsLeft() {
    links.forEach(ShardLink::close);
    for (final ShardLink link : links) {
      assertEquals(0, link.pool().inUse(), link.capabilities().name());
    }
  }

  /** A datagram whose owner is that shard, and that tells which one it is. */
  private byte[] frameFor(final int shard, final int mark) {
    int port = 1000;
    while (map.owner(PEER, OUR, port, 80) != shard) {
      port++;
    }
    return ipv4ToUs(17, Frames.udp(PEER, port, OUR, 80, new byte[] {(byte) mark}));
  }

  private static byte[] arp() {
    return Frames.ethernet(
        Frames.BROADCAST_MAC, PEER_MAC, ARP_TYPE, Frames.arp(1, PEER_MAC, PEER, 0, OUR));
  }

  private List<byte[]> receive(final int shard, final int max) {
    final Packet[] frames = new Packet[max];
    final int count = links.get(shard).receive(frames, max, 5);
    final List<byte[]> received = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      final byte[] bytes = new byte[frames[i].length()];
      frames[i].bytes().get(frames[i].offset(), bytes);
      received.add(bytes);
      frames[i].release();
    }
    return received;
  }

  private static void assertFrames(final List<byte[]> actual, final byte[]... expected) {
    assertArrayEquals(expected, actual.toArray(byte[][]::new));
  }

  private Packet packet(final int shard, final byte[] frame) {
    final Packet packet = links.get(shard).pool().allocate();
    assertNotNull(packet);
    packet.bytes().put(packet.append(frame.length), frame);
    return packet;
  }

  @Test
  void framesReachTheirOwners() {
    queue0.inject(frameFor(0, 1));
    queue0.inject(frameFor(1, 2));
    queue0.inject(frameFor(2, 3));
    queue0.inject(frameFor(0, 4));
    queue1.inject(frameFor(0, 5));
    queue1.inject(frameFor(1, 6));
    assertFrames(receive(0, 32), frameFor(0, 1), frameFor(0, 4));
    assertFrames(receive(1, 32), frameFor(1, 6), frameFor(1, 2));
    assertFrames(receive(0, 32), frameFor(0, 5));
    assertFrames(receive(2, 32), frameFor(2, 3));
    for (int shard = 0; shard < SHARDS; shard++) {
      assertFrames(receive(shard, 32));
      assertEquals(0, links.get(shard).lostFrames());
    }
  }

  private byte[] segmentFor(final int shard, final int sequence) {
    int port = 1000;
    while (map.owner(PEER, OUR, port, 80) != shard) {
      port++;
    }
    final byte[] payload = {(byte) sequence, 2, 3, 4};
    return ipv4ToUs(6, Frames.tcp(PEER, port, OUR, 80, sequence, 9, 0x10, 500, payload));
  }

  /** A link with GRO brings segments that lie side by side as one. */
  @Test
  void trainsReachOthersAsTheFramesThatTheyWere() {
    queue0.joins(true);
    for (int i = 0; i < 3; i++) {
      queue0.inject(segmentFor(2, 4 * i));
    }
    assertFrames(receive(0, 32));
    assertFrames(receive(2, 32), segmentFor(2, 0), segmentFor(2, 4), segmentFor(2, 8));
  }

  @Test
  void arpReachesAll() {
    queue1.inject(arp());
    assertFrames(receive(1, 32), arp());
    assertFrames(receive(0, 32), arp());
    assertFrames(receive(2, 32), arp());
  }

  /** Whoever floods us with ARP must not cost others their connections. */
  @Test
  void copiesForAllLeaveRoomForFlows() {
    final int copies = (256 << 10) / 2 / (arp().length + 8) + 1;
    for (int i = 0; i < copies + 10; i++) {
      queue0.inject(arp());
      assertFrames(receive(0, 32), arp());
    }
    assertEquals(2 * 10, links.get(0).lostFrames());
    queue0.inject(frameFor(2, 1));
    receive(0, 32);
    assertEquals(2 * 10, links.get(0).lostFrames());
    int arps = 0;
    List<byte[]> burst = receive(2, 32);
    while (burst.size() == 32) {
      arps += burst.size();
      burst = receive(2, 32);
    }
    assertEquals(copies, arps + burst.size() - 1);
    assertArrayEquals(frameFor(2, 1), burst.get(burst.size() - 1));
  }

  private List<ShardLink> sortedLinks() {
    final ShardMap two = ShardMap.of(2);
    return ShardLink.over(List.of(queue0, queue1), List.of(), two, true);
  }

  private static byte[] frameOfTwo(final int shard) {
    int port = 1000;
    while (ShardMap.of(2).owner(PEER, OUR, port, 80) != shard) {
      port++;
    }
    return ipv4ToUs(17, Frames.udp(PEER, port, OUR, 80, new byte[] {1}));
  }

  /** A NIC that sorts is believed for all of a burst but its first frame. */
  @Test
  void aSortedQueueKeepsItsFrames() {
    final List<ShardLink> sorted = sortedLinks();
    final Packet[] frames = new Packet[8];
    queue0.inject(frameOfTwo(0));
    queue0.inject(frameOfTwo(1));
    assertEquals(2, sorted.get(0).receive(frames, 8, 5));
    assertTrue(sorted.get(0).isSorted());
    frames[0].release();
    frames[1].release();
  }

  /** One that says that it sorts and does it in another way is found out. */
  @Test
  void aQueueThatIsNotSortedIsSortedHere() {
    final List<ShardLink> sorted = sortedLinks();
    final Packet[] frames = new Packet[8];
    queue0.inject(frameOfTwo(1));
    assertEquals(0, sorted.get(0).receive(frames, 8, 5));
    assertFalse(sorted.get(0).isSorted());
    assertTrue(sorted.get(1).isSorted());
    queue0.inject(frameOfTwo(0));
    queue0.inject(frameOfTwo(1));
    assertEquals(1, sorted.get(0).receive(frames, 8, 5));
    frames[0].release();
    assertEquals(2, sorted.get(1).receive(frames, 8, 5));
    frames[0].release();
    frames[1].release();
  }

  /** What the NIC does not sort by ports says nothing about how it sorts. */
  @Test
  void errorsForOthersAreNotTakenForDisorder() {
    final List<ShardLink> sorted = sortedLinks();
    int port = 1000;
    while (ShardMap.of(2).owner(PEER, OUR, 80, port) != 1) {
      port++;
    }
    final byte[] quote = Frames.ipv4(17, OUR, PEER, Frames.udp(OUR, port, PEER, 80, new byte[4]));
    queue0.inject(ipv4ToUs(1, Frames.icmp(3, 3, 0, quote)));
    final Packet[] frames = new Packet[8];
    assertEquals(0, sorted.get(0).receive(frames, 8, 5));
    assertTrue(sorted.get(0).isSorted());
    assertEquals(1, sorted.get(1).receive(frames, 8, 5));
    frames[0].release();
  }

  /** Who runs the queue for others has work, though nothing of it is its own. */
  @Test
  void whatIsMovedForOthersIsTold() {
    queue0.inject(frameFor(2, 1));
    queue0.inject(frameFor(0, 2));
    queue0.inject(frameFor(1, 3));
    receive(0, 32);
    assertEquals(2, links.get(0).passedBy());
    receive(0, 32);
    assertEquals(0, links.get(0).passedBy());
    links.get(2).transmit(new Packet[] {packet(2, frameFor(0, 7))}, 1, 5);
    receive(0, 32);
    assertEquals(1, links.get(0).passedBy());
    receive(1, 32);
    receive(2, 32);
    assertEquals(0, links.get(2).passedBy());
  }

  /** What the link found out about checksums is not looked at again. */
  @Test
  void flagsGoAlong() {
    final byte[] wrong = frameFor(2, 9);
    wrong[wrong.length - 1] ^= 1;
    queue0.inject(wrong);
    receive(0, 32);
    final Packet[] frames = new Packet[1];
    assertEquals(1, links.get(2).receive(frames, 1, 5));
    assertEquals(Packet.RX_L4_CHECKSUM_BAD, frames[0].flags());
    frames[0].release();
  }

  @Test
  void whoeverHasNoQueueSendsThroughAnother() {
    final byte[] frame = frameFor(0, 7);
    frame[frame.length - 1] ^= 1; // its checksum is asked for
    final Packet packet = packet(2, frame);
    packet.flags(Packet.TX_UDP_CHECKSUM);
    packet.networkOffset(packet.offset() + 14);
    assertEquals(1, links.get(2).transmit(new Packet[] {packet}, 1, 5));
    assertEquals(0, pool2.inUse());
    assertNull(queue0.takeSent());
    assertEquals(5, links.get(0).nextArrivalNs() + 5, "before its first cycle it knows no time");
    receive(0, 32);
    assertNotNull(queue0.takeSent());
    assertEquals(Long.MAX_VALUE, links.get(0).nextArrivalNs());
  }

  /** Once for a burst, and only those who got something. */
  @Test
  void whoIsGivenSomethingIsWoken() {
    final StringBuilder woken = new StringBuilder();
    for (int i = 0; i < SHARDS; i++) {
      final int shard = i;
      links.get(i).waker(() -> woken.append(shard));
    }
    queue0.inject(frameFor(0, 1));
    receive(0, 32);
    assertEquals("", woken.toString());
    queue0.inject(frameFor(2, 1));
    queue0.inject(frameFor(2, 2));
    queue0.inject(frameFor(1, 3));
    receive(0, 32);
    assertEquals("12", woken.toString());
    assertEquals(1, links.get(2).transmit(new Packet[] {packet(2, frameFor(0, 1))}, 1, 5));
    assertEquals("120", woken.toString());
    receive(0, 32);
    assertEquals("120", woken.toString());
    assertNotNull(queue0.takeSent());
    receive(1, 32);
    receive(2, 32);
  }

  @Test
  void whatTheQueueDoesNotTakeWaits() {
    queue0.accept(1);
    final Packet[] frames = {packet(2, frameFor(0, 1)), packet(2, frameFor(0, 2))};
    assertEquals(2, links.get(2).transmit(frames, 2, 5));
    receive(0, 32);
    assertArrayEquals(frameFor(0, 1), queue0.takeSent());
    assertNull(queue0.takeSent());
    queue0.accept(1);
    receive(0, 32);
    assertArrayEquals(frameFor(0, 2), queue0.takeSent());
  }

  /** A shard that always has something to send leaves room for the others. */
  @Test
  void nobodyWithoutAQueueStarves() {
    final ScriptLink one = new ScriptLink(OUR_MAC, 1500, 64);
    final List<MemoryPacketPool> pools =
        List.of(new MemoryPacketPool(256, 1514), new MemoryPacketPool(8, 1514));
    final List<ShardLink> three = ShardLink.over(List.of(one), pools, map, false);
    final Packet[] none = new Packet[4];
    for (int i = 0; i < 3; i++) {
      for (int sent = 0; sent < 40; sent++) {
        final Packet busy = three.get(1).pool().allocate();
        assertNotNull(busy);
        busy.append(60);
        three.get(1).transmit(new Packet[] {busy}, 1, 5);
      }
      three.get(0).receive(none, 4, 5);
    }
    final Packet quiet = three.get(2).pool().allocate();
    assertNotNull(quiet);
    quiet.bytes().put(quiet.append(70), (byte) 7);
    three.get(2).transmit(new Packet[] {quiet}, 1, 5);
    three.get(0).receive(none, 4, 5);
    three.get(0).receive(none, 4, 5);
    boolean seen = false;
    for (byte[] frame = one.takeSent(); frame != null; frame = one.takeSent()) {
      seen |= frame.length == 70;
    }
    assertTrue(seen);
  }

  /** What is not carried stays with its sender, who is told. */
  @Test
  void aFullRingTakesNoMoreFrames() {
    final byte[] large = new byte[1514];
    int sent = 0;
    Packet packet = packet(2, large);
    while (links.get(2).transmit(new Packet[] {packet}, 1, 5) == 1) {
      sent++;
      packet = packet(2, large);
    }
    packet.release();
    assertEquals((256 << 10) / (1514 + 8), sent);
  }

  @Test
  void whoIsTooSlowLosesFramesAndCountsThem() {
    final byte[] payload = new byte[1400];
    int port = 1000;
    while (map.owner(PEER, OUR, port, 80) != 2) {
      port++;
    }
    final byte[] frame = ipv4ToUs(17, Frames.udp(PEER, port, OUR, 80, payload));
    final int fits = (256 << 10) / (frame.length + 8);
    for (int i = 0; i < fits + 3; i++) {
      queue0.inject(frame);
      receive(0, 32);
    }
    assertEquals(3, links.get(0).lostFrames());
    int came = 0;
    for (int burst = receive(2, 32).size(); burst > 0; burst = receive(2, 32).size()) {
      came += burst;
    }
    assertEquals(fits, came);
  }

  /** Its owner's packets could not hold it. */
  @Test
  void aFrameThatIsTooLongForItsOwnerIsLost() {
    final ScriptLink large = new ScriptLink(OUR_MAC, 3000, 8);
    final List<ShardLink> pair =
        ShardLink.over(
            List.of(large), List.of(new MemoryPacketPool(8, 1514)), ShardMap.of(2), false);
    int port = 1000;
    while (ShardMap.of(2).owner(PEER, OUR, port, 80) != 1) {
      port++;
    }
    large.inject(ipv4ToUs(17, Frames.udp(PEER, port, OUR, 80, new byte[1473])));
    large.inject(ipv4ToUs(17, Frames.udp(PEER, port, OUR, 80, new byte[1472])));
    final Packet[] frames = new Packet[8];
    assertEquals(0, pair.get(0).receive(frames, 8, 5));
    assertEquals(1, pair.get(0).lostFrames());
    assertEquals(1, pair.get(1).receive(frames, 8, 5));
    frames[0].release();
    assertEquals(0, large.pool().inUse());
  }

  @Test
  void aShardWithoutPacketsLeavesFramesInTheRing() {
    final List<Packet> all = new ArrayList<>();
    for (Packet p = pool2.allocate(); p != null; p = pool2.allocate()) {
      all.add(p);
    }
    queue0.inject(frameFor(2, 1));
    receive(0, 32);
    assertFrames(receive(2, 32));
    all.forEach(Packet::release);
    assertFrames(receive(2, 32), frameFor(2, 1));
  }

  @Test
  void neitherTheQueueNorTheOthersStarve() {
    for (int i = 0; i < 64; i++) {
      queue0.inject(frameFor(0, i));
      queue1.inject(frameFor(0, 100));
    }
    receive(1, 64);
    final List<byte[]> burst = receive(0, 32);
    assertEquals(32, burst.size());
    assertEquals(16, burst.stream().filter(f -> f[f.length - 1] == 100).count());
  }

  @Test
  void flowsAreDividedAmongThem() {
    for (int port = 1; port < 300; port++) {
      int owners = 0;
      for (final ShardLink link : links) {
        final boolean here = link.flows().arrivesHere(OUR, 80, PEER, port);
        owners += here ? 1 : 0;
        assertEquals(map.owner(PEER, OUR, port, 80) == links.indexOf(link), here);
      }
      assertEquals(1, owners);
    }
    assertEquals(0, links.get(0).flows().number());
    assertEquals(2, links.get(2).flows().number());
  }

  @Test
  void linksThatDoNotMatchTheMapAreRefused() {
    final List<ScriptLink> queues = List.of(queue0, queue1);
    assertThrows(
        IllegalArgumentException.class, () -> ShardLink.over(queues, List.of(), map, false));
    assertThrows(
        IllegalArgumentException.class,
        () -> ShardLink.over(List.of(), List.of(pool2, pool2, pool2), map, false));
    assertThrows(IllegalArgumentException.class, () -> ShardMap.of(129));
    assertThrows(IllegalArgumentException.class, () -> ShardMap.of(0));
  }
}
