package io.ustack.testing;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Frames written byte by byte from the RFCs, checksums included, so that tests do not lean on what
 * they test.
 */
public final class Frames {
  public static final int ETHERNET = 14;
  public static final int IPV4 = ETHERNET + 20;
  public static final long BROADCAST_MAC = 0xFFFF_FFFF_FFFFL;

  private Frames() {}

  public static byte[] ethernet(
      final long destination, final long source, final int type, final byte[] payload) {
    final ByteBuffer frame = ByteBuffer.allocate(ETHERNET + payload.length);
    mac(frame, destination);
    mac(frame, source);
    return frame.putShort((short) type).put(payload).array();
  }

  /** An ARP packet, without Ethernet header. */
  public static byte[] arp(
      final int operation,
      final long senderMac,
      final int sender,
      final long targetMac,
      final int target) {
    final ByteBuffer packet = ByteBuffer.allocate(28);
    packet.putShort((short) 1).putShort((short) 0x0800).put((byte) 6).put((byte) 4);
    packet.putShort((short) operation);
    mac(packet, senderMac);
    packet.putInt(sender);
    mac(packet, targetMac);
    return packet.putInt(target).array();
  }

  /** An IPv4 packet without options, with DF and TTL 64. */
  public static byte[] ipv4(
      final int protocol, final int source, final int destination, final byte[] payload) {
    final ByteBuffer packet = ByteBuffer.allocate(20 + payload.length);
    packet.put((byte) 0x45).put((byte) 0).putShort((short) (20 + payload.length));
    packet.putShort((short) 0).putShort((short) 0x4000);
    packet.put((byte) 64).put((byte) protocol).putShort((short) 0);
    packet.putInt(source).putInt(destination).put(payload);
    packet.putShort(10, (short) checksum(packet.array(), 0, 20, 0));
    return packet.array();
  }

  /** Makes the header checksum of an IPv4 packet right again after a change. */
  public static byte[] fixIpv4(final byte[] packet) {
    final ByteBuffer bytes = ByteBuffer.wrap(packet).putShort(10, (short) 0);
    final int header = Math.min((packet[0] & 0xF) * 4, packet.length);
    bytes.putShort(10, (short) checksum(packet, 0, header, 0));
    return packet;
  }

  /** A UDP datagram, for {@link #ipv4}. */
  public static byte[] udp(
      final int source,
      final int sourcePort,
      final int destination,
      final int destinationPort,
      final byte[] payload) {
    final int length = 8 + payload.length;
    final ByteBuffer datagram = ByteBuffer.allocate(length);
    datagram.putShort((short) sourcePort).putShort((short) destinationPort);
    datagram.putShort((short) length).putShort((short) 0).put(payload);
    final long pseudo = pseudoHeader(17, source, destination, length);
    final int checksum = checksum(datagram.array(), 0, length, pseudo);
    datagram.putShort(6, (short) (checksum == 0 ? 0xFFFF : checksum));
    return datagram.array();
  }

  /** A TCP segment without options, for {@link #ipv4}; {@code flags} are the low eight bits. */
  public static byte[] tcp(
      final int source,
      final int sourcePort,
      final int destination,
      final int destinationPort,
      final int sequence,
      final int acknowledgment,
      final int flags,
      final int window,
      final byte[] payload) {
    final int length = 20 + payload.length;
    final ByteBuffer segment = ByteBuffer.allocate(length);
    segment.putShort((short) sourcePort).putShort((short) destinationPort);
    segment.putInt(sequence).putInt(acknowledgment);
    segment.put((byte) 0x50).put((byte) flags).putShort((short) window).putInt(0).put(payload);
    final long pseudo = pseudoHeader(6, source, destination, length);
    segment.putShort(16, (short) checksum(segment.array(), 0, length, pseudo));
    return segment.array();
  }

  /** An ICMP message; {@code rest} is bytes 4 to 7. */
  public static byte[] icmp(final int type, final int code, final int rest, final byte[] data) {
    final ByteBuffer message = ByteBuffer.allocate(8 + data.length);
    message.put((byte) type).put((byte) code).putShort((short) 0).putInt(rest).put(data);
    message.putShort(2, (short) checksum(message.array(), 0, message.capacity(), 0));
    return message.array();
  }

  /**
   * Makes the checksums of a frame right, as far as its bytes say where they are: of the IPv4
   * header, and of TCP, UDP or ICMP behind it.
   */
  public static byte[] fixFrame(final byte[] frame) {
    if (frame.length < IPV4 || frame[12] != 8 || frame[13] != 0 || frame[ETHERNET] >>> 4 != 4) {
      return frame;
    }
    final ByteBuffer bytes = ByteBuffer.wrap(frame);
    final int header = (frame[ETHERNET] & 0xF) * 4;
    if (header < 20 || ETHERNET + header > frame.length) {
      return frame;
    }
    bytes.putShort(ETHERNET + 10, (short) 0);
    bytes.putShort(ETHERNET + 10, (short) checksum(frame, ETHERNET, header, 0));
    final int length = (bytes.getShort(ETHERNET + 2) & 0xFFFF) - header;
    final int protocol = frame[ETHERNET + 9];
    final int field = protocol == 6 ? 16 : protocol == 17 ? 6 : protocol == 1 ? 2 : -1;
    final int at = ETHERNET + header;
    if (field < 0 || length < field + 2 || at + length > frame.length) {
      return frame;
    }
    final long pseudo =
        protocol == 1
            ? 0
            : pseudoHeader(
                protocol, bytes.getInt(ETHERNET + 12), bytes.getInt(ETHERNET + 16), length);
    bytes.putShort(at + field, (short) 0);
    bytes.putShort(at + field, (short) checksum(frame, at, length, pseudo));
    return frame;
  }

  /** RFC 1071 over a range, added to {@code sum}; 0 when the range holds a right checksum. */
  public static int checksum(final byte[] bytes, final int from, final int length, final long sum) {
    long total = sum;
    for (int i = 0; i < length; i++) {
      total += (bytes[from + i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
    }
    while (total >>> 16 != 0) {
      total = (total & 0xFFFF) + (total >>> 16);
    }
    return (int) ~total & 0xFFFF;
  }

  /** The unfolded sum of the pseudo-header of RFC 768 and RFC 9293 3.1. */
  public static long pseudoHeader(
      final int protocol, final int source, final int destination, final int length) {
    return (long) (source >>> 16)
        + (source & 0xFFFF)
        + (destination >>> 16)
        + (destination & 0xFFFF)
        + protocol
        + length;
  }

  /** A payload of this length in which no two neighbours are alike. */
  public static byte[] payload(final int length) {
    final byte[] payload = new byte[length];
    for (int i = 0; i < length; i++) {
      payload[i] = (byte) (i * 7 + i / 256);
    }
    return payload;
  }

  /** What is behind the first {@code skip} bytes. */
  public static byte[] tail(final byte[] bytes, final int skip) {
    return Arrays.copyOfRange(bytes, skip, bytes.length);
  }

  private static void mac(final ByteBuffer target, final long address) {
    target.putShort((short) (address >>> 32)).putInt((int) address);
  }
}
