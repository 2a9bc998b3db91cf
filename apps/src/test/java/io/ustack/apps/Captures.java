package io.ustack.apps;

import io.ustack.buffer.Checksum;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.pcap.CaptureReader;
import io.ustack.pcap.Direction;
import io.ustack.pcap.PcapngWriter;
import io.ustack.tcp.TcpHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** Small captures, made by hand or out of others. */
public final class Captures {
  /** Whom the hand-made frames are for. */
  public static final long STACK_MAC = 0x02_00_00_00_00_AAL;

  private static final long PEER_MAC = 0x02_00_00_00_00_BBL;
  private static final int PEER = 0x0A63_0001;
  private static final int STACK = 0x0A63_0002;
  private static final int IPV4 = EthernetHeader.LENGTH_BYTES;

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
    return echoRequest(PEER);
  }

  /** {@code source} pings 10.99.0.2. */
  public static ByteBuffer echoRequest(final int source) {
    final ByteBuffer frame = ByteBuffer.allocate(14 + 20 + 8 + 8);
    EthernetHeader.write(frame, 0, STACK_MAC, PEER_MAC, EthernetHeader.TYPE_IPV4);
    frame
        .putShort(14, (short) 0x4500)
        .putShort(16, (short) 36)
        .put(22, (byte) 64)
        .put(23, (byte) 1);
    frame.putInt(26, source).putInt(30, STACK);
    frame.putShort(24, (short) Checksum.fold(Checksum.add(0, frame, 14, 20)));
    frame.putShort(34, (short) 0x0800).putInt(38, 0x0007_0001).putLong(42, 0x0102_0304_0506_0708L);
    frame.putShort(36, (short) Checksum.fold(Checksum.add(0, frame, 34, 16)));
    return frame;
  }

  /** The frames of {@code from} that were sent by {@code sourceMac}. */
  public static void copyFrom(final Path from, final Path to, final long sourceMac)
      throws IOException {
    try (CaptureReader reader = CaptureReader.open(from);
        PcapngWriter writer = new PcapngWriter(to, "test")) {
      while (reader.next()) {
        if (EthernetHeader.source(reader.bytes(), 0) == sourceMac) {
          writer.write(
              reader.timestampNs(), reader.bytes(), 0, reader.lengthBytes(), Direction.UNKNOWN);
        }
      }
    }
  }

  /** The first TCP segment of {@code from}. */
  public static void firstTcpFrame(final Path from, final Path to) throws IOException {
    try (CaptureReader reader = CaptureReader.open(from);
        PcapngWriter writer = new PcapngWriter(to, "test")) {
      while (reader.next()) {
        if (isTcp(reader.bytes())) {
          writer.write(
              reader.timestampNs(), reader.bytes(), 0, reader.lengthBytes(), Direction.UNKNOWN);
          return;
        }
      }
    }
    throw new AssertionError("no TCP in " + from);
  }

  /**
   * What {@code sourceAddress} said over TCP, by relative sequence number, as hexadecimal text: for
   * comparison.
   */
  public static String tcpPayload(final Path capture, final int sourceAddress) throws IOException {
    final Map<Integer, Byte> bytes = new TreeMap<>();
    int isn = 0;
    try (CaptureReader reader = CaptureReader.open(capture)) {
      while (reader.next()) {
        final ByteBuffer frame = reader.bytes();
        if (!isTcp(frame) || Ipv4Header.source(frame, IPV4) != sourceAddress) {
          continue;
        }
        final int tcp = IPV4 + Ipv4Header.headerBytes(frame, IPV4);
        if ((TcpHeader.flags(frame, tcp) & TcpHeader.SYN) != 0) {
          isn = TcpHeader.sequence(frame, tcp);
        }
        final int end = IPV4 + Ipv4Header.totalLength(frame, IPV4);
        for (int at = tcp + TcpHeader.lengthBytes(frame, tcp); at < end; at++) {
          final int relative =
              TcpHeader.sequence(frame, tcp) - isn + at - tcp - TcpHeader.lengthBytes(frame, tcp);
          bytes.put(relative, frame.get(at));
        }
      }
    }
    return bytes.toString();
  }

  private static boolean isTcp(final ByteBuffer frame) {
    return EthernetHeader.type(frame, 0) == EthernetHeader.TYPE_IPV4
        && Ipv4Header.protocol(frame, IPV4) == Ipv4Header.PROTOCOL_TCP;
  }
}
