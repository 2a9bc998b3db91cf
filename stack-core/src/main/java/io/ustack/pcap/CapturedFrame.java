package io.ustack.pcap;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The frame that a reader stands on; its memory grows to the longest frame seen. */
final class CapturedFrame {
  private static final int USUAL_BYTES = 2048;

  private byte[] memory = new byte[USUAL_BYTES];
  private ByteBuffer bytes = ByteBuffer.wrap(memory);
  int lengthBytes;
  long originalLengthBytes;
  long timestampNs;
  LinkType linkType = LinkType.ETHERNET;
  Direction direction = Direction.UNKNOWN;

  ByteBuffer bytes() {
    return bytes;
  }

  /**
   * Reads the frame's bytes.
   *
   * @param captured how many there are, as the file says, unsigned 32 bits
   */
  void read(final CaptureInput input, final long captured) throws IOException {
    if (captured > CaptureReader.LARGEST_FRAME_BYTES) {
      throw input.broken("a frame of " + captured + " bytes is longer than any");
    }
    lengthBytes = (int) captured;
    if (lengthBytes > memory.length) {
      memory = new byte[Math.max(lengthBytes, 2 * memory.length)];
      bytes = ByteBuffer.wrap(memory);
    }
    input.readFully(memory, lengthBytes, "frame");
  }
}
