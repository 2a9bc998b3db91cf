package io.ustack.ipv4;

import io.ustack.counter.DropReason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The IPv4 header (RFC 791 3.1); 20 bytes and up to 40 of options.
 *
 * <p>Every accessor takes the absolute offset of the header in a big-endian buffer.
 */
public final class Ipv4Header {
  /** Without options. */
  public static final int LENGTH_BYTES = 20;

  public static final int PROTOCOL_ICMP = 1;
  public static final int PROTOCOL_TCP = 6;
  public static final int PROTOCOL_UDP = 17;

  /** Bits of {@link #fragmentField}. */
  public static final int DONT_FRAGMENT = 0x4000;

  public static final int MORE_FRAGMENTS = 0x2000;
  public static final int FRAGMENT_OFFSET = 0x1FFF;

  /** The ECN codepoint, in the type of service byte (RFC 3168 5). */
  public static final int ECN_MASK = 0x3;

  /** ECT(0): may be marked instead of dropped. */
  public static final int ECN_CAPABLE = 0x2;

  /** CE: was marked. */
  public static final int CONGESTION_EXPERIENCED = 0x3;

  /** RFC 1700's default, and Linux's. */
  public static final int DEFAULT_TIME_TO_LIVE = 64;

  private static final int TYPE_OF_SERVICE = 1;
  private static final int TOTAL_LENGTH = 2;
  private static final int IDENTIFICATION = 4;
  private static final int FRAGMENT = 6;
  private static final int TIME_TO_LIVE = 8;
  private static final int PROTOCOL = 9;
  private static final int CHECKSUM = 10;
  private static final int SOURCE = 12;
  private static final int DESTINATION = 16;

  private static final int OPTION_END = 0;
  private static final int OPTION_NO_OPERATION = 1;

  /** RFC 791 3.1: loose and strict. */
  private static final int OPTION_LOOSE_SOURCE_ROUTE = 0x83;

  private static final int OPTION_STRICT_SOURCE_ROUTE = 0x89;

  private Ipv4Header() {}

  /**
   * Checks version and lengths of a received packet, options included. The checksum is the link's.
   *
   * @param lengthBytes what the frame has left, padding included
   */
  public static @Nullable DropReason validate(
      final ByteBuffer bytes, final int offset, final int lengthBytes) {
    if (lengthBytes < LENGTH_BYTES) {
      return DropReason.IPV4_TRUNCATED;
    }
    final int first = bytes.getInt(offset);
    if (first >>> 28 != 4) {
      return DropReason.IPV4_VERSION;
    }
    final int headerBytes = (first >>> 22) & 0x3C;
    if (headerBytes < LENGTH_BYTES || headerBytes > lengthBytes) {
      return DropReason.IPV4_HEADER_LENGTH;
    }
    final int totalLength = first & 0xFFFF;
    if (totalLength < headerBytes) {
      return DropReason.IPV4_TOTAL_LENGTH;
    }
    if (totalLength > lengthBytes) {
      return DropReason.IPV4_TRUNCATED;
    }
    return headerBytes == LENGTH_BYTES ? null : validateOptions(bytes, offset, headerBytes);
  }

  /**
   * RFC 791 3.1: each option but the two single bytes has a length that stays in the header. Others
   * than those named here are skipped.
   *
   * <p>DEVIATION: RFC 9293 3.9.2.1, source routes: none can be given, and a packet that has one is
   * dropped (IPV4_SOURCE_ROUTE), as Linux does unless it is told otherwise. They lead around
   * filters and let answers go to who is not there; RFC 7126 4.3 and 4.4 advise to drop them.
   */
  private static @Nullable DropReason validateOptions(
      final ByteBuffer bytes, final int offset, final int headerBytes) {
    boolean sourceRoute = false;
    final int end = offset + headerBytes;
    int at = offset + LENGTH_BYTES;
    while (at < end) {
      final int kind = bytes.get(at) & 0xFF;
      if (kind == OPTION_END) {
        break;
      }
      if (kind == OPTION_NO_OPERATION) {
        at++;
        continue;
      }
      final int length = at + 1 < end ? bytes.get(at + 1) & 0xFF : 0;
      if (length < 2 || at + length > end) {
        return DropReason.IPV4_OPTIONS_MALFORMED;
      }
      sourceRoute |= kind == OPTION_LOOSE_SOURCE_ROUTE || kind == OPTION_STRICT_SOURCE_ROUTE;
      at += length;
    }
    return sourceRoute ? DropReason.IPV4_SOURCE_ROUTE : null;
  }

  /** The header's length, options included. */
  public static int headerBytes(final ByteBuffer bytes, final int offset) {
    return (bytes.get(offset) & 0xF) << 2;
  }

  public static int typeOfService(final ByteBuffer bytes, final int offset) {
    return bytes.get(offset + TYPE_OF_SERVICE) & 0xFF;
  }

  /** The length of header and payload. */
  public static int totalLength(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + TOTAL_LENGTH) & 0xFFFF;
  }

  public static int identification(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + IDENTIFICATION) & 0xFFFF;
  }

  /** Flags and fragment offset. */
  public static int fragmentField(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + FRAGMENT) & 0xFFFF;
  }

  /** Whether it is a piece of a larger packet, the first or the last included. */
  public static boolean isFragment(final ByteBuffer bytes, final int offset) {
    return (fragmentField(bytes, offset) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) != 0;
  }

  public static int timeToLive(final ByteBuffer bytes, final int offset) {
    return bytes.get(offset + TIME_TO_LIVE) & 0xFF;
  }

  public static int protocol(final ByteBuffer bytes, final int offset) {
    return bytes.get(offset + PROTOCOL) & 0xFF;
  }

  public static int checksum(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + CHECKSUM) & 0xFFFF;
  }

  public static int source(final ByteBuffer bytes, final int offset) {
    return bytes.getInt(offset + SOURCE);
  }

  public static int destination(final ByteBuffer bytes, final int offset) {
    return bytes.getInt(offset + DESTINATION);
  }

  /** Writes a header without options and with checksum 0, which the link fills in. */
  public static void write(
      final ByteBuffer bytes,
      final int offset,
      final int typeOfService,
      final int totalLength,
      final int identification,
      final int fragmentField,
      final int timeToLive,
      final int protocol,
      final int source,
      final int destination) {
    bytes.putInt(offset, 0x4500_0000 | (typeOfService << 16) | totalLength);
    final long second = ((long) identification << 16) | fragmentField;
    final long third = ((long) timeToLive << 24) | (protocol << 16);
    bytes.putLong(offset + IDENTIFICATION, (second << 32) | third);
    bytes.putLong(offset + SOURCE, ((long) source << 32) | (destination & 0xFFFF_FFFFL));
  }
}
