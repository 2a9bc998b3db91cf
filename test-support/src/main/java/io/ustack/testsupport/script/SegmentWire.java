package io.ustack.testsupport.script;

import io.ustack.buffer.Checksum;
import io.ustack.ipv4.Ipv4Address;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Segments of the one connection that a script is about, between the script's numbers and the
 * bytes: initial sequence numbers, ports, the first timestamp.
 */
final class SegmentWire {
  static final int PROTOCOL_ICMP = 1;
  static final int PROTOCOL_TCP = 6;

  /** Of the peer; just under 2^32, so that scripts run over the wrap. */
  private static final int PEER_ISN = -200;

  private static final int IPV4_HEADER_BYTES = 20;
  private static final int TCP_HEADER_BYTES = 20;
  private static final int MAX_OPTION_BYTES = 40;
  private static final int ICMP_HEADER_BYTES = 8;
  private static final int DEFAULT_WINDOW = 65535;

  final int local = Ipv4Address.parse("192.168.0.1");
  int remote = Ipv4Address.parse("192.0.2.1");
  int localPort = 8080;
  int remotePort = 40_000;

  /** Our initial sequence number; each SYN of ours says it anew. */
  private int isn;

  /** Those of the connections to the peer's other ports. */
  private final Map<Integer, Integer> otherIsns = new HashMap<>();

  private boolean timestampsKnown;
  private int timestampBase;

  SegmentWire(final int isn) {
    this.isn = isn;
  }

  /** From here on segments come from that port of the peer's, and go to it. */
  void turnTo(final int port) {
    otherIsns.put(remotePort, isn);
    remotePort = port;
    isn = otherIsns.getOrDefault(port, isn);
  }

  // ---- From the script to the stack

  /** The IPv4 packet of a segment of the peer's. */
  byte[] packet(final Segment segment, final byte[] payload) {
    final byte[] options = optionBytes(segment);
    final int length = TCP_HEADER_BYTES + options.length + payload.length;
    final ByteBuffer packet = ByteBuffer.allocate(IPV4_HEADER_BYTES + length);
    final int ecn = Math.max(0, segment.ecn());
    putHeader(packet, PROTOCOL_TCP, IPV4_HEADER_BYTES + length, ecn, remote, local);
    packet.putShort((short) remotePort).putShort((short) localPort);
    packet.putInt((int) segment.seq() + PEER_ISN);
    packet.putInt(segment.has(Segment.ACK) ? (int) segment.ack() + isn : 0);
    packet.put((byte) ((TCP_HEADER_BYTES + options.length) << 2)).put((byte) segment.flags());
    final int window = segment.window() == Segment.UNSAID ? DEFAULT_WINDOW : segment.window();
    packet.putShort((short) window).putShort((short) 0).putShort((short) segment.urgent());
    packet.put(options).put(payload);
    final long pseudo = Checksum.addPseudoHeader(0, remote, local, PROTOCOL_TCP, length);
    final int sum = Checksum.fold(Checksum.add(pseudo, packet, IPV4_HEADER_BYTES, length));
    packet.putShort(IPV4_HEADER_BYTES + 16, (short) sum);
    return packet.array();
  }

  /** The IPv4 packet of an ICMP error that quotes a segment of ours. */
  byte[] icmp(final int type, final int code, final int mtu, final Segment quoted) {
    final int length = ICMP_HEADER_BYTES + IPV4_HEADER_BYTES + 8;
    final ByteBuffer packet = ByteBuffer.allocate(IPV4_HEADER_BYTES + length);
    putHeader(packet, PROTOCOL_ICMP, IPV4_HEADER_BYTES + length, 0, remote, local);
    packet.put((byte) type).put((byte) code).putShort((short) 0);
    packet.putShort((short) 0).putShort((short) mtu);
    final int quotedLength = IPV4_HEADER_BYTES + TCP_HEADER_BYTES + quoted.length();
    putHeader(packet, PROTOCOL_TCP, quotedLength, 0, local, remote);
    packet.putShort((short) localPort).putShort((short) remotePort);
    packet.putInt((int) quoted.seq() + isn);
    final int sum = Checksum.fold(Checksum.add(0, packet, IPV4_HEADER_BYTES, length));
    packet.putShort(IPV4_HEADER_BYTES + 2, (short) sum);
    return packet.array();
  }

