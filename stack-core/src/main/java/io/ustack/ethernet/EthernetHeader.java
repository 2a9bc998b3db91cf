package io.ustack.ethernet;

import io.ustack.counter.DropReason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The Ethernet II header (RFC 894): destination, source, type; 14 bytes.
 *
 * <p>Every accessor takes the absolute offset of the header in a big-endian buffer.
 */
public final class EthernetHeader {
  public static final int LENGTH_BYTES = 14;

  public static final int TYPE_IPV4 = 0x0800;
  public static final int TYPE_ARP = 0x0806;
  public static final int TYPE_VLAN = 0x8100;
  public static final int TYPE_VLAN_SERVICE = 0x88A8;
  public static final int TYPE_IPV6 = 0x86DD;

  private static final int SOURCE = 6;
  private static final int TYPE = 12;

  private EthernetHeader() {}

  /** Checks what can be known from the header alone; {@code lengthBytes} is the frame's. */
  public static @Nullable DropReason validate(
      final ByteBuffer bytes, final int offset, final int lengthBytes) {
    if (lengthBytes < LENGTH_BYTES) {
      return DropReason.FRAME_TRUNCATED;
    }
    // IEEE 802.3 3.2.4: a source address is never a group address.
    return MacAddress.isGroup(source(bytes, offset)) ? DropReason.FRAME_SOURCE_INVALID : null;
  }

  public static long destination(final ByteBuffer bytes, final int offset) {
    return bytes.getLong(offset) >>> 16;
  }

  public static long source(final ByteBuffer bytes, final int offset) {
    return bytes.getLong(offset + SOURCE - 2) & 0xFFFF_FFFF_FFFFL;
  }

  public static int type(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + TYPE) & 0xFFFF;
  }

  /** Writes the whole header. */
  public static void write(
      final ByteBuffer bytes,
      final int offset,
      final long destination,
      final long source,
      final int type) {
    bytes.putLong(offset, (destination << 16) | (source >>> 32));
    bytes.putInt(offset + 8, (int) source);
    bytes.putShort(offset + TYPE, (short) type);
  }

  /** The 48 bits at an absolute position. */
  public static long mac(final ByteBuffer bytes, final int position) {
    return ((bytes.getShort(position) & 0xFFFFL) << 32)
        | (bytes.getInt(position + 2) & 0xFFFF_FFFFL);
  }

  /** Puts 48 bits at an absolute position. */
  public static void mac(final ByteBuffer bytes, final int position, final long address) {
    bytes.putShort(position, (short) (address >>> 32));
    bytes.putInt(position + 2, (int) address);
  }
}
