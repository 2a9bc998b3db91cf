package io.ustack.pcap;

import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.Flushable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Writes Ethernet frames of one interface to a pcapng file (draft-ietf-opsawg-pcapng), with
 * nanoseconds. The same frames give the same bytes, on any machine.
 *
 * <p>Buffered, and nothing is allocated per frame. What reaches the file ends with a whole block,
 * so it can be read while it grows and after a crash; only frames longer than the buffer may be cut
 * by one. Not thread-safe.
 */
public final class PcapngWriter implements Closeable, Flushable {
  private static final int SECTION_HEADER_BLOCK = 0x0A0D0D0A;
  private static final int BYTE_ORDER_MAGIC = 0x1A2B3C4D;
  private static final int INTERFACE_DESCRIPTION_BLOCK = 1;
  private static final int ENHANCED_PACKET_BLOCK = 6;
  private static final int LINKTYPE_ETHERNET = 1;

  private static final int OPTION_END = 0;
  private static final int OPTION_COMMENT = 1;
  private static final int OPTION_EPB_FLAGS = 2;
  private static final int OPTION_IF_NAME = 2;
  private static final int OPTION_IF_TSRESOL = 9;
  private static final int OPTION_HEADER_BYTES = 4;
  private static final byte NANOSECONDS = 9;

  private static final int BLOCK_OVERHEAD_BYTES = 12;
  private static final int PACKET_HEADER_BYTES = 20;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final int LONGEST_TEXT_BYTES = 4096;
  private static final byte[] NO_COMMENT = new byte[0];

  private final OutputStream stream;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** Creates or overwrites a file. */
  public PcapngWriter(final Path file, final String interfaceName) throws IOException {
    this(new FileOutputStream(file.toFile()), interfaceName);
  }

  /**
   * Writes to a stream, which {@link #close()} closes.
   *
   * @param interfaceName as tools will show it; cut to 4096 bytes of UTF-8
   */
  public PcapngWriter(final OutputStream stream, final String interfaceName) throws IOException {
    this.stream = stream;
    beginBlock(SECTION_HEADER_BLOCK, 16);
    buffer.putInt(BYTE_ORDER_MAGIC).putShort((short) 1).putShort((short) 0);
    buffer.putLong(-1); // length of the section: not known
    endBlock(16);

    final byte[] name = text(interfaceName);
    final int bodyBytes = 8 + optionBytes(name.length) + optionBytes(1) + OPTION_HEADER_BYTES;
    beginBlock(INTERFACE_DESCRIPTION_BLOCK, bodyBytes);
    buffer.putShort((short) LINKTYPE_ETHERNET).putShort((short) 0);
    buffer.putInt(0); // frames are not cut
    putOption(OPTION_IF_NAME, name);
    buffer.putShort((short) OPTION_IF_TSRESOL).putShort((short) 1);
    buffer.put(NANOSECONDS).put((byte) 0).putShort((short) 0);
    buffer.putInt(OPTION_END);
    endBlock(bodyBytes);
  }

  /**
   * Writes a frame.
   *
   * @param timestampNs nanoseconds since 1970-01-01T00:00:00Z
   * @param bytes holds the frame at {@code offset}; its position and limit are not touched
   * @throws IllegalArgumentException for a frame longer than {@link
   *     CaptureReader#LARGEST_FRAME_BYTES}
   * @throws IOException when the file can't be written; it is of no use after that
   */
  public void write(
      final long timestampNs,
      final ByteBuffer bytes,
      final int offset,
      final int lengthBytes,
      final Direction direction)
      throws IOException {
    write(timestampNs, bytes, offset, lengthBytes, direction, NO_COMMENT);
  }

  /**
   * As {@link #write(long, ByteBuffer, int, int, Direction)}, with a comment, cut to 4096 bytes of
   * UTF-8.
   */
  public void write(
      final long timestampNs,
      final ByteBuffer bytes,
      final int offset,
      final int lengthBytes,
      final Direction direction,
      final String comment)
      throws IOException {
    write(timestampNs, bytes, offset, lengthBytes, direction, text(comment));
  }

