package io.ustack.kernel;

import static io.ustack.testing.TestNet.ARP_TYPE;
import static io.ustack.testing.TestNet.FAR;
import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.link.ForwardingLink;
import io.ustack.link.LinkDevice;
import io.ustack.testing.Frames;
import io.ustack.testing.ScriptLink;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A wire and a kernel, both scripted: TCP port 22 and OSPF are the kernel's. */
class KernelPathTest {
  private static final int PER_SECOND = 1000;
  private static final int BURST = 100;
  private static final long MS = 1_000_000;
  private static final int GRE = 47;
  private static final int SYN = 0x02;
  private static final int ACK = 0x10;

  private final MemoryPacketPool pool = new MemoryPacketPool(256, 1514);
  private final ScriptLink wire = new ScriptLink(OUR_MAC, 1500, pool);
  private final ScriptLink kernel = new ScriptLink(OUR_MAC, 1500, pool);
  private final KernelPath path = path(wire, new Plain(kernel));

  /** The kernel's ring takes single frames, about which nothing is to be done. */
  private static final class Plain extends ForwardingLink {
    private Plain(final LinkDevice link) {
      super(link);
    }

    @Override
    public int receive(final Packet[] frames, final int max, final long nowNs) {
      return link.receive(frames, max, nowNs);
    }

    @Override
    public int transmit(final Packet[] frames, final int count, final long nowNs) {
      for (int i = 0; i < count; i++) {
        assertEquals(0, frames[i].flags());
        assertEquals(1, frames[i].segments());
        assertNull(frames[i].follower);
      }
      return link.transmit(frames, count, nowNs);
    }
  }

  private static KernelPath path(final LinkDevice wire, final LinkDevice kernel) {
    return new KernelPath(
        wire,
        kernel,
        new Ipv4Subnet(OUR, 24),
        KernelRules.parse("tcp/22,proto/89"),
        PER_SECOND,
        BURST,
        0);
  }

  @AfterEach
  void nothingIsLeft() {
    path.close();
    assertEquals(0, pool.inUse());
  }

