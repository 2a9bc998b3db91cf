package io.ustack.tcp;

import io.ustack.counter.DropReason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The TCP header (RFC 9293 3.1) as offsets and accessors over big-endian bytes.
 *
 * <pre>
 *  0: source port        2: destination port
 *  4: sequence number
 *  8: acknowledgment number
 * 12: data offset, flags 14: window
 * 16: checksum           18: urgent pointer
 * 20: options
 * </pre>
 */
public final class TcpHeader {
  /** IP protocol number. */
  public static final int PROTOCOL = 6;

  public static final int MIN_LENGTH_BYTES = 20;
  public static final int MAX_LENGTH_BYTES = 60;

  public static final int FIN = 0x01;
  public static final int SYN = 0x02;
  public static final int RST = 0x04;
  public static final int PSH = 0x08;
  public static final int ACK = 0x10;
  public static final int URG = 0x20;

  /** ECN-Echo (RFC 3168 6.1). */
  public static final int ECE = 0x40;

  /** Congestion window reduced (RFC 3168 6.1). */
  public static final int CWR = 0x80;

  private TcpHeader() {}

  public static int sourcePort(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset) & 0xFFFF;
  }

  public static int destinationPort(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + 2) & 0xFFFF;
  }

  public static int sequence(final ByteBuffer bytes, final int offset) {
    return bytes.getInt(offset + 4);
  }

  public static int acknowledgment(final ByteBuffer bytes, final int offset) {
    return bytes.getInt(offset + 8);
  }

  /** Header length in bytes, options included, as the data offset field says. */
  public static int lengthBytes(final ByteBuffer bytes, final int offset) {
    return (bytes.get(offset + 12) >>> 2) & 0x3C;
  }

  /** The low six control bits and, above them, the two of ECN. */
  public static int flags(final ByteBuffer bytes, final int offset) {
    return bytes.get(offset + 13) & 0xFF;
  }

  /** The window field, not scaled. */
  public static int window(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + 14) & 0xFFFF;
  }

  public static int checksum(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + 16) & 0xFFFF;
  }

  /**
   * Says where the urgent data ends, counted from the segment's sequence number (RFC 9293 3.8.5).
   */
  static void writeUrgent(final ByteBuffer bytes, final int offset, final int pointer) {
    bytes.put(offset + 13, (byte) (bytes.get(offset + 13) | URG));
    bytes.putShort(offset + 18, (short) pointer);
  }

  /**
   * Writes a header without options; checksum and urgent pointer are zero.
   *
   * @param lengthBytes header length with the options that the caller writes behind it, a multiple
   *     of 4
   * @param window the window field, already scaled
   */
  public static void write(
      final ByteBuffer bytes,
      final int offset,
      final int sourcePort,
      final int destinationPort,
      final int sequence,
      final int acknowledgment,
      final int lengthBytes,
      final int flags,
      final int window) {
    bytes.putInt(offset, (sourcePort << 16) | destinationPort);
    bytes.putLong(offset + 4, ((long) sequence << 32) | (acknowledgment & 0xFFFF_FFFFL));
    bytes.putLong(offset + 12, (long) ((lengthBytes << 26) | (flags << 16) | window) << 32);
  }

  /**
   * The one check of this header, at the trust boundary.
   *
   * @param available bytes from the header's start to the end of the IP packet
   * @return null when all fixed fields and the options lie inside
   */
  static @Nullable DropReason validate(
      final ByteBuffer bytes, final int offset, final int available) {
    if (available < MIN_LENGTH_BYTES) {
      return DropReason.TCP_TRUNCATED;
    }
    final int lengthBytes = lengthBytes(bytes, offset);
    if (lengthBytes < MIN_LENGTH_BYTES || lengthBytes > available) {
      return DropReason.TCP_DATA_OFFSET;
    }
    return null;
  }
}
