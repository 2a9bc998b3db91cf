package io.ustack.link;

import io.ustack.buffer.Checksum;
import io.ustack.buffer.Packet;
import java.nio.ByteBuffer;

/**
 * What a link without checksum offload does in software: fills in checksums on transmit and
 * verifies them on receive.
 *
 * <p>It looks for IPv4 behind a plain Ethernet header, and for TCP and UDP behind that, by offset
 * alone. Whatever the bytes are, it reads and writes only inside the frame: a frame whose checksum
 * can't be found (another EtherType, a VLAN tag, lengths that lie, a fragment) is left as it is.
 */
public final class SoftwareChecksum {
  private static final int TX_FLAGS =
      Packet.TX_IPV4_CHECKSUM | Packet.TX_TCP_CHECKSUM | Packet.TX_UDP_CHECKSUM;
  private static final int RX_FLAGS = Packet.RX_IPV4_CHECKSUM_BAD | Packet.RX_L4_CHECKSUM_BAD;

  // RFC 894: destination, source, type.
  private static final int ETHERTYPE_OFFSET = 12;
  private static final int ETHERNET_HEADER_BYTES = 14;
  private static final int ETHERTYPE_IPV4 = 0x0800;

  // RFC 791 3.1, from the start of the IPv4 header.
  private static final int TOTAL_LENGTH_OFFSET = 2;
  private static final int FRAGMENT_OFFSET = 6;
  private static final int FRAGMENT_MASK = 0x3FFF; // more fragments, or an offset
  private static final int PROTOCOL_OFFSET = 9;
  private static final int IPV4_CHECKSUM_OFFSET = 10;
  private static final int SOURCE_OFFSET = 12;
  private static final int DESTINATION_OFFSET = 16;
  private static final int IPV4_HEADER_BYTES = 20;

  // RFC 9293 3.1, from the start of the TCP header.
  private static final int PROTOCOL_TCP = 6;
  private static final int TCP_CHECKSUM_OFFSET = 16;
  private static final int TCP_HEADER_BYTES = 20;

  // RFC 768, from the start of the UDP header.
  private static final int PROTOCOL_UDP = 17;
  private static final int UDP_LENGTH_OFFSET = 4;
  private static final int UDP_CHECKSUM_OFFSET = 6;
  private static final int UDP_HEADER_BYTES = 8;

  private SoftwareChecksum() {}

  /**
   * Fills in what the frame's {@code TX_} flags ask for, and clears them: the bytes are final then.
   */
  public static void fill(final Packet frame) {
    final int wanted = frame.flags() & TX_FLAGS;
    if (wanted == 0) {
      return;
    }
    frame.flags(frame.flags() & ~TX_FLAGS);
    final int headerBytes = ipv4HeaderBytes(frame);
    if (headerBytes == 0) {
      return;
    }
    final ByteBuffer bytes = frame.bytes();
    final int ip = frame.offset() + ETHERNET_HEADER_BYTES;
    if ((wanted & Packet.TX_IPV4_CHECKSUM) != 0) {
      bytes.putShort(ip + IPV4_CHECKSUM_OFFSET, (short) 0);
      final int checksum = Checksum.fold(Checksum.add(0, bytes, ip, headerBytes));
      bytes.putShort(ip + IPV4_CHECKSUM_OFFSET, (short) checksum);
    }
    if ((wanted & (Packet.TX_TCP_CHECKSUM | Packet.TX_UDP_CHECKSUM)) != 0) {
      fillTransport(frame, headerBytes);
    }
  }

  /**
   * Sets the frame's {@code RX_..._CHECKSUM_BAD} flags to what its bytes say now, whatever they
   * said before.
   */
  public static void verify(final Packet frame) {
    frame.flags((frame.flags() & ~RX_FLAGS) | verdict(frame));
  }

