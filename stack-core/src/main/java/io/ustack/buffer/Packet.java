package io.ustack.buffer;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One buffer of a pool and what it holds: a frame on its way in, or a frame that grows header by
 * header on its way out.
 *
 * <pre>
 *   start            offset                       end          limit
 *     |   headroom     |   frame (length bytes)    |  tailroom   |
 * </pre>
 *
 * <p>A {@code Packet} exists once per buffer and is reused. All offsets are absolute positions in
 * {@link #bytes()}, which is big-endian and shared by the whole pool; nobody changes its position
 * or limit.
 *
 * <p>Ownership: exactly one holder. Whoever holds a packet passes it on or calls {@link
 * #release()}. Not thread-safe: a packet belongs to the thread of its stack.
 */
public final class Packet {
  /**
   * Bytes kept free in front of a frame; holds Ethernet (14), IPv4 (60) and TCP (60) at their
   * largest, less nothing.
   */
  public static final int HEADROOM_BYTES = 128 + 14;

  /** Receive: the link found the IPv4 header checksum wrong. */
  public static final int RX_IPV4_CHECKSUM_BAD = 1;

  /** Receive: the link found the TCP or UDP checksum wrong. */
  public static final int RX_L4_CHECKSUM_BAD = 1 << 1;

  /** Transmit: the link fills in the IPv4 header checksum; the field is zero. */
  public static final int TX_IPV4_CHECKSUM = 1 << 2;

  /** Transmit: the link fills in the TCP checksum, pseudo-header included; the field is zero. */
  public static final int TX_TCP_CHECKSUM = 1 << 3;

  /** Transmit: the link fills in the UDP checksum, pseudo-header included; the field is zero. */
  public static final int TX_UDP_CHECKSUM = 1 << 4;

  /** Received, and marked by the network: CE (RFC 3168 5). IP sets it for the transports. */
  public static final int RX_CONGESTION_EXPERIENCED = 1 << 5;

  private final PacketPool pool;
  private final int index;
  private final ByteBuffer bytes;
  private final int start;
  private final int limit;

  private int offset;
  private int length;
  private int networkOffset;
  private int transportOffset;
  private int flags;
  private boolean held;

  /** Segments on the wire that it stands for, with what follows it. */
  private int segments = 1;

  /** Where in {@link LentPackets} it stands while it is lent. */
  int lentAt;

  /** The next packet of whatever list the owner keeps this packet in; null outside a list. */
  public @Nullable Packet next;

  /**
   * The rest of the train that this packet is the head or a part of; null at its end.
   *
   * <p>A train is a row of TCP segments of one connection that pass the stack as one. Its head is a
   * whole frame, with its own length in the IPv4 header; what follows holds only payload that
   * continues it. On transmit each follower becomes a segment behind a copy of the head's headers,
   * which need room in front of it; all but the last are as long as the head's payload. The head's
   * FIN and PSH are the last segment's, its CWR is the first one's. What is received as a train
   * has, in front of each payload, the headers that it came with.
   *
   * <p>Whoever holds the head holds them all: they are released together.
   */
  public @Nullable Packet follower;

  /**
   * Made once per buffer by a pool.
   *
   * @param index the pool's own number for this buffer
   * @param bytes the memory of the whole pool, big-endian
   * @param start absolute position of the buffer's first byte
   * @param capacityBytes size of the buffer, headroom included
   */
  public Packet(
      final PacketPool pool,
      final int index,
      final ByteBuffer bytes,
      final int start,
      final int capacityBytes) {
    this.pool = pool;
    this.index = index;
    this.bytes = bytes;
    this.start = start;
    this.limit = start + capacityBytes;
    this.offset = start;
  }

  /** The pool's number for this buffer. */
  public int index() {
    return index;
  }

  /** The memory of the whole pool; use absolute positions only. */
  public ByteBuffer bytes() {
    return bytes;
  }

  /** Absolute position of the buffer's first byte, which is the start of the headroom. */
  public int start() {
    return start;
  }

  /** Absolute position just past the buffer. */
  public int limit() {
    return limit;
  }

  /** Absolute position of the frame's first byte. */
  public int offset() {
    return offset;
  }

  /** Length of the frame in bytes, without the frame check sequence. */
  public int length() {
    return length;
  }

  /** Absolute position just past the frame's last byte. */
  public int end() {
    return offset + length;
  }

  /**
   * Absolute position of the network header, set by Ethernet input and by {@link #prepend}ing
   * layers.
   */
  public int networkOffset() {
    return networkOffset;
  }

  public void networkOffset(final int absoluteOffset) {
    networkOffset = absoluteOffset;
  }

  /** Absolute position of the transport header. */
  public int transportOffset() {
    return transportOffset;
  }

  public void transportOffset(final int absoluteOffset) {
    transportOffset = absoluteOffset;
  }

  /** The {@code RX_} and {@code TX_} flags. */
  public int flags() {
    return flags;
  }

  public void flags(final int newFlags) {
    flags = newFlags;
  }

  /** Adds flags to those already set. */
  public void addFlags(final int more) {
    flags |= more;
  }

  /** How many segments on the wire this head stands for; 1 where nothing follows it. */
  public int segments() {
    return segments;
  }

  public void segments(final int count) {
    segments = count;
  }

  /** Called by a pool that hands this packet out: empty, full headroom, no flags. */
  public void take() {
    take(start + HEADROOM_BYTES, 0, 0);
  }

  /** Called by a link that hands out a received frame lying at {@code absoluteOffset}. */
  public void take(final int absoluteOffset, final int lengthBytes, final int rxFlags) {
    if (held) {
      throw new IllegalStateException("packet " + index + " handed out twice");
    }
    held = true;
    next = null;
    follower = null;
    segments = 1;
    flags = rxFlags;
    place(absoluteOffset, lengthBytes);
    networkOffset = absoluteOffset;
    transportOffset = absoluteOffset;
  }

  /** Says where in the buffer the frame lies; used by links that fill the buffer themselves. */
  public void place(final int absoluteOffset, final int lengthBytes) {
    if (absoluteOffset < start || lengthBytes < 0 || lengthBytes > limit - absoluteOffset) {
      throw new IllegalArgumentException(
          "frame outside its buffer: offset "
              + (absoluteOffset - start)
              + " length "
              + lengthBytes);
    }
    offset = absoluteOffset;
    length = lengthBytes;
  }

  /**
   * Grows the frame at its front for a header.
   *
   * @return the absolute position of the new first byte
   */
  public int prepend(final int headerBytes) {
    place(offset - headerBytes, length + headerBytes);
    return offset;
  }

  /**
   * Grows the frame at its end.
   *
   * @return the absolute position of the first byte added
   */
  public int append(final int count) {
    final int at = end();
    place(offset, length + count);
    return at;
  }

  /**
   * Cuts the frame to {@code lengthBytes}, which may not be more than it has: link padding goes
   * away so.
   */
  public void trim(final int lengthBytes) {
    if (lengthBytes < 0 || lengthBytes > length) {
      throw new IllegalArgumentException("trim to " + lengthBytes + " of " + length);
    }
    length = lengthBytes;
  }

  /**
   * Gives the buffer back to its pool, and what follows it. Releasing twice is a bug of ours and
   * fails loudly.
   */
  public void release() {
    final Packet rest = follower;
    pool.release(this);
    if (rest != null) {
      releaseAll(rest);
    }
  }

  private static void releaseAll(final Packet first) {
    Packet packet = first;
    while (packet != null) {
      final Packet rest = packet.follower;
      packet.pool.release(packet);
      packet = rest;
    }
  }

  /** Called by a pool that takes this packet back. */
  public void drop() {
    if (!held) {
      throw new IllegalStateException("packet " + index + " released twice");
    }
    held = false;
    next = null;
    follower = null;
  }
}
