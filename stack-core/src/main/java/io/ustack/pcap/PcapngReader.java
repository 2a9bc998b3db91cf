package io.ustack.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads pcapng files (draft-ietf-opsawg-pcapng): sections of either byte order, any number of
 * interfaces, enhanced, simple and obsolete packet blocks. Blocks that it does not know are
 * skipped.
 */
final class PcapngReader implements CaptureReader {
  /** Reads the same in both byte orders, so it is the magic number of the format. */
  static final int SECTION_HEADER_BLOCK = 0x0A0D0D0A;

  private static final int BYTE_ORDER_MAGIC = 0x1A2B3C4D;
  private static final int INTERFACE_DESCRIPTION_BLOCK = 1;
  private static final int PACKET_BLOCK = 2;
  private static final int SIMPLE_PACKET_BLOCK = 3;
  private static final int ENHANCED_PACKET_BLOCK = 6;

  private static final int OPTION_END = 0;
  private static final int OPTION_EPB_FLAGS = 2;
  private static final int OPTION_IF_TSRESOL = 9;
  private static final int OPTION_IF_TSOFFSET = 14;

  private static final int BLOCK_OVERHEAD_BYTES = 12; // type, length, and length again at the end
  private static final int MOST_INTERFACES = 4096;

  private final CaptureInput input;
  private final ByteBuffer scratch = ByteBuffer.allocate(24);
  private final List<PcapngInterface> interfaces = new ArrayList<>();
  private final CapturedFrame frame = new CapturedFrame();
  // Bytes of the current block between here and its trailing length.
  private long left;

  /** A reader behind the type of the first section header block. */
  PcapngReader(final CaptureInput input) throws IOException {
    this.input = input;
    beginSection();
  }

  @Override
  public boolean next() throws IOException {
    while (input.read(scratch.array(), 4, "block")) {
      // Read in the byte order of the section; the section header's type does not depend on it.
      final int type = scratch.getInt(0);
      if (type == SECTION_HEADER_BLOCK) {
        beginSection();
        continue;
      }
      input.readFully(scratch.array(), 4, "block");
      final long length = begin(scratch.getInt(0));
      switch (type) {
        case INTERFACE_DESCRIPTION_BLOCK -> addInterface();
        case ENHANCED_PACKET_BLOCK, PACKET_BLOCK -> readPacket(type == PACKET_BLOCK);
        case SIMPLE_PACKET_BLOCK -> readSimplePacket();
        default -> {}
      }
      end(length);
      if (type == ENHANCED_PACKET_BLOCK || type == PACKET_BLOCK || type == SIMPLE_PACKET_BLOCK) {
        return true;
      }
    }
    return false;
  }

  /** A section has its own byte order and its own interfaces. */
  private void beginSection() throws IOException {
    input.readFully(scratch.array(), 8, "section header");
    scratch.order(ByteOrder.BIG_ENDIAN);
    if (scratch.getInt(4) != BYTE_ORDER_MAGIC) {
      scratch.order(ByteOrder.LITTLE_ENDIAN);
      if (scratch.getInt(4) != BYTE_ORDER_MAGIC) {
        throw input.broken("a section without byte-order magic");
      }
    }
    final long length = begin(scratch.getInt(0));
    left -= 4;
    take(4);
    final int major = scratch.getShort(0) & 0xFFFF;
    if (major != 1) {
      throw input.broken("pcapng version " + major + " is not known");
    }
    interfaces.clear();
    end(length);
  }

  private long begin(final int lengthField) throws IOException {
    final long length = lengthField & 0xFFFF_FFFFL;
    if (length < BLOCK_OVERHEAD_BYTES || length % 4 != 0) {
      throw input.broken("a block of " + length + " bytes");
    }
    left = length - BLOCK_OVERHEAD_BYTES;
    return length;
  }

  private void end(final long length) throws IOException {
    input.skip(left, "block");
    input.readFully(scratch.array(), 4, "block");
    final long again = scratch.getInt(0) & 0xFFFF_FFFFL;
    if (again != length) {
      throw input.broken("a block of " + length + " bytes that ends as one of " + again);
    }
  }

  /** Reads the next {@code count} bytes of the block to the start of the scratch buffer. */
  private void take(final int count) throws IOException {
    if (count > left) {
      throw input.broken("a block too short for what is in it");
    }
    input.readFully(scratch.array(), count, "block");
    left -= count;
  }

