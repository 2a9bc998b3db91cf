package io.ustack.kernel;

import static io.ustack.testing.TestNet.ARP_TYPE;
import static io.ustack.testing.TestNet.FAR;
import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.SUBNET_BROADCAST;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static io.ustack.testing.TestNet.toUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counters;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.ipv4.LocalAddresses;
import io.ustack.link.SoftwareChecksum;
import io.ustack.testing.Frames;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gets a frame of each kind. */
class FrameSorterTest {
  private static final String STACK = "stack";
  private static final String KERNEL = "kernel";
  private static final String WANTED = "wanted by the kernel";
  private static final String BOTH = "both";
  private static final String BOTH_WANTED = "both, wanted by the kernel";

  private static final long OSPF_MAC = 0x01_00_5E_00_00_05L;
  private static final int OSPF_GROUP = Ipv4Address.parse("224.0.0.5");
  private static final int SYN = 0x02;
  private static final int ACK = 0x10;
  private static final int TCP = 6;
  private static final int UDP = 17;
  private static final int ICMP = 1;
  private static final int GRE = 47;

  private final MemoryPacketPool pool = new MemoryPacketPool(4, 1514);
  private final KernelFlows flows = new KernelFlows(64, new Counters());
  private FrameSorter sorter = sorter("tcp/22,udp/161,proto/89,from/203.0.113.0/24");

  private FrameSorter sorter(final String rules) {
    return new FrameSorter(
        OUR_MAC, new LocalAddresses(new Ipv4Subnet(OUR, 24)), KernelRules.parse(rules), flows);
  }

  @AfterEach
  void nothingIsLeft() {
    assertEquals(0, pool.inUse());
  }

  private Packet packet(final byte[] frame) {
    final Packet packet = Objects.requireNonNull(pool.allocate());
    packet.bytes().put(packet.append(frame.length), frame);
    SoftwareChecksum.verify(packet);
    return packet;
  }

  private void assertGets(final String who, final byte[] frame) {
    final Packet packet = packet(frame);
    final int to = sorter.of(packet, 0);
    packet.release();
    final String name =
        switch (to) {
          case FrameSorter.STACK -> STACK;
          case FrameSorter.KERNEL -> KERNEL;
          case FrameSorter.KERNEL | FrameSorter.WANTED -> WANTED;
          case FrameSorter.STACK | FrameSorter.KERNEL -> BOTH;
          case FrameSorter.STACK | FrameSorter.KERNEL | FrameSorter.WANTED -> BOTH_WANTED;
          default -> "bits " + to;
        };
    assertEquals(who, name);
  }

  private void kernelSends(final int protocol, final int to, final byte[] payload) {
    final Packet packet =
        packet(
            Frames.ethernet(PEER_MAC, OUR_MAC, IPV4_TYPE, Frames.ipv4(protocol, OUR, to, payload)));
    sorter.sent(packet, 0);
    packet.release();
  }

  private static byte[] tcp(final int from, final int fromPort, final int port) {
    return packetToUs(
        TCP, from, Frames.tcp(from, fromPort, OUR, port, 1, 0, SYN, 500, new byte[0]));
  }

  private static byte[] udp(final int from, final int fromPort, final int port) {
    return packetToUs(UDP, from, Frames.udp(from, fromPort, OUR, port, new byte[3]));
  }

  private static byte[] packetToUs(final int protocol, final int from, final byte[] payload) {
    return toUs(IPV4_TYPE, Frames.ipv4(protocol, from, OUR, payload));
  }

  /** An error from a router about what we sent. */
  private static byte[] error(final int type, final byte[] quote) {
    return ipv4ToUs(ICMP, Frames.icmp(type, 1, 0, Arrays.copyOf(quote, 28)));
  }

  private static byte[] arp(
      final long to, final int operation, final int sender, final int target) {
    return Frames.ethernet(
        to, PEER_MAC, ARP_TYPE, Frames.arp(operation, PEER_MAC, sender, 0, target));
  }

  // ---- Ethernet

