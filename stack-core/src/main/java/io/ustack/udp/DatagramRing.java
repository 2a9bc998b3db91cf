package io.ustack.udp;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketRing;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams between one producer and one consumer thread: a {@link PacketRing} in which each is a
 * {@link DatagramInfo} and its bytes, published at once. What it holds is bounded in bytes, those
 * that the info takes included, so empty datagrams are bounded as well.
 */
final class DatagramRing {
  /** What a datagram costs beside its bytes. */
  static final int PREFIX_BYTES = 16;

  private static final int ADDRESS = 0;
  private static final int PORT = 4;
  private static final int LENGTH = 6;
  private static final int LOCAL_ADDRESS = 8;
  private static final int TYPE_OF_SERVICE = 12;
  private static final int TIME_TO_LIVE = 13;

  private final PacketRing ring;
  private final ByteBuffer written = ByteBuffer.allocate(PREFIX_BYTES);
  private final ByteBuffer read = ByteBuffer.allocate(PREFIX_BYTES);

  DatagramRing(final int capacityBytes) {
    ring = new PacketRing(capacityBytes);
  }

  /** The most bytes that it will hold from now on. Producer. */
  void capacity(final int bytes) {
    ring.capacity(bytes);
  }

  /** What is in it with a datagram of this length that is not whole yet; 0 without one. */
  int usedBytes(final int storedBytes) {
    return storedBytes == 0 ? 0 : ring.length() + PREFIX_BYTES + storedBytes;
  }

  /** What is in it, with what is kept of each datagram. Any thread. */
  int lengthBytes() {
    return ring.length();
  }

  /** Whether there is room for a datagram of this length. Producer. */
  boolean fits(final int lengthBytes) {
    return ring.free() >= PREFIX_BYTES + lengthBytes;
  }

  /** Whether the consumer would find nothing. */
  boolean isEmpty() {
    return ring.length() == 0;
  }

  /** Adds a datagram that {@link #fits}: all that {@code about} says, and its length. Producer. */
  void add(
      final DatagramInfo about, final ByteBuffer source, final int offset, final int lengthBytes) {
    prefix(about, lengthBytes);
    ring.store(PREFIX_BYTES, source, offset, lengthBytes);
    ring.publish(PREFIX_BYTES + lengthBytes);
  }

  /** As above, from an array. */
  void add(final DatagramInfo about, final byte[] source, final int offset, final int lengthBytes) {
    prefix(about, lengthBytes);
    ring.store(PREFIX_BYTES, source, offset, lengthBytes);
    ring.publish(PREFIX_BYTES + lengthBytes);
  }

  /** As above, gathered from the beginning of ranges. */
  void add(final DatagramInfo about, final ByteRanges source, final int lengthBytes) {
    prefix(about, lengthBytes);
    source.store(ring, PREFIX_BYTES, 0, lengthBytes);
    ring.publish(PREFIX_BYTES + lengthBytes);
  }

  /**
   * Stores a part of a datagram that is not whole yet, {@code at} bytes behind its beginning; all
   * of it until then must fit. Producer.
   */
  void store(final int at, final ByteBuffer source, final int offset, final int lengthBytes) {
    ring.store(PREFIX_BYTES + at, source, offset, lengthBytes);
  }

  /** As above, from an array. */
  void store(final int at, final byte[] source, final int offset, final int lengthBytes) {
    ring.store(PREFIX_BYTES + at, source, offset, lengthBytes);
  }

  /** As above, gathered from the beginning of ranges. */
  void store(final int at, final ByteRanges source, final int lengthBytes) {
    source.store(ring, PREFIX_BYTES + at, 0, lengthBytes);
  }

  /** Adds the datagram whose parts were stored. Producer. */
  void addStored(final DatagramInfo about, final int lengthBytes) {
    prefix(about, lengthBytes);
    ring.publish(PREFIX_BYTES + lengthBytes);
  }