  private void addInterface() throws IOException {
    if (interfaces.size() == MOST_INTERFACES) {
      throw input.broken("more than " + MOST_INTERFACES + " interfaces");
    }
    take(8);
    final int linkType = scratch.getShort(0) & 0xFFFF;
    final long snapLength = scratch.getInt(4) & 0xFFFF_FFFFL;
    int resolution = PcapngInterface.DEFAULT_RESOLUTION;
    long offsetSeconds = 0;
    for (int code = nextOption(); code != OPTION_END; code = nextOption()) {
      final int length = scratch.getShort(2) & 0xFFFF;
      if (code == OPTION_IF_TSRESOL && length == 1) {
        takeOption(length);
        resolution = scratch.get(0) & 0xFF;
      } else if (code == OPTION_IF_TSOFFSET && length == 8) {
        takeOption(length);
        offsetSeconds = scratch.getLong(0);
        if (offsetSeconds > PcapngInterface.LARGEST_OFFSET_SECONDS
            || offsetSeconds < -PcapngInterface.LARGEST_OFFSET_SECONDS) {
          throw input.broken("timestamps " + offsetSeconds + " seconds off");
        }
      } else {
        skipOption(length);
      }
    }
    interfaces.add(new PcapngInterface(linkType, snapLength, resolution, offsetSeconds));
  }

  /**
   * An enhanced packet block, or its forerunner, which differs in the width of the interface's
   * number.
   */
  private void readPacket(final boolean obsolete) throws IOException {
    take(20);
    final int interfaceId = obsolete ? scratch.getShort(0) & 0xFFFF : scratch.getInt(0);
    final PcapngInterface source = capturedOn(interfaceId);
    frame.timestampNs =
        source.toNs((long) scratch.getInt(4) << 32 | (scratch.getInt(8) & 0xFFFF_FFFFL));
    frame.originalLengthBytes = scratch.getInt(16) & 0xFFFF_FFFFL;
    readFrame(scratch.getInt(12) & 0xFFFF_FFFFL);
    frame.direction = Direction.UNKNOWN;
    for (int code = nextOption(); code != OPTION_END; code = nextOption()) {
      final int length = scratch.getShort(2) & 0xFFFF;
      if (code == OPTION_EPB_FLAGS && length == 4) {
        takeOption(length);
        frame.direction =
            switch (scratch.getInt(0) & 3) {
              case 1 -> Direction.INBOUND;
              case 2 -> Direction.OUTBOUND;
              default -> Direction.UNKNOWN;
            };
      } else {
        skipOption(length);
      }
    }
  }

  /**
   * A simple packet block has no time and no captured length: it is the original, cut to the first
   * interface's snap length.
   */
  private void readSimplePacket() throws IOException {
    take(4);
    final PcapngInterface source = capturedOn(0);
    frame.originalLengthBytes = scratch.getInt(0) & 0xFFFF_FFFFL;
    frame.direction = Direction.UNKNOWN;
    final long snapLength = source.snapLengthBytes();
    readFrame(
        snapLength == 0
            ? frame.originalLengthBytes
            : Math.min(snapLength, frame.originalLengthBytes));
    // What is left is padding.
  }

  private PcapngInterface capturedOn(final int interfaceId) throws IOException {
    if (interfaceId < 0 || interfaceId >= interfaces.size()) {
      throw input.broken("a frame of an interface that is not described");
    }
    final PcapngInterface source = interfaces.get(interfaceId);
    frame.linkType = LinkType.of(source.linkTypeCode());
    return source;
  }

  private void readFrame(final long captured) throws IOException {
    if (captured > left) {
      throw input.broken("a frame of " + captured + " bytes in a block that has " + left);
    }
    frame.read(input, captured);
    left -= captured;
    final long padding = -captured & 3;
    input.skip(
        padding, "block"); // the block's length is a multiple of four, so the padding is inside
    left -= padding;
  }

  /**
   * Reads the code and length of an option to the scratch buffer; {@link #OPTION_END} where the
   * list ends.
   */
  private int nextOption() throws IOException {
    if (left < 4) {
      return OPTION_END;
    }
    take(4);
    return scratch.getShort(0) & 0xFFFF;
  }

  private void takeOption(final int length) throws IOException {
    take(length);
    skip(-length & 3);
  }

  private void skipOption(final int length) throws IOException {
    skip((length + 3) & ~3);
  }

  private void skip(final int count) throws IOException {
    if (count > left) {
      throw input.broken("an option longer than its block");
    }
    input.skip(count, "block");
    left -= count;
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
    return frame.direction;
  }

  @Override
  public void close() throws IOException {
    input.close();
  }
}
