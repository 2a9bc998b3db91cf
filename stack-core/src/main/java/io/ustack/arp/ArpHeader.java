package io.ustack.arp;

import io.ustack.counter.DropReason;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.MacAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An ARP packet for IPv4 over Ethernet (RFC 826); 28 bytes.
 *
 * <p>Every accessor takes the absolute offset of the packet in a big-endian buffer.
 */
public final class ArpHeader {
  public static final int LENGTH_BYTES = 28;

  public static final int REQUEST = 1;
  public static final int REPLY = 2;

  /** Hardware type Ethernet and protocol type IPv4. */
  private static final int ETHERNET_IPV4 = (1 << 16) | EthernetHeader.TYPE_IPV4;

  /** Address lengths 6 and 4. */
  private static final int LENGTHS = 0x0604;

  private static final int ADDRESS_LENGTHS = 4;
  private static final int OPERATION = 6;
  private static final int SENDER_MAC = 8;
  private static final int SENDER_ADDRESS = 14;
  private static final int TARGET_MAC = 18;
  private static final int TARGET_ADDRESS = 24;

  private ArpHeader() {}

  /** Checks a received packet; {@code lengthBytes} is what the frame has left, padding included. */
  public static @Nullable DropReason validate(
      final ByteBuffer bytes, final int offset, final int lengthBytes) {
    if (lengthBytes < LENGTH_BYTES
        || bytes.getInt(offset) != ETHERNET_IPV4
        || bytes.getShort(offset + ADDRESS_LENGTHS) != LENGTHS) {
      return DropReason.ARP_MALFORMED;
    }
    final int operation = operation(bytes, offset);
    final long mac = senderMac(bytes, offset);
    final int sender = senderAddress(bytes, offset);
    // RFC 5227 1.1: the all-zero sender address is a probe, which only a request can be.
    final boolean known = operation == REQUEST || (operation == REPLY && sender != 0);
    // Nobody's address: a group's MAC, loopback, multicast, 240/4, or the rest of 0/8.
    final boolean host = sender == 0 || (sender >>> 24 != 0 && sender >>> 24 != 127);
    return !known || !host || sender >>> 29 == 7 || mac == 0 || MacAddress.isGroup(mac)
        ? DropReason.ARP_MALFORMED
        : null;
  }

  public static int operation(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + OPERATION) & 0xFFFF;
  }

  public static long senderMac(final ByteBuffer bytes, final int offset) {
    return EthernetHeader.mac(bytes, offset + SENDER_MAC);
  }

  public static int senderAddress(final ByteBuffer bytes, final int offset) {
    return bytes.getInt(offset + SENDER_ADDRESS);
  }

  public static long targetMac(final ByteBuffer bytes, final int offset) {
    return EthernetHeader.mac(bytes, offset + TARGET_MAC);
  }

  public static int targetAddress(final ByteBuffer bytes, final int offset) {
    return bytes.getInt(offset + TARGET_ADDRESS);
  }

  /** Writes the whole packet. */
  public static void write(
      final ByteBuffer bytes,
      final int offset,
      final int operation,
      final long senderMac,
      final int senderAddress,
      final long targetMac,
      final int targetAddress) {
    bytes.putInt(offset, ETHERNET_IPV4);
    bytes.putShort(offset + ADDRESS_LENGTHS, (short) LENGTHS);
    bytes.putShort(offset + OPERATION, (short) operation);
    EthernetHeader.mac(bytes, offset + SENDER_MAC, senderMac);
    bytes.putInt(offset + SENDER_ADDRESS, senderAddress);
    EthernetHeader.mac(bytes, offset + TARGET_MAC, targetMac);
    bytes.putInt(offset + TARGET_ADDRESS, targetAddress);
  }
}