  /**
   * From now on datagrams may stay in packets of {@code lent}. One thread at a time; idempotent.
   */
  void keepPackets(final LentPackets lent) {
    ring.keepPackets(lent);
  }

  /**
   * Adds a datagram that {@link #fits} and stays in its packet. Producer.
   *
   * @param offset where its bytes are in the packet's memory, absolute
   * @return whether the packet is in the ring's hands; false when it has to be copied
   */
  boolean keep(
      final DatagramInfo about, final Packet packet, final int offset, final int lengthBytes) {
    prefix(about, lengthBytes); // which may need memory: before the packet is the ring's
    if (!ring.keep(PREFIX_BYTES, packet, offset, lengthBytes)) {
      return false;
    }
    ring.publish(PREFIX_BYTES + lengthBytes);
    return true;
  }

  /**
   * Adds a datagram that {@link #fits}: the frame of a packet that is lent to the caller, which is
   * the ring's if the answer is true. Producer.
   */
  boolean put(final DatagramInfo about, final Packet packet) {
    final int lengthBytes = packet.length();
    prefix(about, lengthBytes);
    if (!ring.put(PREFIX_BYTES, packet)) {
      return false;
    }
    ring.publish(PREFIX_BYTES + lengthBytes);
    return true;
  }

  private void prefix(final DatagramInfo about, final int lengthBytes) {
    written.putInt(ADDRESS, about.address);
    written.putShort(PORT, (short) about.port);
    written.putShort(LENGTH, (short) lengthBytes);
    written.putInt(LOCAL_ADDRESS, about.localAddress);
    written.put(TYPE_OF_SERVICE, (byte) about.typeOfService);
    written.put(TIME_TO_LIVE, (byte) about.timeToLive);
    ring.store(0, written, 0, PREFIX_BYTES);
  }

  /** Looks at the oldest datagram; false when there is none. Consumer. */
  boolean first(final DatagramInfo info) {
    if (ring.length() == 0) {
      return false;
    }
    ring.peek(0, read, 0, PREFIX_BYTES);
    info.address = read.getInt(ADDRESS);
    info.port = read.getShort(PORT) & 0xFFFF;
    info.lengthBytes = read.getShort(LENGTH) & 0xFFFF;
    info.localAddress = read.getInt(LOCAL_ADDRESS);
    info.typeOfService = read.get(TYPE_OF_SERVICE) & 0xFF;
    info.timeToLive = read.get(TIME_TO_LIVE) & 0xFF;
    return true;
  }

  /** Copies the beginning of the oldest datagram. Consumer. */
  void peek(final ByteBuffer target, final int offset, final int lengthBytes) {
    ring.peek(PREFIX_BYTES, target, offset, lengthBytes);
  }

  /** As above, into an array. */
  void peek(final byte[] target, final int offset, final int lengthBytes) {
    ring.peek(PREFIX_BYTES, target, offset, lengthBytes);
  }

  /** As above, scattered over the beginning of ranges. */
  void peek(final ByteRanges target, final int lengthBytes) {
    target.fill(ring, PREFIX_BYTES, 0, lengthBytes);
  }

  /** Removes the oldest datagram and lends its packet; null if it is in none. Consumer. */
  @Nullable Packet take() {
    return ring.take(PREFIX_BYTES);
  }

  /** As {@link #take}, for good. Consumer, on the stack thread. */
  @Nullable Packet reclaim() {
    return ring.reclaim(PREFIX_BYTES);
  }

  /** Nobody will read: packets go back. Producer. */
  void givePacketsBack() {
    ring.givePacketsBack();
  }

  /** Whether what was read is void: packets were given back under the reader. Consumer. */
  boolean isVoid() {
    return ring.isRetired();
  }

  /** Removes the oldest datagram, which {@link #first} told of. Consumer. */
  void remove(final DatagramInfo info) {
    ring.discard(PREFIX_BYTES + info.lengthBytes);
  }
}
