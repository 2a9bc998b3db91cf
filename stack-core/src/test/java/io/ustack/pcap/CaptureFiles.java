package io.ustack.pcap;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** Capture files written byte by byte, by hand. */
final class CaptureFiles {
  static final int MICRO = 0xA1B2C3D4;
  static final int NANO = 0xA1B23C4D;

  private final ByteBuffer bytes = ByteBuffer.allocate(1 << 20);

  CaptureFiles(final ByteOrder order) {
    bytes.order(order);
  }

  /** One frame as a line: link type, time, direction, lengths and bytes. */
  static List<String> frames(final byte[] file) throws IOException {
    final List<String> lines = new ArrayList<>();
    try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(file))) {
      while (reader.next()) {
        final byte[] frame = new byte[reader.lengthBytes()];
        reader.bytes().get(0, frame);
        lines.add(
            reader.linkType()
                + " "
                + reader.timestampNs()
                + " "
                + reader.direction()
                + " "
                + reader.originalLengthBytes()
                + " "
                + HexFormat.of().formatHex(frame));
      }
    }
    return lines;
  }

  byte[] file() {
    final byte[] file = new byte[bytes.position()];
    bytes.get(0, file);
    return file;
  }

  CaptureFiles pcap(final int magic, final int linkType) {
    bytes.putInt(magic).putShort((short) 2).putShort((short) 4).putLong(0);
    bytes.putInt(65535).putInt(linkType);
    return this;
  }

  CaptureFiles record(
      final int seconds,
      final int fraction,
      final int captured,
      final int original,
      final byte[] frame) {
    bytes.putInt(seconds).putInt(fraction).putInt(captured).putInt(original).put(frame);
    return this;
  }

  CaptureFiles section() {
    final ByteBuffer body = body(16);
    body.putInt(0x1A2B3C4D).putShort((short) 1).putShort((short) 0).putLong(-1);
    return block(0x0A0D0D0A, body);
  }

  CaptureFiles block(final int type, final ByteBuffer body) {
    final int length = 12 + body.position();
    bytes.putInt(type).putInt(length).put(body.flip()).putInt(length);
    return this;
  }

  CaptureFiles interfaceBlock(final int linkType, final int snapLength, final byte[] options) {
    final ByteBuffer body = body(8 + options.length);
    body.putShort((short) linkType).putShort((short) 0).putInt(snapLength).put(options);
    return block(1, body);
  }

  CaptureFiles enhanced(
      final int interfaceId, final long ticks, final byte[] frame, final byte[] options) {
    final ByteBuffer body = body(20 + padded(frame.length) + options.length);
    body.putInt(interfaceId).putInt((int) (ticks >>> 32)).putInt((int) ticks);
    body.putInt(frame.length).putInt(frame.length + 1).put(frame);
    body.position(20 + padded(frame.length)).put(options);
    return block(6, body);
  }

  byte[] option(final int code, final byte[] value) {
    final byte[] option = new byte[4 + padded(value.length)];
    final ByteBuffer view = ByteBuffer.wrap(option).order(bytes.order());
    view.putShort((short) code).putShort((short) value.length).put(value);
    return option;
  }

  byte[] option(final int code, final int value) {
    final byte[] option = new byte[4];
    ByteBuffer.wrap(option).order(bytes.order()).putInt(value);
    return option(code, option);
  }

  byte[] option(final int code, final long value) {
    final byte[] option = new byte[8];
    ByteBuffer.wrap(option).order(bytes.order()).putLong(value);
    return option(code, option);
  }

  ByteBuffer body(final int length) {
    return ByteBuffer.allocate(length).order(bytes.order());
  }

  static byte[] concat(final byte[]... parts) {
    final ByteBuffer all = ByteBuffer.allocate(1 << 16);
    for (final byte[] part : parts) {
      all.put(part);
    }
    final byte[] result = new byte[all.position()];
    all.get(0, result);
    return result;
  }

  private static int padded(final int length) {
    return (length + 3) & ~3;
  }
}
