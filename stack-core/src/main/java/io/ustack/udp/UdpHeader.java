package io.ustack.udp;

import io.ustack.counter.DropReason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The UDP header (RFC 768): two ports, length, checksum; 8 bytes.
 *
 * <p>Every accessor takes the absolute offset of the header in a big-endian buffer.
 */
public final class UdpHeader {
  public static final int LENGTH_BYTES = 8;

  private static final int DESTINATION_PORT = 2;
  private static final int LENGTH = 4;
  private static final int CHECKSUM = 6;

  private UdpHeader() {}

  /**
   * Checks the length of a received datagram. The checksum is the link's.
   *
   * @param lengthBytes what the packet has left
   */
  public static @Nullable DropReason validate(
      final ByteBuffer bytes, final int offset, final int lengthBytes) {
    if (lengthBytes < LENGTH_BYTES) {
      return DropReason.UDP_TRUNCATED;
    }
    final int length = length(bytes, offset);
    return length < LENGTH_BYTES || length > lengthBytes ? DropReason.UDP_LENGTH : null;
  }

  public static int sourcePort(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset) & 0xFFFF;
  }

  public static int destinationPort(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + DESTINATION_PORT) & 0xFFFF;
  }

  /** The length of header and payload. */
  public static int length(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + LENGTH) & 0xFFFF;
  }

  /** 0 when the sender made none. */
  public static int checksum(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + CHECKSUM) & 0xFFFF;
  }

  /** Writes the whole header with checksum 0, which the link fills in. */
  public static void write(
      final ByteBuffer bytes,
      final int offset,
      final int sourcePort,
      final int destinationPort,
      final int length) {
    bytes.putInt(offset, (sourcePort << 16) | destinationPort);
    bytes.putInt(offset + LENGTH, length << 16);
  }
}