  private static void putHeader(
      final ByteBuffer into,
      final int protocol,
      final int totalLength,
      final int ecn,
      final int source,
      final int destination) {
    final int at = into.position();
    into.put((byte) 0x45).put((byte) ecn).putShort((short) totalLength).putInt(0);
    into.put((byte) 64).put((byte) protocol).putShort((short) 0);
    into.putInt(source).putInt(destination);
    final int sum = Checksum.fold(Checksum.add(0, into, at, IPV4_HEADER_BYTES));
    into.putShort(at + 10, (short) sum);
  }

  private byte[] optionBytes(final Segment segment) {
    final List<SegmentOption> options = segment.options();
    if (options == null) {
      throw new ScriptFailure("<...> says nothing that could be sent");
    }
    final ByteBuffer bytes = ByteBuffer.allocate((MAX_OPTION_BYTES + 2) * options.size() + 3);
    for (final SegmentOption option : options) {
      putOption(bytes, option, segment.has(Segment.ACK));
    }
    while (bytes.position() % 4 != 0) {
      bytes.put((byte) 0);
    }
    if (bytes.position() > MAX_OPTION_BYTES) {
      throw new ScriptFailure("options of more than " + MAX_OPTION_BYTES + " bytes");
    }
    final byte[] exact = new byte[bytes.position()];
    bytes.get(0, exact);
    return exact;
  }

  private void putOption(final ByteBuffer into, final SegmentOption option, final boolean acks) {
    if (option instanceof SegmentOption.Eol) {
      into.put((byte) 0);
    } else if (option instanceof SegmentOption.Nop) {
      into.put((byte) 1);
    } else if (option instanceof SegmentOption.Mss mss) {
      into.put((byte) 2).put((byte) 4).putShort((short) mss.bytes());
    } else if (option instanceof SegmentOption.WindowScale scale) {
      into.put((byte) 3).put((byte) 3).put((byte) scale.shift());
    } else if (option instanceof SegmentOption.SackPermitted) {
      into.put((byte) 4).put((byte) 2);
    } else if (option instanceof SegmentOption.Sack sack) {
      into.put((byte) 5).put((byte) (2 + 8 * sack.blocks().size()));
      for (final SegmentOption.Block block : sack.blocks()) {
        into.putInt((int) block.left() + isn).putInt((int) block.right() + isn);
      }
    } else if (option instanceof SegmentOption.Timestamps ts) {
      into.put((byte) 8).put((byte) 10).putInt((int) ts.value());
      into.putInt(acks ? (int) ts.echo() + timestampBase : 0);
    } else if (option instanceof SegmentOption.FastOpen open) {
      final byte[] cookie = HexFormat.of().parseHex(open.cookie());
      into.put((byte) 34).put((byte) (2 + cookie.length)).put(cookie);
    } else if (option instanceof SegmentOption.Raw raw) {
      into.put(HexFormat.of().parseHex(raw.hex()));
    }
  }

  // ---- From the stack to the script

  /** The packet's segment; null when it is none of TCP between these two hosts. */
  static @Nullable ByteBuffer tcp(final byte[] packet) {
    final ByteBuffer bytes = ByteBuffer.wrap(packet);
    return bytes.capacity() >= IPV4_HEADER_BYTES + TCP_HEADER_BYTES
            && bytes.get(9) == PROTOCOL_TCP
            && bytes.get(0) == 0x45
        ? bytes.slice(IPV4_HEADER_BYTES, bytes.getShort(2) - IPV4_HEADER_BYTES)
        : null;
  }

  /** Learns from a segment of ours what the script's numbers stand for from here on. */
  void learn(final ByteBuffer segment, final Segment wanted) {
    if (wanted.has(Segment.SYN) && (segment.get(13) & Segment.SYN) != 0) {
      isn = wanted.seq() == 0 ? segment.getInt(4) : isn;
      localPort = segment.getShort(0) & 0xFFFF;
    }
    if (!timestampsKnown && wanted.options() != null) {
      for (final SegmentOption option : wanted.options()) {
        final int at = find(segment, 8);
        if (option instanceof SegmentOption.Timestamps ts && at > 0) {
          timestampsKnown = true;
          timestampBase = segment.getInt(at + 2) - (int) ts.value();
        }
      }
    }
  }