  private void write(
      final long timestampNs,
      final ByteBuffer bytes,
      final int offset,
      final int lengthBytes,
      final Direction direction,
      final byte[] comment)
      throws IOException {
    if (lengthBytes < 0 || lengthBytes > CaptureReader.LARGEST_FRAME_BYTES) {
      throw new IllegalArgumentException("a frame of " + lengthBytes + " bytes");
    }
    final int flagsBytes = direction == Direction.UNKNOWN ? 0 : optionBytes(4);
    final int commentBytes = comment.length == 0 ? 0 : optionBytes(comment.length);
    final int optionsBytes = flagsBytes + commentBytes;
    final int bodyBytes =
        PACKET_HEADER_BYTES
            + padded(lengthBytes)
            + (optionsBytes == 0 ? 0 : optionsBytes + OPTION_HEADER_BYTES);
    beginBlock(ENHANCED_PACKET_BLOCK, bodyBytes);
    buffer.putInt(0); // the interface
    buffer.putInt((int) (timestampNs >>> 32)).putInt((int) timestampNs);
    buffer.putInt(lengthBytes).putInt(lengthBytes);
    putFrame(bytes, offset, lengthBytes);
    if (optionsBytes > 0) {
      room(optionsBytes + OPTION_HEADER_BYTES);
      if (commentBytes > 0) {
        putOption(OPTION_COMMENT, comment);
      }
      if (flagsBytes > 0) {
        buffer.putShort((short) OPTION_EPB_FLAGS).putShort((short) 4);
        buffer.putInt(direction == Direction.INBOUND ? 1 : 2);
      }
      buffer.putInt(OPTION_END);
    }
    endBlock(bodyBytes);
  }

  private void beginBlock(final int type, final int bodyBytes) throws IOException {
    // A block that fits is never split between two writes.
    room(Math.min(BUFFER_BYTES, BLOCK_OVERHEAD_BYTES + bodyBytes));
    buffer.putInt(type).putInt(BLOCK_OVERHEAD_BYTES + bodyBytes);
  }

  private void endBlock(final int bodyBytes) throws IOException {
    room(4);
    buffer.putInt(BLOCK_OVERHEAD_BYTES + bodyBytes);
  }

  private void putFrame(final ByteBuffer bytes, final int offset, final int length)
      throws IOException {
    int done = 0;
    while (done < length) {
      room(1);
      final int count = Math.min(length - done, buffer.remaining());
      bytes.get(offset + done, buffer.array(), buffer.position(), count);
      buffer.position(buffer.position() + count);
      done += count;
    }
    room(3);
    putPadding(length);
  }

  /** There is room. */
  private void putOption(final int code, final byte[] value) {
    buffer.putShort((short) code).putShort((short) value.length).put(value);
    putPadding(value.length);
  }

  private void putPadding(final int length) {
    for (int i = length; i % 4 != 0; i++) {
      buffer.put((byte) 0);
    }
  }

  private void room(final int bytes) throws IOException {
    if (buffer.remaining() < bytes) {
      drain();
    }
  }

  private void drain() throws IOException {
    final int count = buffer.position();
    buffer.clear(); // also when the write fails: what is half in the file does not get there again
    if (count > 0) {
      stream.write(buffer.array(), 0, count);
    }
  }

  private static int optionBytes(final int valueBytes) {
    return OPTION_HEADER_BYTES + padded(valueBytes);
  }

  private static int padded(final int bytes) {
    return (bytes + 3) & ~3;
  }

  private static byte[] text(final String text) {
    final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= LONGEST_TEXT_BYTES) {
      return bytes;
    }
    int end = LONGEST_TEXT_BYTES;
    while ((bytes[end] & 0xC0) == 0x80) {
      end--; // never inside a character
    }
    return Arrays.copyOf(bytes, end);
  }

  /** Hands everything written so far to the file. */
  @Override
  public void flush() throws IOException {
    drain();
    stream.flush();
  }

  @Override
  public void close() throws IOException {
    try (stream) {
      drain();
    }
  }
}
