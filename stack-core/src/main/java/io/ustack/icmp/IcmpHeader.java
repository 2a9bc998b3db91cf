package io.ustack.icmp;

import io.ustack.buffer.Checksum;
import io.ustack.counter.DropReason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The ICMP header (RFC 792): type, code, checksum and four bytes that depend on the type.
 *
 * <p>Every accessor takes the absolute offset of the header in a big-endian buffer.
 */
public final class IcmpHeader {
  public static final int LENGTH_BYTES = 8;

  public static final int ECHO_REPLY = 0;
  public static final int DESTINATION_UNREACHABLE = 3;
  public static final int ECHO_REQUEST = 8;
  public static final int TIME_EXCEEDED = 11;

  /** Codes of {@link #DESTINATION_UNREACHABLE}. */
  public static final int PROTOCOL_UNREACHABLE = 2;

  public static final int PORT_UNREACHABLE = 3;
  public static final int FRAGMENTATION_NEEDED = 4;

  private static final int CODE = 1;
  private static final int CHECKSUM = 2;
  private static final int IDENTIFIER = 4;
  private static final int SEQUENCE = 6;

  private IcmpHeader() {}

  /** Checks length and checksum of a received message; no link does it for ICMP. */
  public static @Nullable DropReason validate(
      final ByteBuffer bytes, final int offset, final int lengthBytes) {
    if (lengthBytes < LENGTH_BYTES) {
      return DropReason.ICMP_TRUNCATED;
    }
    return Checksum.fold(Checksum.add(0, bytes, offset, lengthBytes)) == 0
        ? null
        : DropReason.ICMP_CHECKSUM;
  }

  public static int type(final ByteBuffer bytes, final int offset) {
    return bytes.get(offset) & 0xFF;
  }

  public static int code(final ByteBuffer bytes, final int offset) {
    return bytes.get(offset + CODE) & 0xFF;
  }

  public static int checksum(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + CHECKSUM) & 0xFFFF;
  }

  /** Of "fragmentation needed": the largest packet that passes (RFC 1191 4); 0 from old routers. */
  public static int nextHopMtu(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + SEQUENCE) & 0xFFFF;
  }

  /** Of an echo: who asks. */
  public static int identifier(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + IDENTIFIER) & 0xFFFF;
  }

  /** Of an echo: which of the asker's requests. */
  public static int sequence(final ByteBuffer bytes, final int offset) {
    return bytes.getShort(offset + SEQUENCE) & 0xFFFF;
  }

  /** Writes type, code and the four bytes of {@code rest}; the checksum becomes 0. */
  public static void write(
      final ByteBuffer bytes, final int offset, final int type, final int code, final int rest) {
    bytes.putInt(offset, (type << 24) | (code << 16));
    bytes.putInt(offset + IDENTIFIER, rest);
  }

  /** Fills in the checksum of a message that is otherwise complete. */
  public static void fillChecksum(final ByteBuffer bytes, final int offset, final int lengthBytes) {
    bytes.putShort(offset + CHECKSUM, (short) 0);
    final int checksum = Checksum.fold(Checksum.add(0, bytes, offset, lengthBytes));
    bytes.putShort(offset + CHECKSUM, (short) checksum);
  }
}
