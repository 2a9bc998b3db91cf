package io.ustack.buffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;

/**
 * A byte queue between one producer thread and one consumer thread, without locks.
 *
 * <p>The producer may also store bytes <em>ahead</em> of what it has published, which is how
 * out-of-order segments wait in place. The consumer may read at any offset without consuming, which
 * is how unacknowledged data waits for retransmission.
 *
 * <p>Memory follows the data: nothing is allocated until the first byte, and the storage doubles as
 * needed up to the capacity. Growing is the producer's doing and safe against a concurrent reader:
 * the old array keeps its bytes, and whoever sees a published position sees an array that holds
 * everything up to it.
 */
public final class ByteRing {
  private static final int SMALLEST_STORAGE_BYTES = 2048;
  private static final byte[] NOTHING = new byte[0];

  private static final VarHandle HEAD;
  private static final VarHandle TAIL;
  private static final VarHandle STORAGE;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      HEAD = lookup.findVarHandle(ByteRing.class, "head", int.class);
      TAIL = lookup.findVarHandle(ByteRing.class, "tail", int.class);
      STORAGE = lookup.findVarHandle(ByteRing.class, "storage", byte[].class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // Positions count bytes since the beginning, modulo 2^32; head is the consumer's, tail the
  // producer's.
  private int head;
  private int tail;
  private byte[] storage = NOTHING;
  private volatile boolean closed;
  private volatile boolean spaceWanted;
  private int capacityBytes;

  /** An empty ring that will hold at most {@code capacityBytes} (at most 1 GiB). */
  public ByteRing(final int capacityBytes) {
    capacity(capacityBytes);
  }

  /** The most bytes it will hold. Producer. */
  public int capacity() {
    return capacityBytes;
  }

  /** Changes the most it will hold; bytes already in stay in. Producer. */
  public void capacity(final int newCapacityBytes) {
    if (newCapacityBytes < 1 || newCapacityBytes > 1 << 30) {
      throw new IllegalArgumentException("capacity " + newCapacityBytes);
    }
    capacityBytes = newCapacityBytes;
  }

  /**
   * Bytes published and not consumed. Either side: a lower bound for the consumer, an upper bound
   * for the producer.
   */
  public int length() {
    return (int) TAIL.getAcquire(this) - (int) HEAD.getAcquire(this);
  }

  /** Bytes that can be published now; never negative. Producer. */
  public int free() {
    return Math.max(0, capacityBytes - (tail - (int) HEAD.getAcquire(this)));
  }

  /** True when no storage is allocated. */
  public boolean isBare() {
    return ((byte[]) STORAGE.getAcquire(this)).length == 0;
  }

  /**
   * Gives the storage back. Consumer; the ring is empty and its producer will never write again.
   */
  public void dropStorage() {
    if (length() != 0) {
      throw new IllegalStateException("bytes are waiting: " + length());
    }
    STORAGE.setRelease(this, NOTHING);
  }

  /** Says that one side is gone. Either side. */
  public void close() {
    closed = true;
  }

  /** Whether {@link #close()} was called. Either side. */
  public boolean isClosed() {
    return closed;
  }

  /**
   * The producer found too little room and wants to hear of more. It must look at {@link #free()}
   * once more after this call: room that appeared before it is not announced.
   */
  public void requestSpace() {
    spaceWanted = true;
    VarHandle.fullFence();
  }

  /**
   * Asked by the consumer after it made room.
   *
   * @return true once for each {@link #requestSpace()}, when at least {@code wantedBytes} are free
   */
  public boolean takeSpaceRequest(final int wantedBytes) {
    VarHandle.fullFence();
    if (!spaceWanted || capacityBytes - length() < wantedBytes) {
      return false;
    }
    spaceWanted = false;
    return true;
  }

  /**
   * Stores bytes {@code ahead} of the published end without publishing them. Producer; {@code ahead
   * + length} is at most {@link #free()}.
   */
  public void store(final int ahead, final ByteBuffer source, final int offset, final int length) {
    final byte[] array = storageFor(ahead + length);
    final int from = (tail + ahead) & (array.length - 1);
    final int first = Math.min(length, array.length - from);
    source.get(offset, array, from, first);
    source.get(offset + first, array, 0, length - first);
  }

  /** As {@link #store(int, ByteBuffer, int, int)}, from an array. */
  public void store(final int ahead, final byte[] source, final int offset, final int length) {
    final byte[] array = storageFor(ahead + length);
    final int from = (tail + ahead) & (array.length - 1);
    final int first = Math.min(length, array.length - from);
    System.arraycopy(source, offset, array, from, first);
    System.arraycopy(source, offset + first, array, 0, length - first);
  }

  /** Makes the next {@code length} stored bytes visible to the consumer. Producer. */
  public void publish(final int length) {
    TAIL.setRelease(this, tail + length);
  }

  /**
   * Stores and publishes as much as there is room for. Producer.
   *
   * @return bytes taken, from 0 to {@code length}
   */
  public int write(final ByteBuffer source, final int offset, final int length) {
    final int count = Math.min(length, free());
    if (count > 0) {
      store(0, source, offset, count);
      publish(count);
    }
    return count;
  }

  /** As {@link #write(ByteBuffer, int, int)}, from an array. */
  public int write(final byte[] source, final int offset, final int length) {
    final int count = Math.min(length, free());
    if (count > 0) {
      store(0, source, offset, count);
      publish(count);
    }
    return count;
  }

  /**
   * Copies published bytes that start {@code at} bytes behind the head, without consuming them.
   * Consumer.
   */
  public void peek(final int at, final ByteBuffer target, final int offset, final int length) {
    checkPublished(at, length);
    final byte[] array = (byte[]) STORAGE.getAcquire(this);
    final int from = (head + at) & (array.length - 1);
    final int first = Math.min(length, array.length - from);
    target.put(offset, array, from, first);
    target.put(offset + first, array, 0, length - first);
  }

  /** As {@link #peek(int, ByteBuffer, int, int)}, into an array. */
  public void peek(final int at, final byte[] target, final int offset, final int length) {
    checkPublished(at, length);
    final byte[] array = (byte[]) STORAGE.getAcquire(this);
    final int from = (head + at) & (array.length - 1);
    final int first = Math.min(length, array.length - from);
    System.arraycopy(array, from, target, offset, first);
    System.arraycopy(array, 0, target, offset + first, length - first);
  }

  /** Consumes {@code length} published bytes. Consumer. */
  public void discard(final int length) {
    checkPublished(0, length);
    HEAD.setRelease(this, head + length);
  }

  /**
   * Copies and consumes up to {@code length} bytes. Consumer.
   *
   * @return bytes copied, 0 when the ring is empty
   */
  public int read(final ByteBuffer target, final int offset, final int length) {
    final int count = Math.min(length, length());
    if (count > 0) {
      peek(0, target, offset, count);
      discard(count);
    }
    return count;
  }

  /** As {@link #read(ByteBuffer, int, int)}, into an array. */
  public int read(final byte[] target, final int offset, final int length) {
    final int count = Math.min(length, length());
    if (count > 0) {
      peek(0, target, offset, count);
      discard(count);
    }
    return count;
  }

  private void checkPublished(final int at, final int length) {
    if (at < 0 || length < 0 || at + length > length()) {
      throw new IllegalArgumentException(
          "bytes " + at + "+" + length + " of a ring that holds " + length());
    }
  }

  private byte[] storageFor(final int ahead) {
    final int used = tail - (int) HEAD.getAcquire(this);
    final int needed = used + ahead;
    if (ahead < 0 || needed > Math.max(capacityBytes, used)) {
      throw new IllegalArgumentException("ring of " + capacityBytes + " can't hold " + needed);
    }
    return needed <= storage.length ? storage : grow(needed);
  }

  private byte[] grow(final int needed) {
    final byte[] old = storage;
    final int size =
        Math.max(SMALLEST_STORAGE_BYTES, Integer.highestOneBit(Math.max(1, needed - 1)) << 1);
    final byte[] larger = new byte[size];
    // Everything the old array may hold, from the oldest unconsumed byte to the last one stored
    // ahead.
    final int from = (int) HEAD.getAcquire(this);
    for (int i = 0; i < old.length; ) {
      final int source = (from + i) & (old.length - 1);
      final int target = (from + i) & (size - 1);
      final int run = Math.min(old.length - i, Math.min(old.length - source, size - target));
      System.arraycopy(old, source, larger, target, run);
      i += run;
    }
    STORAGE.setRelease(this, larger);
    return larger;
  }
}
