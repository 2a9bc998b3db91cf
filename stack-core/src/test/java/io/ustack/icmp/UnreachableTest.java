package io.ustack.icmp;

import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.MS;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.SECOND;
import static io.ustack.testing.TestNet.fromUs;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static io.ustack.testing.TestNet.toUs;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.TransportProtocol;
import io.ustack.readiness.Failure;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV4DestinationUnreachablePacket;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpV4Packet;

class UnreachableTest {
  private static final int ICMP = 1;
  private static final int UDP = 17;

  /** Takes what did not arrive, as protocol 6 or 17. */
  private static final class Listener implements TransportProtocol {
    private final int protocol;
    private final List<String> heard = new ArrayList<>();

    Listener(final int protocol) {
      this.protocol = protocol;
    }

    @Override
    public int protocol() {
      return protocol;
    }

    @Override
    public void input(
        final Packet packet, final int source, final int destination, final long nowNs) {
      packet.release();
    }

    @Override
    public void onUnreachable(
        final Failure failure,
        final int localAddress,
        final int localPort,
        final int remoteAddress,
        final int remotePort,
        final int quotedSequence,
        final long nowNs) {
      heard.add(
          "%s %s:%d %s:%d %08x"
              .formatted(
                  failure,
                  Ipv4Address.format(localAddress),
                  localPort,
                  Ipv4Address.format(remoteAddress),
                  remotePort,
                  quotedSequence));
    }
  }

  private static byte[] datagram(final int length) {
    return Frames.ipv4(UDP, PEER, OUR, Frames.udp(PEER, 1000, OUR, 2000, Frames.payload(length)));
  }

