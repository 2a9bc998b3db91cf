package io.ustack.apps;

import io.ustack.buffer.Checksum;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.pcap.Direction;
import io.ustack.pcap.PcapngWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** Small captures, made by hand. */
public final class Captures {
  /** Whom the frames are for. */
  public static final long STACK_MAC = 0x02_00_00_00_00_AAL;

  private static final long PEER_MAC = 0x02_00_00_00_00_BBL;
  private static final int PEER = 0x0A63_0001;
  private static final int STACK = 0x0A63_0002;

  private Captures() {}

  /** A pcapng of these frames, a millisecond apart. */
  public static Path write(final Path file, final ByteBuffer... frames) throws IOException {
    try (PcapngWriter writer = new PcapngWriter(file, "test")) {
      long atNs = 1_700_000_000_000_000_000L;
      for (final ByteBuffer frame : frames) {
        writer.write(atNs, frame, 0, frame.capacity(), Direction.UNKNOWN);
        atNs += 1_000_000;
      }
    }
    return file;
  }

  /** 10.99.0.1 pings 10.99.0.2. */
  public static ByteBuffer echoRequest() {
    final ByteBuffer frame = ByteBuffer.allocate(14 + 20 + 8 + 8);
    EthernetHeader.write(frame, 0, STACK_MAC, PEER_MAC, EthernetHeader.TYPE_IPV4);
    frame
        .putShort(14, (short) 0x4500)
        .putShort(16, (short) 36)
        .put(22, (byte) 64)
        .put(23, (byte) 1);
    frame.putInt(26, PEER).putInt(30, STACK);
    frame.putShort(24, (short) Checksum.fold(Checksum.add(0, frame, 14, 20)));
    frame.putShort(34, (short) 0x0800).putInt(38, 0x0007_0001).putLong(42, 0x0102_0304_0506_0708L);
    frame.putShort(36, (short) Checksum.fold(Checksum.add(0, frame, 34, 16)));
    return frame;
  }
}
