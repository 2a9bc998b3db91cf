package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.ByteRing;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What one end of a socket pair was sent and has not read: bytes, or messages that each stand
 * behind their length. One thread at a time puts, one takes.
 */
final class LocalQueue {
  /** Nothing to take, or no room to put. */
  static final int NOTHING = -1;

  /** Linux net.unix.max_dgram_qlen: a message more than this fits. */
  private static final int MOST_MESSAGES = 10;

  private static final int LENGTH_BYTES = Integer.BYTES;
  private static final VarHandle MESSAGES;

  static {
    try {
      MESSAGES = MethodHandles.lookup().findVarHandle(LocalQueue.class, "messages", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ByteRing ring;
  private final boolean stream;
  private final byte[] putLength = new byte[LENGTH_BYTES];
  private final byte[] takenLength = new byte[LENGTH_BYTES];

  /** Whole messages inside. */
  @SuppressWarnings("UnusedVariable") // through MESSAGES
  private volatile int messages;

  LocalQueue(final boolean stream, final int capacityBytes) {
    this.stream = stream;
    ring = new ByteRing(capacityBytes);
  }

  void capacity(final int bytes) {
    ring.capacity(bytes);
  }

  int capacity() {
    return ring.capacity();
  }

  /** The longest message that can ever be put. */
  int longest() {
    return ring.capacity() - LENGTH_BYTES;
  }

  boolean isEmpty() {
    return stream ? ring.length() == 0 : messages == 0;
  }

  /** Bytes inside; of messages, those of the next one. Who takes. */
  int readable() {
    return stream || isEmpty() ? ring.length() : nextLength();
  }

  /** Whether it is worth a try to put something; when not, taking says when it is. */
  boolean isRoomy() {
    if (hasRoom()) {
      return true;
    }
    ring.requestSpace();
    return hasRoom();
  }

  /** Whether a message can be put now; when not, taking says when to look again. */
  boolean fits(final int length) {
    if (hasRoomFor(length)) {
      return true;
    }
    ring.requestSpace();
    return hasRoomFor(length);
  }

  private boolean hasRoomFor(final int length) {
    return messages <= MOST_MESSAGES && ring.free() >= LENGTH_BYTES + length;
  }

  private boolean hasRoom() {
    return ring.isRoomy() && messages <= MOST_MESSAGES;
  }

  /** Asked after something was taken: whether someone wants to hear of the room. */
  boolean takeSpaceRequest() {
    return messages <= MOST_MESSAGES && ring.takeSpaceRequest();
  }

  /** Puts what fits; of messages, all or nothing. Returns bytes, {@link #NOTHING} */
  int put(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length) {
    int put = tryPut(buffer, array, ranges, offset, length);
    if (put == NOTHING) {
      ring.requestSpace();
      put = tryPut(buffer, array, ranges, offset, length);
    }
    return put;
  }

  private int tryPut(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length) {
    if (stream) {
      final int count = write(buffer, array, ranges, offset, length);
      return count == 0 && length > 0 ? NOTHING : count;
    }
    if (!hasRoomFor(length)) {
      return NOTHING;
    }
    for (int i = 0; i < LENGTH_BYTES; i++) {
      putLength[i] = (byte) (length >> (Byte.SIZE * i));
    }
    ring.write(putLength, 0, LENGTH_BYTES);
    write(buffer, array, ranges, offset, length);
    MESSAGES.getAndAdd(this, 1);
    return length;
  }

  private int write(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length) {
    if (array != null) {
      return ring.write(array, offset, length);
    }
    if (buffer != null) {
      return ring.write(buffer, offset, length);
    }
    if (ranges == null) {
      return 0;
    }
    final int count = ring.reserve(length);
    ranges.store(ring, 0, offset, count);
    ring.publish(count);
    return count;
  }

  /**
   * Takes bytes, or the next message of which what does not fit is lost. Returns the bytes copied,
   * {@link #NOTHING}
   *
   * @param stays leave it there
   */
  int take(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final boolean stays) {
    if (isEmpty()) {
      return NOTHING;
    }
    final int head = stream ? 0 : LENGTH_BYTES;
    final int there = stream ? ring.length() : nextLength();
    final int count = Math.min(length, there);
    if (array != null) {
      ring.peek(head, array, offset, count);
    } else if (buffer != null) {
      ring.peek(head, buffer, offset, count);
    } else if (ranges != null) {
      ranges.fill(ring, head, offset, count);
    }
    if (!stays) {
      ring.discard(stream ? count : LENGTH_BYTES + there);
      if (!stream) {
        MESSAGES.getAndAdd(this, -1);
      }
    }
    return count;
  }

  /** Takes all messages that are there now. Returns whether there were any. */
  boolean clear() {
    final int there = messages;
    for (int i = 0; i < there; i++) {
      take(null, null, null, 0, 0, false);
    }
    return there > 0;
  }

  private int nextLength() {
    ring.peek(0, takenLength, 0, LENGTH_BYTES);
    int length = 0;
    for (int i = 0; i < LENGTH_BYTES; i++) {
      length |= (takenLength[i] & 0xFF) << (Byte.SIZE * i);
    }
    return length;
  }
}
