package io.ustack.shard;

import io.ustack.buffer.ByteRing;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Frames on their way from one shard to another, whose pools are not each other's: copies, between
 * one producer and one consumer thread. Bounded in bytes.
 */
final class FrameRing {
  private static final int LENGTH = 0;
  private static final int FLAGS = 4;
  private static final int PREFIX_BYTES = 8;

  /** Keeps what one thread writes out of the cache lines of the other, wherever it lies. */
  private static final int PADDING_BYTES = 64;

  private final ByteRing ring;
  private final int frameBytes;
  private final ByteBuffer written = prefix();
  private final ByteBuffer read = prefix();

  /**
   * A ring for frames of so many bytes together, eight more for each.
   *
   * @param frameBytes what packets of the consumer's pool can hold
   */
  FrameRing(final int capacityBytes, final int frameBytes) {
    ring = new ByteRing(capacityBytes);
    this.frameBytes = frameBytes;
  }

  private static ByteBuffer prefix() {
    return ByteBuffer.allocate(PADDING_BYTES + PREFIX_BYTES + PADDING_BYTES)
        .slice(PADDING_BYTES, PREFIX_BYTES);
  }

  /** As {@link #offer}, but leaves half of the ring to others. Producer. */
  boolean offerSparingly(final Packet frame) {
    return ring.length() < ring.capacity() / 2 && offer(frame);
  }

  /**
   * Adds a copy of a frame, which stays with the caller; false without room, or if it is too long
   * for the consumer. Producer.
   */
  boolean offer(final Packet frame) {
    final int length = frame.length();
    // Reserved at once: between prefix and frame nothing may fail.
    if (length > frameBytes || ring.reserve(PREFIX_BYTES + length) < PREFIX_BYTES + length) {
      return false;
    }
    written.putInt(LENGTH, length).putInt(FLAGS, frame.flags());
    ring.store(0, written, 0, PREFIX_BYTES);
    ring.store(PREFIX_BYTES, frame.bytes(), frame.offset(), length);
    ring.publish(PREFIX_BYTES + length);
    return true;
  }

  /** Whether the consumer would find nothing. */
  boolean isEmpty() {
    return ring.length() == 0;
  }

  /**
   * Takes the oldest frame into a packet of {@code pool}; null without a frame, or without a packet
   * for it. Consumer.
   */
  @Nullable Packet poll(final PacketPool pool) {
    if (isEmpty()) {
      return null;
    }
    final Packet packet = pool.allocate();
    if (packet == null) {
      return null;
    }
    ring.peek(0, read, 0, PREFIX_BYTES);
    final int length = read.getInt(LENGTH);
    ring.peek(PREFIX_BYTES, packet.bytes(), packet.append(length), length);
    packet.flags(read.getInt(FLAGS));
    ring.discard(PREFIX_BYTES + length);
    return packet;
  }
}