  /** An error as we send it: precedence internetwork control, no DF, a counted identification. */
  private static byte[] error(final int identification, final int code, final byte[] quote) {
    final byte[] packet = Frames.ipv4(ICMP, OUR, PEER, Frames.icmp(3, code, 0, quote));
    packet[1] = (byte) 0xC0;
    ByteBuffer.wrap(packet).putShort(4, (short) identification).putShort(6, (short) 0);
    return fromUs(PEER_MAC, IPV4_TYPE, Frames.fixIpv4(packet));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 548 - 28})
  @Covers(rfc = "RFC 1122", clause = "4.1.3.1", what = "port unreachable", byName = "Udp")
  void saysThatNobodyHasThePort(final int length) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] packet = datagram(length);
      net.expectDropAndAnswer(
          DropReason.UDP_NO_SOCKET, toUs(IPV4_TYPE, packet), error(1, 3, packet));
      assertEquals(1, net.count(Counter.ICMP_UNREACHABLE_OUT));
    }
  }

  /** RFC 1812 4.3.2.3: up to 576 bytes in all. */
  @ParameterizedTest
  @ValueSource(ints = {548 - 27, 1000, 1472})
  @Covers(
      rfc = "RFC 1812",
      clause = "4.3.2.3",
      what = "as much of the packet as fits 576 bytes",
      by = Icmp.class)
  void quotesNoMoreThan576BytesHold(final int length) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] packet = datagram(length);
      net.expectDropAndAnswer(
          DropReason.UDP_NO_SOCKET,
          toUs(IPV4_TYPE, packet),
          error(1, 3, Arrays.copyOf(packet, 548)));
    }
  }

  @Test
  void aSecondDecoderReadsTheQuote() throws IllegalRawDataException {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.inject(toUs(IPV4_TYPE, datagram(10)));
      final byte[] frame = net.takeFrame();
      final EthernetPacket packet = EthernetPacket.newPacket(frame, 0, frame.length);
      assertTrue(packet.get(IpV4Packet.class).getHeader().hasValidChecksum(false));
      assertTrue(packet.get(IcmpV4CommonPacket.class).hasValidChecksum(false));
      final IcmpV4DestinationUnreachablePacket error =
          packet.get(IcmpV4DestinationUnreachablePacket.class);
      final IpV4Packet quote = error.getPayload().get(IpV4Packet.class);
      assertEquals("/10.99.0.1", quote.getHeader().getSrcAddr().toString());
      assertEquals("/10.99.0.2", quote.getHeader().getDstAddr().toString());
    }
  }

  @Test
  void saysThatNobodyTakesTheProtocol() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] packet = Frames.ipv4(253, PEER, OUR, new byte[16]);
      net.expectDropAndAnswer(
          DropReason.IPV4_PROTOCOL_UNKNOWN, toUs(IPV4_TYPE, packet), error(1, 2, packet));
    }
  }

  /** RFC 1122 3.2.2: never about a packet to everybody. */
  @Test
  @Covers(
      rfc = "RFC 1122",
      clause = "3.2.2",
      what = "errors never about errors, fragments, broadcasts",
      by = Icmp.class)
  void saysNothingAboutBroadcasts() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      for (final int group : new int[] {-1, TestNet.SUBNET_BROADCAST}) {
        final byte[] udp =
            Frames.ipv4(UDP, PEER, group, Frames.udp(PEER, 1, group, 2, new byte[1]));
        net.expectDrop(
            DropReason.UDP_NO_SOCKET,
            Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, IPV4_TYPE, udp));
        net.expectDrop(
            DropReason.IPV4_PROTOCOL_UNKNOWN,
            Frames.ethernet(
                Frames.BROADCAST_MAC,
                PEER_MAC,
                IPV4_TYPE,
                Frames.ipv4(253, PEER, group, new byte[9])));
      }
    }
  }

  /** RFC 1122 3.2.2, whoever asks for it. */
  @Test
  void saysNothingAboutErrorsFragmentsAndGroups() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] right = toUs(IPV4_TYPE, datagram(8));
      assertEquals(1, errorsAbout(net, right));
      final byte[] laterFragment = right.clone();
      laterFragment[14 + 7] = 1;
      assertEquals(0, errorsAbout(net, laterFragment));
      final byte[] icmp = right.clone();
      icmp[14 + 9] = ICMP;
      assertEquals(0, errorsAbout(net, icmp));
      final byte[] toAll = right.clone();
      Arrays.fill(toAll, 0, 6, (byte) 0xFF);
      assertEquals(0, errorsAbout(net, toAll));
      final byte[] toGroup = right.clone();
      toGroup[14 + 16] = (byte) 224;
      assertEquals(0, errorsAbout(net, toGroup));
      final byte[] fromGroup = right.clone();
      fromGroup[14 + 12] = (byte) 224;
      assertEquals(0, errorsAbout(net, fromGroup));
    }
  }

  private static int errorsAbout(final TestNet net, final byte[] frame) {
    final Packet packet = net.link.pool().allocate();
    final int at = packet.append(frame.length);
    packet.bytes().put(at, frame);
    packet.networkOffset(at + 14);
    packet.transportOffset(at + 34);
    net.stack.icmp().portUnreachable(packet, net.clock.nanoTime());
    packet.release();
    net.poll();
    final int sent = net.link.sentCount();
    while (net.link.takeSent() != null) {
      // Counted.
    }
    return sent;
  }

  /** Linux: 1000 a second, 50 at once. Echo replies don't count. */
  @Test
  void saysItAtABoundedRate() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] frame = toUs(IPV4_TYPE, datagram(1));
      for (int i = 0; i < 100; i++) {
        net.inject(frame);
      }
      assertEquals(50, net.count(Counter.ICMP_UNREACHABLE_OUT));
      assertEquals(50, net.count(Counter.ICMP_RATE_LIMITED));
      net.advance(3 * MS);
      for (int i = 0; i < 10; i++) {
        net.inject(frame);
      }
      assertEquals(53, net.count(Counter.ICMP_UNREACHABLE_OUT));
      net.inject(ipv4ToUs(ICMP, Frames.icmp(8, 0, 1, new byte[1])));
      assertEquals(1, net.count(Counter.ICMP_ECHO_REPLIES_OUT));
      net.advance(SECOND);
      assertEquals(54, net.link.sentCount());
      while (net.link.takeSent() != null) {
        // Counted above.
      }
    }
  }

  /** What we sent, as a router quotes it: header and eight bytes. */
  private static byte[] quote(final int protocol, final int source) {
    final byte[] transport = {0x12, 0x34, 0, 80, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 1};
    final byte[] packet = Frames.ipv4(protocol, source, PEER, Arrays.copyOf(transport, 100));
    return Arrays.copyOf(packet, 28);
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0, NETWORK_UNREACHABLE", "3, 1, HOST_UNREACHABLE", "3, 2, CONNECTION_REFUSED",
    "3, 3, CONNECTION_REFUSED", "3, 5, HOST_UNREACHABLE", "3, 6, NETWORK_UNREACHABLE",
    "3, 7, HOST_UNREACHABLE", "3, 9, NETWORK_UNREACHABLE", "3, 10, HOST_UNREACHABLE",
    "3, 11, NETWORK_UNREACHABLE", "3, 12, HOST_UNREACHABLE", "3, 13, HOST_UNREACHABLE",
    "11, 0, HOST_UNREACHABLE", "11, 1, HOST_UNREACHABLE"
  })
  void tellsTheTransport(final int type, final int code, final Failure failure) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final Listener tcp = new Listener(6);
      final Listener udp = new Listener(UDP);
      net.stack.transports().register(tcp);
      net.stack.transports().register(udp);
      net.inject(ipv4ToUs(ICMP, Frames.icmp(type, code, 0, quote(6, OUR))));
      net.inject(ipv4ToUs(ICMP, Frames.icmp(type, code, 0, quote(UDP, OUR))));
      assertEquals(List.of(failure + " 10.99.0.2:4660 10.99.0.1:80 ffffff01"), tcp.heard);
      assertEquals(List.of(failure + " 10.99.0.2:4660 10.99.0.1:80 00000000"), udp.heard);
      assertEquals(2, net.count(Counter.ICMP_UNREACHABLE_IN));
      assertEquals(0, net.stack.counters().drops());
    }
  }

  @Test
  @Covers(rfc = "RFC 5927", clause = "4.1", what = "quotes are checked", by = Icmp.class)
  void doesNotBelieveQuotesThatAreNotOurs() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final Listener tcp = new Listener(6);
      net.stack.transports().register(tcp);
      final byte[] right = quote(6, OUR);
      for (int length = 0; length < 28; length++) {
        expectMalformed(net, Arrays.copyOf(right, length));
      }
      expectMalformed(net, quote(6, PEER));
      expectMalformed(net, changed(right, 0, 0x65));
      expectMalformed(net, changed(right, 0, 0x44));
      expectMalformed(net, changed(right, 0, 0x46));
      expectMalformed(net, changed(right, 3, 27));
      expectMalformed(net, changed(right, 7, 1));
      net.expectDrop(
          DropReason.ICMP_NO_MATCH, ipv4ToUs(ICMP, Frames.icmp(3, 1, 0, quote(253, OUR))));
      assertEquals(List.of(), tcp.heard);
    }
  }

  private static void expectMalformed(final TestNet net, final byte[] quote) {
    net.expectDrop(DropReason.ICMP_QUOTE_MALFORMED, ipv4ToUs(ICMP, Frames.icmp(3, 1, 0, quote)));
  }

  private static byte[] changed(final byte[] quote, final int at, final int value) {
    final byte[] copy = quote.clone();
    copy[at] = (byte) value;
    if (at == 3) {
      copy[2] = 0;
    }
    return copy;
  }

  /** Codes that nobody knows: counted, told to nobody. */
  @ParameterizedTest
  @ValueSource(ints = {16, 255})
  void otherCodesAreCountedOnly(final int code) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final Listener tcp = new Listener(6);
      net.stack.transports().register(tcp);
      net.expectDrop(
          DropReason.ICMP_TYPE_UNKNOWN, ipv4ToUs(ICMP, Frames.icmp(3, code, 0, quote(6, OUR))));
      assertEquals(1, net.count(Counter.ICMP_UNREACHABLE_IN));
      assertEquals(List.of(), tcp.heard);
    }
  }
}
