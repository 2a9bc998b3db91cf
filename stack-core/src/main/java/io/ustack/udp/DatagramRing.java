package io.ustack.udp;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.ByteRing;
import java.nio.ByteBuffer;

/**
 * Datagrams between one producer and one consumer thread: a {@link ByteRing} in which each is an
 * address, a port, a length and its bytes, published at once. What it holds is bounded in bytes,
 * those eight included, so empty datagrams are bounded as well.
 */
final class DatagramRing {
  /** What a datagram costs beside its bytes. */
  static final int PREFIX_BYTES = 8;

  private final ByteRing ring;
  private final byte[] written = new byte[PREFIX_BYTES];
  private final byte[] read = new byte[PREFIX_BYTES];

  DatagramRing(final int capacityBytes) {
    ring = new ByteRing(capacityBytes);
  }

  /** The most bytes that it will hold from now on. Producer. */
  void capacity(final int bytes) {
    ring.capacity(bytes);
  }

  /** Whether there is room for a datagram of this length. Producer. */
  boolean fits(final int lengthBytes) {
    return ring.free() >= PREFIX_BYTES + lengthBytes;
  }

  /** Whether the consumer would find nothing. */
  boolean isEmpty() {
    return ring.length() == 0;
  }

  /** Adds a datagram that {@link #fits}. Producer. */
  void add(
      final int address,
      final int port,
      final ByteBuffer source,
      final int offset,
      final int lengthBytes) {
    prefix(address, port, lengthBytes);
    ring.store(PREFIX_BYTES, source, offset, lengthBytes);
    ring.publish(PREFIX_BYTES + lengthBytes);
  }

  /** As above, from an array. */
  void add(
      final int address,
      final int port,
      final byte[] source,
      final int offset,
      final int lengthBytes) {
    prefix(address, port, lengthBytes);
    ring.store(PREFIX_BYTES, source, offset, lengthBytes);
    ring.publish(PREFIX_BYTES + lengthBytes);
  }

  /** As above, gathered from the beginning of ranges. */
  void add(final int address, final int port, final ByteRanges source, final int lengthBytes) {
    prefix(address, port, lengthBytes);
    source.store(ring, PREFIX_BYTES, 0, lengthBytes);
    ring.publish(PREFIX_BYTES + lengthBytes);
  }

  private void prefix(final int address, final int port, final int lengthBytes) {
    written[0] = (byte) (address >>> 24);
    written[1] = (byte) (address >>> 16);
    written[2] = (byte) (address >>> 8);
    written[3] = (byte) address;
    written[4] = (byte) (port >>> 8);
    written[5] = (byte) port;
    written[6] = (byte) (lengthBytes >>> 8);
    written[7] = (byte) lengthBytes;
    ring.store(0, written, 0, PREFIX_BYTES);
  }

  /** Looks at the oldest datagram; false when there is none. Consumer. */
  boolean first(final DatagramInfo info) {
    if (ring.length() == 0) {
      return false;
    }
    ring.peek(0, read, 0, PREFIX_BYTES);
    info.address =
        (read[0] << 24) | ((read[1] & 0xFF) << 16) | ((read[2] & 0xFF) << 8) | (read[3] & 0xFF);
    info.port = ((read[4] & 0xFF) << 8) | (read[5] & 0xFF);
    info.lengthBytes = ((read[6] & 0xFF) << 8) | (read[7] & 0xFF);
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

  /** Removes the oldest datagram, which {@link #first} told of. Consumer. */
  void remove(final DatagramInfo info) {
    ring.discard(PREFIX_BYTES + info.lengthBytes);
  }
}