  /** What the stack gets in a burst. */
  private List<byte[]> receive(final long nowNs) {
    final Packet[] frames = new Packet[32];
    final int count = path.receive(frames, 32, nowNs);
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

  private static List<byte[]> sent(final ScriptLink link) {
    final List<byte[]> frames = new ArrayList<>();
    for (byte[] frame = link.takeSent(); frame != null; frame = link.takeSent()) {
      frames.add(frame);
    }
    return frames;
  }

  private static byte[] ssh(final int sequence, final byte[] payload) {
    return ipv4ToUs(6, Frames.tcp(PEER, 40_000, OUR, 22, sequence, 9, ACK, 500, payload));
  }

  private static byte[] web(final int sequence) {
    return ipv4ToUs(6, Frames.tcp(PEER, 40_000, OUR, 80, sequence, 9, ACK, 500, new byte[4]));
  }

  private static byte[] fromKernel(final int protocol, final int to, final byte[] payload) {
    return Frames.ethernet(PEER_MAC, OUR_MAC, IPV4_TYPE, Frames.ipv4(protocol, OUR, to, payload));
  }

  private long drops(final DropReason reason) {
    return path.counters().value(reason);
  }

  @Test
  void eachGetsItsFramesAndNoOthers() {
    wire.inject(web(1));
    wire.inject(ssh(1, new byte[9]));
    wire.inject(ipv4ToUs(GRE, new byte[30]));
    wire.inject(web(2));
    assertFrames(receive(0), web(1), web(2));
    assertFrames(sent(kernel), ssh(1, new byte[9]), ipv4ToUs(GRE, new byte[30]));
    assertNull(wire.takeSent());
    assertEquals(2, path.counters().value(Counter.FRAMES_TO_KERNEL));
    assertEquals(0, path.counters().drops());
  }

  /** No checksum is mended on the way: the kernel counts what is wrong. */
  /** Whoever sleeps when nothing happens must not sleep over the kernel's traffic. */
  @Test
  void whatIsMovedForTheKernelIsTold() {
    wire.inject(web(1));
    wire.inject(ssh(1, new byte[9]));
    kernel.inject(fromKernel(GRE, PEER, new byte[30]));
    receive(0);
    assertEquals(2, path.passedBy());
    receive(0);
    assertEquals(0, path.passedBy());
    sent(kernel);
    sent(wire);
  }

  @Test
  void theKernelGetsTheBytesThatCame() {
    final byte[] broken = ssh(1, new byte[9]);
    broken[Frames.IPV4 + 16] ^= 1;
    wire.inject(broken);
    assertFrames(receive(0));
    assertFrames(sent(kernel), broken);
  }

  @Test
  void whatTheKernelSendsLeavesAsItIs() {
    final byte[] segment =
        fromKernel(6, PEER, Frames.tcp(OUR, 22, PEER, 40_000, 1, 2, ACK, 500, new byte[7]));
    segment[Frames.IPV4 + 16] ^= 1;
    kernel.inject(segment);
    assertFrames(receive(0));
    assertFrames(sent(wire), segment);
    assertEquals(1, path.counters().value(Counter.FRAMES_FROM_KERNEL));
  }

  @Test
  void whatTheKernelBeginsComesBackToIt() {
    final byte[] answer =
        ipv4ToUs(6, Frames.tcp(PEER, 443, OUR, 40_000, 1, 2, SYN | ACK, 500, new byte[0]));
    wire.inject(answer);
    assertFrames(receive(0), answer);
    kernel.inject(
        fromKernel(6, PEER, Frames.tcp(OUR, 40_000, PEER, 443, 1, 0, SYN, 500, new byte[0])));
    wire.inject(answer);
    assertFrames(receive(0));
    assertFrames(sent(kernel), answer);
    assertEquals(1, wire.sentCount());
    wire.takeSent();
  }

  /** A link with GRO brings segments that lie side by side as one. */
  @Test
  void trainsReachTheKernelAsTheFramesThatTheyWere() {
    wire.joins(true);
    for (int i = 0; i < 40; i++) {
      wire.inject(ssh(8 * i, new byte[8]));
    }
    assertFrames(receive(0));
    assertEquals(32, kernel.sentCount());
    assertFrames(receive(0));
    final List<byte[]> frames = sent(kernel);
    for (int i = 0; i < 40; i++) {
      assertArrayEquals(ssh(8 * i, new byte[8]), frames.get(i));
    }
    assertEquals(40, path.counters().value(Counter.FRAMES_TO_KERNEL));
  }

  @Test
  void largeBurstsPassAsWell() {
    for (int i = 0; i < 80; i++) {
      wire.inject(ssh(0, new byte[1]));
    }
    assertEquals(0, path.receive(new Packet[80], 80, 0));
    assertEquals(80, sent(kernel).size());
  }

  @Test
  void trainsOfTheStackStayTrains() {
    wire.joins(true);
    wire.inject(web(0));
    wire.inject(web(4));
    final Packet[] frames = new Packet[4];
    assertEquals(1, path.receive(frames, 4, 0));
    assertEquals(2, frames[0].segments());
    frames[0].release();
  }

  @Test
  void theStackTransmitsOnTheWire() {
    final Packet packet = pool.allocate();
    assertNotNull(packet);
    packet.append(60);
    assertEquals(1, path.transmit(new Packet[] {packet}, 1, 0));
    assertEquals(1, sent(wire).size());
    assertEquals(0, kernel.sentCount());
    assertEquals(wire.capabilities(), path.capabilities());
  }

  // ---- Both

  private static byte[] arp(final int operation, final int target) {
    return Frames.ethernet(
        Frames.BROADCAST_MAC, PEER_MAC, ARP_TYPE, Frames.arp(operation, PEER_MAC, PEER, 0, target));
  }

  @Test
  void whatBothSeeIsCopied() {
    wire.inject(arp(1, PEER));
    wire.inject(arp(2, OUR));
    wire.inject(arp(1, OUR));
    final Packet[] frames = new Packet[4];
    assertEquals(3, path.receive(frames, 4, 0));
    for (int i = 0; i < 3; i++) {
      frames[i].bytes().put(frames[i].offset(), new byte[14]); // the kernel's are its own
      frames[i].release();
    }
    assertFrames(sent(kernel), arp(1, PEER), arp(2, OUR));
  }

  @Test
  void withoutAPacketTheStackGetsItAlone() {
    final List<Packet> all = new ArrayList<>();
    while (pool.inUse() < pool.capacity() - 1) {
      all.add(pool.allocate());
    }
    wire.inject(arp(2, OUR));
    assertFrames(receive(0), arp(2, OUR));
    assertEquals(0, kernel.sentCount());
    assertEquals(1, path.counters().value(Counter.PACKET_POOL_EXHAUSTED));
    all.forEach(Packet::release);
  }

  // ---- Limits

  private void injectToKernel(final int count, final byte[] frame) {
    for (int i = 0; i < count; i++) {
      wire.inject(frame);
    }
  }

  private void receiveAll(final long nowNs) {
    for (int i = 0; i < 16; i++) {
      receive(nowNs);
    }
  }

  @Test
  void aFloodIsDroppedBeyondItsRate() {
    injectToKernel(300, ssh(1, new byte[0]));
    receiveAll(0);
    assertEquals(BURST, sent(kernel).size());
    assertEquals(300 - BURST, drops(DropReason.KERNEL_RATE_LIMITED));
    injectToKernel(300, ssh(1, new byte[0]));
    receiveAll(20 * MS);
    assertEquals(20, sent(kernel).size());
    assertEquals(600 - BURST - 20, drops(DropReason.KERNEL_RATE_LIMITED));
  }

  /** However much comes that nobody asked for, a session gets through. */
  @Test
  void whatIsNotAskedForLeavesHalfTheBurst() {
    injectToKernel(200, ipv4ToUs(GRE, new byte[8]));
    receiveAll(0);
    assertEquals(BURST / 2, sent(kernel).size());
    for (int ms = 1; ms <= 200; ms++) {
      injectToKernel(8, ipv4ToUs(GRE, new byte[8]));
      wire.inject(ssh(ms, new byte[0]));
      receive(ms * MS);
    }
    final List<byte[]> frames = sent(kernel);
    assertEquals(200, frames.stream().filter(frame -> frame[Frames.ETHERNET + 9] == 6).count());
  }

  @Test
  void eachSegmentOfATrainCounts() {
    wire.joins(true);
    for (int i = 0; i < BURST + 28; i++) {
      wire.inject(ssh(8 * i, new byte[8]));
    }
    receiveAll(0);
    assertEquals(BURST, sent(kernel).size());
    assertEquals(28, drops(DropReason.KERNEL_RATE_LIMITED));
  }

  @Test
  void copiesCountAsWell() {
    injectToKernel(2 * BURST, arp(1, PEER));
    receiveAll(0);
    assertEquals(BURST / 2, sent(kernel).size());
    assertEquals(2 * BURST - BURST / 2, drops(DropReason.KERNEL_RATE_LIMITED));
  }

  @Test
  void aFullKernelLosesFramesAndCountsThem() {
    kernel.accept(3);
    injectToKernel(10, ssh(1, new byte[0]));
    assertFrames(receive(0));
    assertEquals(3, sent(kernel).size());
    assertEquals(7, drops(DropReason.KERNEL_QUEUE_FULL));
    assertEquals(3, path.counters().value(Counter.FRAMES_TO_KERNEL));
  }

  /** What the wire does not take waits, and the kernel with the rest. */
  @Test
  void aFullWireHoldsTheKernelBack() {
    final byte[] frame = fromKernel(GRE, FAR, new byte[20]);
    for (int i = 0; i < 80; i++) {
      kernel.inject(frame);
    }
    wire.accept(5);
    receive(7);
    assertEquals(5, wire.sentCount());
    assertEquals(7, path.nextArrivalNs());
    receive(8);
    assertEquals(32, path.counters().value(Counter.FRAMES_FROM_KERNEL));
    wire.accept(Integer.MAX_VALUE);
    receiveAll(9);
    assertEquals(80, sent(wire).size());
    assertEquals(Long.MAX_VALUE, path.nextArrivalNs());
  }

  // ---- What else a link is

  @Test
  void theStackChoosesPortsThatNoRuleAsksFor() {
    assertFalse(path.flows().arrivesHere(OUR, 22, PEER, 9));
    assertTrue(path.flows().arrivesHere(OUR, 80, PEER, 22));
    assertEquals(0, path.flows().number());
  }

  @Test
  void closingReleasesWhatWaits() {
    wire.accept(0);
    kernel.inject(fromKernel(GRE, FAR, new byte[20]));
    receive(0);
    assertEquals(1, pool.inUse());
    path.close();
    assertEquals(0, pool.inUse());
    wire.inject(web(1));
    kernel.inject(fromKernel(GRE, FAR, new byte[20]));
    assertFrames(receive(0));
    path.close();
  }

  @Test
  void bothLinksHaveOnePool() {
    final ScriptLink other = new ScriptLink(OUR_MAC, 1500, 8);
    assertNotSame(pool, other.pool());
    assertThrows(IllegalArgumentException.class, () -> path(wire, other));
  }
}