  private static int find(final ByteBuffer segment, final int kind) {
    final int end = headerLength(segment);
    int at = TCP_HEADER_BYTES;
    while (at < end && segment.get(at) != kind) {
      at += segment.get(at) <= 1 ? 1 : Math.max(2, segment.get(at + 1));
    }
    return at < end ? at : 0;
  }

  static int headerLength(final ByteBuffer segment) {
    return (segment.get(12) & 0xF0) >>> 2;
  }

  /**
   * What a segment of ours says, in the script's numbers.
   *
   * @param wanted leaves out what it does not say; null to tell everything
   */
  Segment read(final byte[] packet, final ByteBuffer segment, final @Nullable Segment wanted) {
    final int header = headerLength(segment);
    final int flags = segment.get(13) & 0xFF;
    final boolean tellsWindow = wanted == null || wanted.window() != Segment.UNSAID;
    final boolean tellsEcn = wanted != null && wanted.ecn() != Segment.UNSAID;
    final boolean tellsOptions = wanted == null || wanted.options() != null;
    final int seq = segment.getInt(4);
    // A RST that answers a segment without ACK starts from 0, not from our ISN (RFC 9293 3.5.2).
    final boolean bare = (flags & Segment.RST) != 0 && seq == 0;
    return new Segment(
        tellsEcn ? packet[1] & 3 : Segment.UNSAID,
        flags,
        Integer.toUnsignedLong(bare ? 0 : seq - isn),
        segment.capacity() - header,
        (flags & Segment.ACK) == 0 ? 0 : Integer.toUnsignedLong(segment.getInt(8) - PEER_ISN),
        tellsWindow ? segment.getShort(14) & 0xFFFF : Segment.UNSAID,
        segment.getShort(18) & 0xFFFF,
        tellsOptions ? options(segment, header) : null);
  }

  private List<SegmentOption> options(final ByteBuffer segment, final int end) {
    final List<SegmentOption> options = new ArrayList<>();
    int at = TCP_HEADER_BYTES;
    while (at < end) {
      final int kind = segment.get(at);
      if (kind <= 1) {
        options.add(kind == 0 ? new SegmentOption.Eol() : new SegmentOption.Nop());
        at++;
        continue;
      }
      final int length = segment.get(at + 1) & 0xFF;
      options.add(option(segment, at, kind, length));
      at += Math.max(2, length);
    }
    return options;
  }

  private SegmentOption option(
      final ByteBuffer segment, final int at, final int kind, final int length) {
    return switch (kind) {
      case 2 -> new SegmentOption.Mss(segment.getShort(at + 2) & 0xFFFF);
      case 3 -> new SegmentOption.WindowScale(segment.get(at + 2) & 0xFF);
      case 4 -> new SegmentOption.SackPermitted();
      case 5 -> {
        final List<SegmentOption.Block> blocks = new ArrayList<>();
        for (int edge = at + 2; edge < at + length; edge += 8) {
          blocks.add(
              new SegmentOption.Block(
                  Integer.toUnsignedLong(segment.getInt(edge) - PEER_ISN),
                  Integer.toUnsignedLong(segment.getInt(edge + 4) - PEER_ISN)));
        }
        yield new SegmentOption.Sack(blocks);
      }
      case 8 ->
          new SegmentOption.Timestamps(
              Integer.toUnsignedLong(segment.getInt(at + 2) - timestampBase),
              Integer.toUnsignedLong(segment.getInt(at + 6)));
      case 34 -> new SegmentOption.FastOpen(hex(segment, at + 2, length - 2));
      default -> new SegmentOption.Raw(hex(segment, at, length));
    };
  }

  private static String hex(final ByteBuffer segment, final int at, final int length) {
    final byte[] bytes = new byte[length];
    segment.get(at, bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Whether the checksums of a packet of ours are right. */
  boolean checksumsHold(final byte[] packet) {
    final ByteBuffer bytes = ByteBuffer.wrap(packet);
    final int total = bytes.getShort(2);
    final int length = total - IPV4_HEADER_BYTES;
    final long pseudo =
        Checksum.addPseudoHeader(0, bytes.getInt(12), bytes.getInt(16), PROTOCOL_TCP, length);
    return Checksum.fold(Checksum.add(0, bytes, 0, IPV4_HEADER_BYTES)) == 0
        && Checksum.fold(Checksum.add(pseudo, bytes, IPV4_HEADER_BYTES, length)) == 0;
  }
}
