package io.ustack.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads pcap files (draft-ietf-opsawg-pcap): micro- or nanoseconds, either byte order. */
final class PcapReader implements CaptureReader {
  private static final int MAGIC_MICROSECONDS = 0xA1B2C3D4;
  private static final int MAGIC_NANOSECONDS = 0xA1B23C4D;
  private static final int VERSION_MAJOR = 2;
  private static final long NS_PER_SECOND = 1_000_000_000L;

  // From the end of the magic number.
  private static final int FILE_HEADER_BYTES = 20;
  private static final int LINK_TYPE_OFFSET = 16;

  private static final int RECORD_HEADER_BYTES = 16;

  private final CaptureInput input;
  private final ByteBuffer header = ByteBuffer.allocate(FILE_HEADER_BYTES);
  private final CapturedFrame frame = new CapturedFrame();
  private final int nsPerFraction;

  /**
   * A reader behind the magic number.
   *
   * @param magic the file's first four bytes, big-endian
   * @throws IOException when this is no pcap file, or none of Ethernet or raw IP
   */
  PcapReader(final CaptureInput input, final int magic) throws IOException {
    this.input = input;
    final int swapped = Integer.reverseBytes(magic);
    final boolean micro = magic == MAGIC_MICROSECONDS || swapped == MAGIC_MICROSECONDS;
    final boolean nano = magic == MAGIC_NANOSECONDS || swapped == MAGIC_NANOSECONDS;
    if (!micro && !nano) {
      throw new IOException(
          String.format("neither pcap nor pcapng: the file begins with %08x", magic));
    }
    nsPerFraction = micro ? 1_000 : 1;
    final boolean big = magic == MAGIC_MICROSECONDS || magic == MAGIC_NANOSECONDS;
    header.order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    input.readFully(header.array(), FILE_HEADER_BYTES, "file header");
    final int major = header.getShort(0) & 0xFFFF;
    if (major != VERSION_MAJOR) {
      throw input.broken("pcap version " + major + " is not known");
    }
    // The upper half says how long a frame check sequence is, which a reader of headers may ignore:
    // it looks like padding.
    frame.linkType = LinkType.of(header.getInt(LINK_TYPE_OFFSET) & 0xFFFF);
  }

  @Override
  public boolean next() throws IOException {
    if (!input.read(header.array(), RECORD_HEADER_BYTES, "record header")) {
      return false;
    }
    final long seconds = header.getInt(0) & 0xFFFF_FFFFL;
    final long fraction = header.getInt(4) & 0xFFFF_FFFFL;
    frame.timestampNs = seconds * NS_PER_SECOND + fraction * nsPerFraction;
    frame.originalLengthBytes = header.getInt(12) & 0xFFFF_FFFFL;
    frame.read(input, header.getInt(8) & 0xFFFF_FFFFL);
    return true;
  }

  @Override
  public ByteBuffer bytes() {
    return frame.bytes();
  }

  @Override
  public int lengthBytes() {
    return frame.lengthBytes;
  }

  @Override
  public long originalLengthBytes() {
    return frame.originalLengthBytes;
  }

  @Override
  public long timestampNs() {
    return frame.timestampNs;
  }

  @Override
  public LinkType linkType() {
    return frame.linkType;
  }

  @Override
  public Direction direction() {
    return Direction.UNKNOWN;
  }

  @Override
  public void close() throws IOException {
    input.close();
  }
}