  @Test
  void otherEtherTypesAreTheKernels() {
    assertGets(KERNEL, toUs(0x86DD, new byte[60]));
    assertGets(KERNEL, toUs(0x8100, new byte[60]));
    assertGets(KERNEL, Frames.ethernet(0x01_80_C2_00_00_0EL, PEER_MAC, 0x88CC, new byte[60]));
    assertGets(KERNEL, Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, 0x1234, new byte[60]));
  }

  @Test
  void anotherHostsFramesAndBrokenOnesAreTheStacksToCount() {
    assertGets(STACK, Frames.ethernet(OUR_MAC + 4, PEER_MAC, 0x86DD, new byte[60]));
    assertGets(STACK, Frames.ethernet(OUR_MAC, OSPF_MAC, 0x86DD, new byte[60]));
    assertGets(STACK, new byte[13]);
  }

  @Test
  void groupsAreTheKernels() {
    final byte[] hello = Frames.ipv4(89, PEER, OSPF_GROUP, new byte[44]);
    assertGets(WANTED, Frames.ethernet(OSPF_MAC, PEER_MAC, IPV4_TYPE, hello));
    final byte[] query = Frames.ipv4(2, PEER, OSPF_GROUP, new byte[8]);
    assertGets(KERNEL, Frames.ethernet(OSPF_MAC, PEER_MAC, IPV4_TYPE, query));
  }

  // ---- ARP

  @Test
  void oneAnswersRequestsForTheAddress() {
    assertGets(STACK, arp(Frames.BROADCAST_MAC, 1, PEER, OUR));
    assertGets(STACK, arp(OUR_MAC, 1, PEER, OUR));
  }

  @Test
  void bothLearnOfNeighbours() {
    assertGets(BOTH, arp(Frames.BROADCAST_MAC, 1, PEER, PEER));
    assertGets(BOTH, arp(Frames.BROADCAST_MAC, 1, PEER, PEER + 100));
    assertGets(BOTH_WANTED, arp(OUR_MAC, 2, PEER, OUR));
    assertGets(BOTH, arp(Frames.BROADCAST_MAC, 2, PEER, PEER));
    assertGets(STACK, toUs(ARP_TYPE, new byte[28]));
  }

  // ---- IPv4

  @Test
  void otherAddressesAreTheKernels() {
    assertGets(KERNEL, toUs(IPV4_TYPE, Frames.ipv4(TCP, PEER, FAR, new byte[20])));
    assertGets(KERNEL, toUs(IPV4_TYPE, Frames.ipv4(TCP, PEER, OUR + 1, new byte[20])));
    final int wanted = Ipv4Address.parse("203.0.113.9");
    assertGets(WANTED, toUs(IPV4_TYPE, Frames.ipv4(TCP, wanted, FAR, new byte[20])));
  }

  @Test
  void bothGetBroadcasts() {
    final byte[] datagram = Frames.udp(PEER, 68, -1, 67, new byte[9]);
    for (final int everybody : new int[] {-1, SUBNET_BROADCAST}) {
      final byte[] packet = Frames.ipv4(UDP, PEER, everybody, datagram);
      assertGets(BOTH, Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, IPV4_TYPE, packet));
    }
    final byte[] segment = Frames.ipv4(TCP, PEER, SUBNET_BROADCAST, new byte[20]);
    assertGets(STACK, Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, IPV4_TYPE, segment));
  }

  @Test
  void aPacketToUsInAFrameToManyIsTheStacksToCount() {
    final byte[] packet =
        Frames.ipv4(TCP, PEER, OUR, Frames.tcp(PEER, 9, OUR, 22, 1, 0, SYN, 5, new byte[0]));
    assertGets(STACK, Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, IPV4_TYPE, packet));
  }

  @Test
  void otherProtocolsAreTheKernels() {
    assertGets(KERNEL, ipv4ToUs(GRE, new byte[8]));
    assertGets(WANTED, ipv4ToUs(89, new byte[44]));
  }

  @Test
  void whatIsBrokenIsTheStacksToCount() {
    final byte[] wrongSum = tcp(PEER, 9, 22);
    wrongSum[Frames.ETHERNET + 8]--; // TTL
    assertGets(STACK, wrongSum);
    assertGets(STACK, Arrays.copyOf(tcp(PEER, 9, 22), Frames.ETHERNET + 19));
    assertGets(STACK, ipv4ToUs(TCP, new byte[3]));
    assertGets(STACK, ipv4ToUs(ICMP, new byte[] {13, 0, 0, 0, 0, 0, 0}));
  }

  /** The kernel counts it as such. */
  @Test
  void aWrongChecksumOfTcpIsTheKernelsToFind() {
    final byte[] segment = tcp(PEER, 9, 22);
    segment[Frames.IPV4 + 16] ^= 1;
    assertGets(WANTED, segment);
  }

  @Test
  void portsAndNetworks() {
    assertGets(WANTED, tcp(PEER, 9, 22));
    assertGets(STACK, tcp(PEER, 22, 80));
    assertGets(STACK, tcp(PEER, 9, 161));
    assertGets(WANTED, udp(PEER, 9, 161));
    assertGets(STACK, udp(PEER, 161, 22));
    assertGets(WANTED, tcp(Ipv4Address.parse("203.0.113.200"), 9, 80));
  }

  /** Only the first has ports; and the stack puts nothing together. */
  @Test
  void laterFragmentsAreTheKernels() {
    final byte[] first = udp(PEER, 9, 161);
    first[Frames.ETHERNET + 6] = 0x20;
    assertGets(WANTED, Frames.fixFrame(first));
    final byte[] firstOfOurs = udp(PEER, 9, 7);
    firstOfOurs[Frames.ETHERNET + 6] = 0x20;
    assertGets(STACK, Frames.fixFrame(firstOfOurs));
    final byte[] later = udp(PEER, 9, 7);
    later[Frames.ETHERNET + 7] = 5;
    assertGets(KERNEL, Frames.fixFrame(later));
  }

  // ---- What the kernel began

  @Test
  void answersToTheKernelFindIt() {
    assertGets(STACK, tcp(FAR, 443, 40_000));
    kernelSends(TCP, FAR, Frames.tcp(OUR, 40_000, FAR, 443, 1, 0, SYN, 500, new byte[0]));
    assertGets(WANTED, tcp(FAR, 443, 40_000));
    assertGets(STACK, tcp(FAR, 444, 40_000));
    assertGets(STACK, tcp(PEER, 443, 40_000));
    assertGets(STACK, udp(FAR, 443, 40_000));
    kernelSends(UDP, FAR, Frames.udp(OUR, 50_000, FAR, 53, new byte[5]));
    assertGets(WANTED, udp(FAR, 53, 50_000));
    assertGets(STACK, udp(FAR, 54, 50_000));
  }

  /** Else a peer of one rule could have the kernel take ports of the stack away. */
  @Test
  void whatARuleAsksForIsNotRemembered() {
    sorter = sorter("from/198.51.100.0/24");
    kernelSends(TCP, FAR, Frames.tcp(OUR, 80, FAR, 443, 1, 0, ACK, 500, new byte[0]));
    assertGets(WANTED, tcp(FAR, 443, 80));
    assertFalse(flows.knows(TCP, FAR, 443, 80, 0));
  }

  @Test
  void onlyWhatTheKernelSendsToOneFromTheAddressIsRemembered() {
    final byte[] segment = Frames.tcp(OUR + 1, 40_000, FAR, 443, 1, 0, SYN, 5, new byte[0]);
    final byte[] packet = Frames.ipv4(TCP, OUR + 1, FAR, segment);
    final Packet fromAlias = packet(Frames.ethernet(PEER_MAC, OUR_MAC, IPV4_TYPE, packet));
    sorter.sent(fromAlias, 0);
    fromAlias.release();
    assertGets(STACK, tcp(FAR, 443, 40_000));
    final byte[] query = Frames.ipv4(UDP, OUR, OSPF_GROUP, Frames.udp(OUR, 9, FAR, 9, new byte[1]));
    final Packet toGroup = packet(Frames.ethernet(OSPF_MAC, OUR_MAC, IPV4_TYPE, query));
    sorter.sent(toGroup, 0);
    toGroup.release();
    assertGets(STACK, udp(OSPF_GROUP, 9, 9));
  }

  @Test
  void pings() {
    final byte[] reply = ipv4ToUs(ICMP, Frames.icmp(0, 0, 77 << 16 | 1, new byte[8]));
    assertGets(STACK, reply);
    kernelSends(ICMP, PEER, Frames.icmp(8, 0, 77 << 16 | 1, new byte[8]));
    assertGets(WANTED, reply);
    assertGets(STACK, ipv4ToUs(ICMP, Frames.icmp(0, 0, 78 << 16 | 1, new byte[8])));
    final byte[] fromRuled = Frames.icmp(0, 0, 79 << 16 | 1, new byte[8]);
    assertGets(WANTED, packetToUs(ICMP, Ipv4Address.parse("203.0.113.9"), fromRuled));
    final byte[] request = ipv4ToUs(ICMP, Frames.icmp(8, 0, 77 << 16 | 1, new byte[8]));
    assertGets(STACK, request);
    sorter = sorter("icmp");
    assertGets(WANTED, request);
    assertGets(STACK, ipv4ToUs(ICMP, Frames.icmp(0, 0, 78 << 16 | 1, new byte[8])));
  }

  @Test
  void otherMessagesAreTheKernels() {
    assertGets(KERNEL, ipv4ToUs(ICMP, Frames.icmp(13, 0, 0, new byte[12])));
    sorter = sorter("icmp");
    assertGets(WANTED, ipv4ToUs(ICMP, Frames.icmp(13, 0, 0, new byte[12])));
  }

  /** A rule for ICMP does not take from the stack what happens to its connections. */
  @Test
  void errorsGoToWhomTheyAreAbout() {
    sorter = sorter("icmp,tcp/22,udp/161");
    for (final int type : new int[] {3, 4, 5, 11, 12}) {
      assertGets(STACK, error(type, sentTcp(80, FAR, 9)));
      assertGets(WANTED, error(type, sentTcp(22, FAR, 9)));
      assertGets(STACK, error(type, sentTcp(40_000, FAR, 443)));
    }
    kernelSends(TCP, FAR, Frames.tcp(OUR, 40_000, FAR, 443, 1, 0, SYN, 500, new byte[0]));
    assertGets(WANTED, error(3, sentTcp(40_000, FAR, 443)));
    assertGets(STACK, error(3, sentTcp(40_000, FAR, 444)));
    final byte[] ping = Frames.icmp(8, 0, 5 << 16, new byte[0]);
    assertGets(STACK, error(3, Frames.ipv4(ICMP, OUR, FAR, ping)));
    kernelSends(ICMP, FAR, ping);
    assertGets(WANTED, error(3, Frames.ipv4(ICMP, OUR, FAR, ping)));
    assertGets(KERNEL, error(3, Frames.ipv4(GRE, OUR, FAR, new byte[8])));
  }

  private static byte[] sentTcp(final int port, final int to, final int toPort) {
    return Frames.ipv4(TCP, OUR, to, Frames.tcp(OUR, port, to, toPort, 1, 0, SYN, 5, new byte[0]));
  }

  @Test
  void quotesThatLieAreTheStacksToCount() {
    assertGets(STACK, error(3, Frames.ipv4(TCP, FAR, PEER, new byte[8])));
    final byte[] shortHeader = sentTcp(22, FAR, 9);
    shortHeader[0] = 0x44;
    assertGets(STACK, error(3, shortHeader));
    final byte[] longHeader = sentTcp(22, FAR, 9);
    longHeader[0] = 0x4F;
    assertGets(STACK, error(3, longHeader));
    final byte[] later = sentTcp(22, FAR, 9);
    later[7] = 9;
    assertGets(STACK, error(3, later));
    assertGets(STACK, ipv4ToUs(ICMP, Frames.icmp(3, 1, 0, new byte[19])));
  }

  /** What the kernel sends is its own affair, but nothing is read beyond it. */
  @Test
  void anythingFromTheKernelDoesNoHarm() {
    final byte[] segment = Frames.tcp(OUR, 40_000, FAR, 443, 1, 0, SYN, 500, new byte[0]);
    final byte[] whole =
        Frames.ethernet(PEER_MAC, OUR_MAC, IPV4_TYPE, Frames.ipv4(TCP, OUR, FAR, segment));
    for (int length = 0; length < whole.length; length++) {
      final Packet cut = packet(Frames.fixFrame(Arrays.copyOf(whole, length)));
      sorter.sent(cut, 0);
      cut.release();
    }
    for (int payload = 0; payload < 14; payload++) {
      kernelSends(TCP, FAR, Arrays.copyOf(segment, payload));
      kernelSends(ICMP, FAR, new byte[Math.min(payload, 7)]);
    }
    assertGets(STACK, tcp(FAR, 443, 40_000));
  }
}
