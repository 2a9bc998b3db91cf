package io.ustack.pcap;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/** The frames of a capture file, one after the other. Not thread-safe. */
public interface CaptureReader extends Closeable {
  /** The longest frame that is believed: what Wireshark believes. */
  int LARGEST_FRAME_BYTES = 262_144;

  /**
   * Opens a file of any format that is known.
   *
   * @throws IOException when it can't be read, or is no capture of IP or Ethernet
   */
  static CaptureReader open(final Path file) throws IOException {
    final InputStream stream = Files.newInputStream(file);
    try {
      return open(stream);
    } catch (final IOException e) {
      stream.close();
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  /** As {@link #open(Path)}, from the first byte of a stream; closing the reader closes it. */
  static CaptureReader open(final InputStream stream) throws IOException {
    final CaptureInput input = new CaptureInput(stream);
    final ByteBuffer magic = ByteBuffer.allocate(4);
    if (!input.read(magic.array(), 4, "magic number")) {
      throw new IOException("an empty file is no capture");
    }
    return magic.getInt(0) == PcapngReader.SECTION_HEADER_BLOCK
        ? new PcapngReader(input)
        : new PcapReader(input, magic.getInt(0));
  }

  /**
   * Moves to the next frame.
   *
   * @return false at the end of the file
   * @throws IOException when the file ends inside a frame or lies about a length; frames before
   *     that one were good
   */
  boolean next() throws IOException;

  /** The frame's bytes, from position 0; big-endian, overwritten by {@link #next()}. */
  ByteBuffer bytes();

  /** Bytes of the frame that are in the file. */
  int lengthBytes();

  /**
   * Bytes that the frame had on the wire, unsigned 32 bits; more than {@link #lengthBytes()} when
   * the capture cut it.
   */
  long originalLengthBytes();

  /** Nanoseconds since 1970-01-01T00:00:00Z; a frame without time has that of the one before it. */
  long timestampNs();

  /** What the frame begins with. */
  LinkType linkType();

  /** Which way the frame went, where the file knows. */
  Direction direction();
}
