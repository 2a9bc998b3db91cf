package io.ustack.robust;

import static io.ustack.robust.Target.CLIENT_PORT;
import static io.ustack.robust.Target.ECHO_IDENTIFIER;
import static io.ustack.robust.Target.OUR_ISN;
import static io.ustack.robust.Target.PEER_ISN;
import static io.ustack.robust.Target.PEER_SERVER_PORT;
import static io.ustack.robust.Target.TCP_PORT;
import static io.ustack.robust.Target.UDP_PORT;
import static io.ustack.testing.TestNet.OUR;
import static io.ustack.testing.TestNet.OUR_MAC;
import static io.ustack.testing.TestNet.PEER;
import static io.ustack.testing.TestNet.PEER_MAC;
import static io.ustack.testing.TestNet.ipv4ToUs;
import static io.ustack.testing.TestNet.toUs;

import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Good frames of each protocol, in an order in which they make sense to a {@link Target}. */
final class Seeds {
  private static final int FIN = 1;
  private static final int SYN = 2;
  private static final int RST = 4;
  private static final int PSH = 8;
  private static final int ACK = 16;

  private Seeds() {}

  static Map<String, byte[]> frames() {
    final Map<String, byte[]> frames = new LinkedHashMap<>();
    links(frames);
    internet(frames);
    transports(frames);
    return frames;
  }

  private static void links(final Map<String, byte[]> frames) {
    frames.put(
        "arp-request",
        Frames.ethernet(
            Frames.BROADCAST_MAC,
            PEER_MAC,
            TestNet.ARP_TYPE,
            Arrays.copyOf(Frames.arp(1, PEER_MAC, PEER, 0, OUR), 46)));
    frames.put("arp-reply", toUs(TestNet.ARP_TYPE, Frames.arp(2, PEER_MAC, PEER, OUR_MAC, OUR)));
    frames.put("vlan", toUs(0x8100, Frames.payload(50)));
    frames.put("ipv6", toUs(0x86DD, Frames.payload(60)));
  }

  private static void internet(final Map<String, byte[]> frames) {
    frames.put("icmp-echo", ipv4ToUs(1, Frames.icmp(8, 0, 77, Frames.payload(40))));
    frames.put(
        "icmp-echo-reply",
        ipv4ToUs(1, Frames.icmp(0, 0, (ECHO_IDENTIFIER << 16) | 1, new byte[8])));
    final byte[] fragment = Frames.ipv4(17, PEER, OUR, Frames.payload(64));
    fragment[6] = 0x20;
    frames.put("ipv4-fragment", toUs(TestNet.IPV4_TYPE, Frames.fixIpv4(fragment)));
    frames.put("ipv4-options", options());
    frames.put("ipv4-unknown-protocol", ipv4ToUs(253, Frames.payload(30)));
  }

  private static byte[] options() {
    final byte[] plain = Frames.ipv4(1, PEER, OUR, Frames.icmp(8, 0, 1, new byte[4]));
    final byte[] packet = new byte[plain.length + 8];
    System.arraycopy(plain, 0, packet, 0, 20);
    System.arraycopy(new byte[] {7, 7, 4, 0, 0, 0, 0, 0}, 0, packet, 20, 8);
    System.arraycopy(plain, 20, packet, 28, plain.length - 20);
    packet[0] = 0x47;
    packet[3] = (byte) packet.length;
    return toUs(TestNet.IPV4_TYPE, Frames.fixIpv4(packet));
  }

  private static void transports(final Map<String, byte[]> frames) {
    frames.put("udp", ipv4ToUs(17, Frames.udp(PEER, 9, OUR, UDP_PORT, Frames.payload(20))));
    frames.put("udp-no-port", ipv4ToUs(17, Frames.udp(PEER, 9, OUR, 999, new byte[1])));
    frames.put("tcp-syn", toListener(PEER_ISN, 0, SYN, new byte[0], 2, 4, 5, 0xB4, 3, 3, 7, 0));
    frames.put("tcp-ack", toListener(PEER_ISN + 1, OUR_ISN + 1, ACK, new byte[0]));
    frames.put("tcp-data", toListener(PEER_ISN + 1, OUR_ISN + 1, ACK | PSH, Frames.payload(300)));
    frames.put(
        "tcp-ahead", toListener(PEER_ISN + 601, OUR_ISN + 1, ACK | PSH, Frames.payload(300)));
    frames.put("tcp-fin", toListener(PEER_ISN + 301, OUR_ISN + 301, ACK | FIN, new byte[0]));
    frames.put("tcp-reset", toListener(PEER_ISN + 1, 0, RST, new byte[0]));
    frames.put("tcp-syn-ack", toClient(PEER_ISN, OUR_ISN + 1, SYN | ACK, new byte[0]));
    frames.put("tcp-client-data", toClient(PEER_ISN + 1, OUR_ISN + 1, ACK, Frames.payload(99)));
    frames.put("tcp-client-fin", toClient(PEER_ISN + 100, OUR_ISN + 1, ACK | FIN, new byte[0]));
    final byte[] syn = segment(CLIENT_PORT, PEER_SERVER_PORT, OUR_ISN, 0, SYN, new byte[0]);
    final byte[] sent = Frames.ipv4(6, OUR, PEER, syn);
    frames.put("icmp-unreachable", ipv4ToUs(1, Frames.icmp(3, 1, 0, Arrays.copyOf(sent, 28))));
  }

  private static byte[] toListener(
      final int sequence,
      final int acknowledgment,
      final int flags,
      final byte[] payload,
      final int... options) {
    final byte[] plain = segment(40_000, TCP_PORT, sequence, acknowledgment, flags, payload);
    final byte[] segment = new byte[plain.length + options.length];
    System.arraycopy(plain, 0, segment, 0, 20);
    for (int i = 0; i < options.length; i++) {
      segment[20 + i] = (byte) options[i];
    }
    System.arraycopy(plain, 20, segment, 20 + options.length, payload.length);
    segment[12] = (byte) ((5 + options.length / 4) << 4);
    return Frames.fixFrame(ipv4ToUs(6, segment));
  }

  private static byte[] toClient(
      final int sequence, final int acknowledgment, final int flags, final byte[] payload) {
    return Frames.fixFrame(
        ipv4ToUs(
            6, segment(PEER_SERVER_PORT, CLIENT_PORT, sequence, acknowledgment, flags, payload)));
  }

  private static byte[] segment(
      final int sourcePort,
      final int destinationPort,
      final int sequence,
      final int acknowledgment,
      final int flags,
      final byte[] payload) {
    return Frames.tcp(
        PEER, sourcePort, OUR, destinationPort, sequence, acknowledgment, flags, 65_535, payload);
  }
}
