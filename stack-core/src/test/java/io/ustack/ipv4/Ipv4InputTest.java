package io.ustack.ipv4;

import static io.ustack.testing.TestNet.FAR;
import static io.ustack.testing.TestNet.IPV4_TYPE;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.SUBNET_BROADCAST;
import static io.ustack.testing.TestNet.toUs;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.house.Rfc9293;
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

class Ipv4InputTest {
  private static final int UDP = 17;

  /** A datagram to a port that nobody has; dropped after IPv4 accepted it. */
  private static byte[] packet(final int source, final int destination) {
    return Frames.ipv4(
        UDP, source, destination, Frames.udp(source, 9, destination, 9, new byte[1]));
  }

  private static byte[] changed(final int position, final int value) {
    final byte[] packet = packet(PEER, OUR);
    packet[position] = (byte) value;
    return toUs(IPV4_TYPE, Frames.fixIpv4(packet));
  }

  @Test
  void dropsLengthsThatLie() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] frame = toUs(IPV4_TYPE, packet(PEER, OUR));
      for (int length = 14; length < frame.length; length++) {
        net.expectDrop(DropReason.IPV4_TRUNCATED, Arrays.copyOf(frame, length));
      }
      net.expectDrop(DropReason.IPV4_VERSION, changed(0, 0x65));
      net.expectDrop(DropReason.IPV4_HEADER_LENGTH, changed(0, 0x44));
      net.expectDrop(DropReason.IPV4_HEADER_LENGTH, changed(0, 0x4F));
      net.expectDrop(DropReason.IPV4_TOTAL_LENGTH, changed(3, 19));
      net.expectDrop(DropReason.IPV4_TRUNCATED, changed(2, 0xFF));
    }
  }

  @Test
  @Covers(rfc = "RFC 791", clause = "3.1")
  void dropsAWrongChecksum() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] packet = packet(PEER, OUR);
      packet[8] = 63;
      net.expectDrop(DropReason.IPV4_CHECKSUM, toUs(IPV4_TYPE, packet));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0x2000, 0x0001, 0x2001, 0x1FFF, 0x6000})
  void dropsFragments(final int field) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      final byte[] packet = packet(PEER, OUR);
      ByteBuffer.wrap(packet).putShort(6, (short) field);
      net.expectDrop(DropReason.IPV4_FRAGMENT, toUs(IPV4_TYPE, Frames.fixIpv4(packet)));
    }
  }

  /** RFC 1122 3.2.1.3, and our own address, which nobody else on the wire has. */
  @ParameterizedTest
  @CsvSource({
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "127.9.9.9",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "10.99.0.255",
    "10.99.0.2"
  })
  @Covers(
      rfc = "RFC 1122",
      clause = "3.2.1.3",
      what = "sources and destinations that are none",
      by = Ipv4Input.class)
  @Rfc9293("MUST-63")
  void dropsSourcesThatAreNoHost(final String source) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.expectDrop(
          DropReason.IPV4_SOURCE_INVALID, toUs(IPV4_TYPE, packet(Ipv4Address.parse(source), OUR)));
    }
  }

  @ParameterizedTest
  @CsvSource({"10.99.0.3", "127.0.0.1", "224.0.0.1", "0.0.0.0", "198.51.100.7", "10.98.255.255"})
  @Covers(rfc = "RFC 1122", clause = "3.2.1.3")
  void dropsDestinationsThatAreNotUs(final String destination) {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.expectDrop(
          DropReason.IPV4_NOT_FOR_US,
          toUs(IPV4_TYPE, packet(PEER, Ipv4Address.parse(destination))));
    }
  }

  /** RFC 1122 3.3.6: a unicast packet in a broadcast frame is for nobody. */
  @Test
  @Covers(
      rfc = "RFC 1122",
      clause = "3.3.6",
      what = "no unicast in a broadcast frame",
      by = Ipv4Input.class)
  void dropsUnicastInABroadcastFrame() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.expectDrop(
          DropReason.IPV4_NOT_FOR_US,
          Frames.ethernet(Frames.BROADCAST_MAC, PEER_MAC, IPV4_TYPE, packet(PEER, OUR)));
    }
  }

  @Test
  void dropsOptionsThatRunOver() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.expectDrop(DropReason.IPV4_OPTIONS_MALFORMED, withOptions(7, 9, 4, 0));
      net.expectDrop(DropReason.IPV4_OPTIONS_MALFORMED, withOptions(1, 1, 1, 148));
    }
  }

  /** RFC 7126 4.3 and 4.4: loose and strict, at its end or not, behind others or in front. */
  @Test
  @Covers(
      rfc = "RFC 7126",
      clause = "4.3, 4.4",
      what = "packets with a source route are dropped",
      by = Ipv4Header.class)
  void dropsSourceRoutes() {
    try (TestNet net = new TestNet()) {
      net.meetPeer();
      net.expectDrop(DropReason.IPV4_SOURCE_ROUTE, withOptions(0x83, 7, 4, 10, 99, 0, 9, 0));
      net.expectDrop(DropReason.IPV4_SOURCE_ROUTE, withOptions(0x83, 7, 8, 10, 99, 0, 9, 0));
      net.expectDrop(DropReason.IPV4_SOURCE_ROUTE, withOptions(1, 0x89, 7, 4, 10, 99, 0, 9));
      net.expectDrop(DropReason.IPV4_SOURCE_ROUTE, withOptions(0x89, 3, 4, 0));
      net.expectDrop(DropReason.IPV4_OPTIONS_MALFORMED, withOptions(0x83, 3, 4, 7));
    }
  }

  private static byte[] withOptions(final int... options) {
    final byte[] plain = packet(PEER, OUR);
    final byte[] packet = new byte[plain.length + options.length];
    System.arraycopy(plain, 0, packet, 0, 20);
    for (int i = 0; i < options.length; i++) {
      packet[20 + i] = (byte) options[i];
    }
    System.arraycopy(plain, 20, packet, 20 + options.length, plain.length - 20);
    packet[0] = (byte) (0x45 + options.length / 4);
    packet[3] = (byte) (packet[3] + options.length);
    return toUs(IPV4_TYPE, Frames.fixIpv4(packet));
  }

  /** What reaches a transport, whatever the header around it. */
  private static final class Recorder implements TransportProtocol {
    private final List<byte[]> payloads = new ArrayList<>();
    private final List<String> addresses = new ArrayList<>();

    @Override
    public int protocol() {
      return 253;
    }

    @Override
    public void input(
        final Packet packet, final int source, final int destination, final long nowNs) {
      final byte[] payload = new byte[packet.end() - packet.transportOffset()];
      packet.bytes().get(packet.transportOffset(), payload);
      payloads.add(payload);
      addresses.add(Ipv4Address.format(source) + ">" + Ipv4Address.format(destination));
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
      throw new AssertionError("nothing was sent");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 18, 26, 60})
  @Covers(
      rfc = "RFC 894",
      what = "type 0x0800, padding ignored",
      by = Ipv4Input.class,
      byName = "EthernetInput")
  void cutsThePadding(final int padding) {
    try (TestNet net = new TestNet()) {
      final Recorder recorder = new Recorder();
      net.stack.transports().register(recorder);
      final byte[] payload = Frames.payload(20);
      final byte[] frame = toUs(IPV4_TYPE, Frames.ipv4(253, PEER, OUR, payload));
      net.inject(Arrays.copyOf(frame, frame.length + padding));
      assertArrayEquals(payload, recorder.payloads.get(0));
      assertEquals(List.of("10.99.0.1>10.99.0.2"), recorder.addresses);
      assertEquals(0, net.stack.counters().drops());
    }
  }

  /** RFC 1122 3.2.1.7: a host does not mind a small time to live. */
  @Test
  @Covers(rfc = "RFC 1122", clause = "3.2.1.7", what = "any TTL is accepted", by = Ipv4Input.class)
  void acceptsAnyTimeToLiveAndOptionsAndBroadcasts() {
    try (TestNet net = new TestNet()) {
      final Recorder recorder = new Recorder();
      net.stack.transports().register(recorder);
      final byte[] dying = Frames.ipv4(253, FAR, OUR, new byte[1]);
      dying[8] = 0;
      net.inject(toUs(IPV4_TYPE, Frames.fixIpv4(dying)));
      for (final int group : new int[] {-1, SUBNET_BROADCAST}) {
        net.inject(
            Frames.ethernet(
                Frames.BROADCAST_MAC,
                PEER_MAC,
                IPV4_TYPE,
                Frames.ipv4(253, PEER, group, new byte[2])));
      }
      assertEquals(
          List.of("198.51.100.7>10.99.0.2", "10.99.0.1>255.255.255.255", "10.99.0.1>10.99.0.255"),
          recorder.addresses);
      assertEquals(3, net.count(Counter.IPV4_PACKETS_IN));
      assertEquals(0, net.stack.counters().drops());
    }
  }
}
