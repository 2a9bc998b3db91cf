package io.ustack.tcp;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketRing;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The segment being processed: SEG.SEQ, SEG.ACK, SEG.WND and so on of RFC 9293 3.3.1, read once
 * from a validated header. A train ({@link Packet#follower}) is one segment with a long payload.
 *
 * <p>One instance per stack, filled anew for each segment; nobody keeps it. The packet under it
 * stays with the caller, unless {@link #keep} finds another owner.
 */
final class TcpSegment {
  /** No round trip can be read off the timestamps of this segment. */
  static final long NO_ECHO = -1;

  int sourceAddress;
  int sourcePort;
  int destinationAddress;
  int destinationPort;

  /** SEG.SEQ: of the first byte, or of SYN when that is set. */
  int seq;

  /** SEG.ACK; meaningless without {@link TcpHeader#ACK}. */
  int ack;

  int flags;

  /** The window field as it came, not scaled. */
  int window;

  /** The network marked it instead of dropping it: CE (RFC 3168 5). */
  boolean isMarked;

  /** It carries ECN-Echo on a connection that uses ECN. */
  boolean echoesMark;

  /** Whether it carries timestamps on a connection that uses them; read by {@link #take}. */
  boolean hasTimestamps;

  /** SEG.TSval and SEG.TSecr (RFC 7323 3); only with {@link #hasTimestamps}. */
  int tsVal;

  int tsEcr;

  /** How long ago that left which the peer echoes here; {@link #NO_ECHO} when it echoes nothing. */
  long echoAgeNs = NO_ECHO;

  /** SACK blocks (RFC 2018 3), and where the first one stands in {@link #bytes}. */
  int sackBlocks;

  int sackOffset;

  /** How many segments came as this one; 1 unless it is a train. */
  int segments = 1;

  /** The packets that it came in, as far as they have no other owner; null when all have. */
  @Nullable Packet packet;

  /** Bytes of payload in front of {@link #packet}, which have another owner. */
  private int keptBytes;

  ByteBuffer bytes = ByteBuffer.allocate(0);
  int optionsOffset;
  int payloadOffset;
  int payloadLength;

  /**
   * Reads a segment whose header {@link TcpHeader#validate} accepted, in as few accesses as it has
   * words.
   */
  void read(final Packet from, final int source, final int destination) {
    final ByteBuffer header = from.bytes();
    final int at = from.transportOffset();
    packet = from;
    bytes = header;
    sourceAddress = source;
    destinationAddress = destination;
    final int ports = header.getInt(at);
    final long numbers = header.getLong(at + 4);
    final int rest = header.getInt(at + 12);
    sourcePort = ports >>> 16;
    destinationPort = ports & 0xFFFF;
    seq = (int) (numbers >>> 32);
    ack = (int) numbers;
    flags = (rest >>> 16) & 0xFF;
    window = rest & 0xFFFF;
    optionsOffset = at + TcpHeader.MIN_LENGTH_BYTES;
    payloadOffset = at + ((rest >>> 26) & 0x3C);
    payloadLength = from.end() - payloadOffset;
    segments = from.segments();
    keptBytes = 0;
    for (Packet more = from.follower; more != null; more = more.follower) {
      payloadLength += more.length();
    }
    isMarked = (from.flags() & Packet.RX_CONGESTION_EXPERIENCED) != 0;
    echoesMark = false;
    hasTimestamps = false;
    sackBlocks = 0;
    echoAgeNs = NO_ECHO;
  }

  /** Keeps what every segment of a connection needs of its options. */
  void take(final TcpOptions options) {
    hasTimestamps = options.hasTimestamps();
    tsVal = options.tsVal();
    tsEcr = options.tsEcr();
    sackBlocks = options.sackBlocks();
    sackOffset = options.sackOffset();
  }

  /**
   * Lets the packets themselves stand in the ring for the next bytes, where the application wants
   * that; they are in place, and not published yet.
   *
   * @param skip bytes of payload in front of these
   * @return for how many bytes they do
   */
  int keep(final PacketRing ring, final int skip, final int length) {
    int kept = 0;
    while (packet != null && kept < length) {
      final Packet first = packet;
      final Packet rest = first.follower;
      final int offset = keptBytes == 0 ? payloadOffset : first.offset();
      final int end = keptBytes + first.end() - offset;
      first.follower = null;
      if (end <= skip) {
        first.release();
      } else {
        final int from = Math.max(0, skip - keptBytes);
        final int count = Math.min(end - Math.max(skip, keptBytes), length - kept);
        if (!ring.keep(kept, first, offset + from, count)) {
          first.follower = rest;
          break;
        }
        kept += count;
      }
      keptBytes = end;
      packet = rest;
    }
    return kept;
  }

  /**
   * Stores payload in the ring.
   *
   * @param ahead how many bytes are stored there and not published before it
   * @param skip bytes of payload in front of these, at least those that were kept
   */
  void store(final PacketRing ring, final int ahead, final int skip, final int length) {
    if (segments == 1) {
      ring.store(ahead, bytes, payloadOffset + skip, length);
      return;
    }
    int start = keptBytes;
    int done = 0;
    for (Packet piece = packet; piece != null && done < length; piece = piece.follower) {
      final int offset = start == 0 ? payloadOffset : piece.offset();
      final int end = start + piece.end() - offset;
      final int from = skip + done;
      if (from < end) {
        final int count = Math.min(end - from, length - done);
        ring.store(ahead + done, piece.bytes(), offset + from - start, count);
        done += count;
      }
      start = end;
    }
  }

  boolean has(final int flag) {
    return (flags & flag) != 0;
  }

  /** SEG.UP (RFC 9293 3.8.5): from {@link #seq} on; meaningless without {@link TcpHeader#URG}. */
  int urgentPointer() {
    return bytes.getShort(optionsOffset - 2) & 0xFFFF;
  }

  /** SEG.LEN: bytes of payload, plus one each for SYN and FIN. */
  int length() {
    return payloadLength + ((flags >>> 1) & 1) + (flags & 1);
  }

  /** Sequence number of the first payload byte, which SYN pushes back by one. */
  int payloadSeq() {
    return seq + ((flags >>> 1) & 1);
  }
}