  private static int verdict(final Packet frame) {
    final int headerBytes = ipv4HeaderBytes(frame);
    if (headerBytes == 0) {
      return 0;
    }
    final ByteBuffer bytes = frame.bytes();
    final int ip = frame.offset() + ETHERNET_HEADER_BYTES;
    if (Checksum.fold(Checksum.add(0, bytes, ip, headerBytes)) != 0) {
      return Packet
          .RX_IPV4_CHECKSUM_BAD; // its lengths can't be trusted, so nothing further is looked at
    }
    final int length = transportBytes(frame, headerBytes);
    if (length == 0) {
      return 0;
    }
    final int transport = ip + headerBytes;
    final int protocol = bytes.get(ip + PROTOCOL_OFFSET);
    if (protocol == PROTOCOL_UDP && bytes.getShort(transport + UDP_CHECKSUM_OFFSET) == 0) {
      return 0; // RFC 768: an all zero checksum means that the transmitter generated none
    }
    return transportChecksum(bytes, ip, transport, protocol, length) == 0
        ? 0
        : Packet.RX_L4_CHECKSUM_BAD;
  }

  private static void fillTransport(final Packet frame, final int headerBytes) {
    final int length = transportBytes(frame, headerBytes);
    if (length == 0) {
      return;
    }
    final ByteBuffer bytes = frame.bytes();
    final int ip = frame.offset() + ETHERNET_HEADER_BYTES;
    final int transport = ip + headerBytes;
    final int protocol = bytes.get(ip + PROTOCOL_OFFSET);
    final int field =
        transport + (protocol == PROTOCOL_TCP ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET);
    bytes.putShort(field, (short) 0);
    final int checksum = transportChecksum(bytes, ip, transport, protocol, length);
    // RFC 768: a computed zero is sent as all ones, because zero means "none".
    bytes.putShort(field, (short) (checksum == 0 && protocol == PROTOCOL_UDP ? 0xFFFF : checksum));
  }

  private static int transportChecksum(
      final ByteBuffer bytes,
      final int ip,
      final int transport,
      final int protocol,
      final int length) {
    final int source = bytes.getInt(ip + SOURCE_OFFSET);
    final int destination = bytes.getInt(ip + DESTINATION_OFFSET);
    final long pseudo = Checksum.addPseudoHeader(0, source, destination, protocol, length);
    return Checksum.fold(Checksum.add(pseudo, bytes, transport, length));
  }

  /** Length of the IPv4 header; 0 when the frame has none that lies inside it. */
  private static int ipv4HeaderBytes(final Packet frame) {
    if (frame.length() < ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES) {
      return 0;
    }
    final ByteBuffer bytes = frame.bytes();
    final int start = frame.offset();
    final int first = bytes.get(start + ETHERNET_HEADER_BYTES) & 0xFF;
    final int headerBytes = (first & 0xF) * 4;
    final boolean inside =
        bytes.getShort(start + ETHERTYPE_OFFSET) == ETHERTYPE_IPV4
            && first >>> 4 == 4
            && headerBytes >= IPV4_HEADER_BYTES
            && ETHERNET_HEADER_BYTES + headerBytes <= frame.length();
    return inside ? headerBytes : 0;
  }

  /** Bytes that the TCP or UDP checksum covers; 0 when it can't be found. */
  private static int transportBytes(final Packet frame, final int headerBytes) {
    final ByteBuffer bytes = frame.bytes();
    final int ip = frame.offset() + ETHERNET_HEADER_BYTES;
    final int payload = (bytes.getShort(ip + TOTAL_LENGTH_OFFSET) & 0xFFFF) - headerBytes;
    if ((bytes.getShort(ip + FRAGMENT_OFFSET) & FRAGMENT_MASK) != 0
        || ip + headerBytes + payload > frame.end()) {
      return 0;
    }
    final int protocol = bytes.get(ip + PROTOCOL_OFFSET);
    if (protocol == PROTOCOL_TCP) {
      return payload >= TCP_HEADER_BYTES ? payload : 0;
    }
    if (protocol != PROTOCOL_UDP || payload < UDP_HEADER_BYTES) {
      return 0;
    }
    // RFC 768: the sum covers the datagram's own length, which may be less than the packet carries.
    final int length = bytes.getShort(ip + headerBytes + UDP_LENGTH_OFFSET) & 0xFFFF;
    return length >= UDP_HEADER_BYTES && length <= payload ? length : 0;
  }
}
