package io.ustack.buffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

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
 *
 * <p>Storage is taken from a {@link MemoryBudget}. A ring that is refused more goes on with what it
 * has, and the smallest storage it gets in any case, so that its bytes keep moving.
 */
public sealed class ByteRing permits PacketRing {
  private static final int SMALLEST_STORAGE_BYTES = 2048;

  /** Storage that is kept even while memory is tight: getting it again would cost more. */
  private static final int RESTING_STORAGE_BYTES = 16 << 10;

  /** What is refused is remembered in units of the smallest storage, or of this if it is much. */
  private static final int LARGE_UNIT_BYTES = 64 << 10;

  private static final int IS_LARGE = 0x8000;

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
  // producer's. Each is written with release; plain volatile reads cost what acquiring ones do.
  private volatile int head;
  private volatile int tail;
  private volatile byte[] storage = NOTHING;
  private volatile boolean retired;
  private volatile boolean spaceWanted;
  private volatile int capacityBytes;

  private final MemoryBudget budget;

  /**
   * What the budget refused last, as {@link #units}; 0 when it did not, or has granted something
   * since. Two bytes, because each connection has two rings.
   */
  private volatile char refusedUnits;

  /** An empty ring that will hold at most {@code capacityBytes} (at most 1 GiB). */
  public ByteRing(final int capacityBytes) {
    this(capacityBytes, new MemoryBudget(Long.MAX_VALUE));
  }

  /** The same with its storage from a budget. */
  public ByteRing(final int capacityBytes, final MemoryBudget budget) {
    this.budget = budget;
    capacity(capacityBytes);
  }

  /** The most bytes it will hold. Either side. */
  public int capacity() {
    return capacityBytes;
  }

  /** Changes the most it will hold; bytes already in stay in. Either side. */
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
    return tail - head;
  }

  /** How many bytes were consumed since the beginning, modulo 2^32. Any thread. */
  public int readPosition() {
    return head;
  }

  /** How many bytes were published since the beginning, modulo 2^32. Any thread. */
  public int writePosition() {
    return tail;
  }

  /**
   * Bytes that can be published now, as far as the capacity goes and the budget seems to; never
   * negative. Producer.
   */
  public int free() {
    return Math.max(0, attainable() - (tail - head));
  }

  /**
   * Whether a third of it is free, which is when a producer that found no room should try again
   * (Linux sk_stream_is_writeable). Either side.
   */
  public boolean isRoomy() {
    final int attainable = attainable();
    return attainable - length() >= Math.max(1, attainable / 3);
  }

  /**
   * Whether it was refused memory and has less than it asked for: its producer counts on every byte
   * that the consumer takes out, and wants to hear of it. Either side.
   */
  public boolean isCramped() {
    return refusedUnits != 0;
  }

  /** What it may hold now: its capacity, unless the budget refuses to let it grow. */
  private int attainable() {
    final int refused = refusedUnits;
    if (refused == 0 || budget.left() >= bytes(refused)) {
      return capacityBytes;
    }
    final int stored = storage.length;
    return Math.min(capacityBytes, Math.max(SMALLEST_STORAGE_BYTES, stored));
  }

  /** True when no storage is allocated. */
  public boolean isBare() {
    return storage.length == 0;
  }

  /** Whether it is as a new one, but for its capacity. By whoever is alone with it. */
  public boolean isFresh() {
    return storage.length == 0 && tail == head && !retired && !spaceWanted && refusedUnits == 0;
  }

  /**
   * Gives the storage back for now, when memory is tight, the ring is empty and its storage is
   * worth it. Producer, which has stored nothing ahead.
   */
  public void rest() {
    if (storage.length > RESTING_STORAGE_BYTES && length() == 0 && budget.isTight()) {
      dropStorage();
    }
  }

  /**
   * Gives the storage back until the next byte comes, if the ring is empty: to other rings of the
   * same budget, when it is the smallest. Whoever acts as the producer, which has stored nothing
   * ahead and does not write meanwhile.
   */
  public void sleep() {
    final byte[] resting = storage;
    if (resting.length > 0 && length() == 0 && STORAGE.compareAndSet(this, resting, NOTHING)) {
      budget.give(resting.length);
      if (resting.length == SMALLEST_STORAGE_BYTES && !retired) {
        budget.spare.give(resting);
      }
    }
  }

  /**
   * Gives back what storage the published bytes do not need, because memory is short. Producer,
   * which has stored nothing ahead, or forgets what it has.
   */
  public void shrink() {
    final byte[] old = storage;
    final int used = length();
    if (used == 0) {
      dropStorage();
      return;
    }
    final int size = Math.max(SMALLEST_STORAGE_BYTES, powerOfTwo(used));
    if (size < old.length && replaceStorage(old, size)) {
      budget.give(old.length - size);
    }
  }

  /** Bytes of the budget that it has taken. Any thread. */
  public int storageBytes() {
    return storage.length;
  }

  /**
   * Gives the storage back for good: what is in the ring will never be asked for, or is known to be
   * nothing. Either side; whoever of the other side is still reading finds out by {@link
   * #isRetired()} that it read nothing, and what it still writes is lost.
   */
  public void retire() {
    retired = true;
    dropStorage();
  }

  /** Is as a new one again. By whoever is alone with it, bare. */
  public void renew(final int newCapacityBytes) {
    head = tail;
    retired = false;
    spaceWanted = false;
    refusedUnits = 0;
    capacity(newCapacityBytes);
  }

  /** Whether {@link #retire()} was called: asked after a read, that read may be void. */
  public boolean isRetired() {
    return retired;
  }

  private void dropStorage() {
    // Each array is given back once: by whoever takes it out.
    final byte[] dropped = (byte[]) STORAGE.getAndSet(this, NOTHING);
    if (dropped.length > 0) {
      budget.give(dropped.length);
    }
  }

  /**
   * The producer found too little room and wants to hear of more. It must look at {@link #free()}
   * once more after this call: room that appeared before it is not announced.
   */
  public void requestSpace() {
    spaceWanted = true;
    VarHandle.fullFence();
  }

  /** True once for each {@link #requestSpace()}, when it {@link #isRoomy()}. Consumer. */
  public boolean takeSpaceRequest() {
    VarHandle.fullFence();
    if (!spaceWanted || !isRoomy()) {
      return false;
    }
    spaceWanted = false;
    return true;
  }

  /**
   * Sees to it that so many bytes can be stored behind the published end. Producer.
   *
   * @return how many can: less than {@code length} when capacity or budget end before
   */
  public int reserve(final int length) {
    if (retired) {
      return 0;
    }
    final int used = tail - head;
    final int wanted = Math.min(length, capacityBytes - used);
    if (wanted > storage.length - used) {
      grow(used + wanted);
    }
    return Math.max(0, Math.min(wanted, storage.length - used));
  }

  /**
   * As {@link #reserve}, for bytes that leave a gap in front of them: they get no new storage when
   * memory is tight, since nobody can read them out to make room. Producer.
   */
  public int reserveBehindGap(final int length) {
    if (!budget.isTight()) {
      return reserve(length);
    }
    final int used = tail - head;
    return Math.max(0, Math.min(Math.min(length, capacityBytes - used), storage.length - used));
  }

  /**
   * Stores bytes {@code ahead} of the published end without publishing them. Producer; {@code ahead
   * + length} is at most what {@link #reserve} said, or {@link #free()} without a budget.
   */
  public void store(final int ahead, final ByteBuffer source, final int offset, final int length) {
    final byte[] array = storageFor(ahead + length);
    if (array == null || length == 0) { // nothing is taken from outside a buffer, either
      return;
    }
    final int from = (tail + ahead) & (array.length - 1);
    final int first = Math.min(length, array.length - from);
    source.get(offset, array, from, first);
    if (first < length) {
      source.get(offset + first, array, 0, length - first);
    }
  }

  /** As {@link #store(int, ByteBuffer, int, int)}, from an array. */
  public void store(final int ahead, final byte[] source, final int offset, final int length) {
    final byte[] array = storageFor(ahead + length);
    if (array == null || length == 0) { // nothing is taken from outside a buffer, either
      return;
    }
    final int from = (tail + ahead) & (array.length - 1);
    final int first = Math.min(length, array.length - from);
    System.arraycopy(source, offset, array, from, first);
    if (first < length) {
      System.arraycopy(source, offset + first, array, 0, length - first);
    }
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
    final int count = reserve(length);
    if (count > 0) {
      store(0, source, offset, count);
      publish(count);
    }
    return count;
  }

  /** As {@link #write(ByteBuffer, int, int)}, from an array. */
  public int write(final byte[] source, final int offset, final int length) {
    final int count = reserve(length);
    if (count > 0) {
      store(0, source, offset, count);
      publish(count);
    }
    return count;
  }

  /**
   * Copies published bytes that start {@code at} bytes behind the head, without consuming them;
   * none when the ring {@link #isRetired()}. Consumer.
   */
  public void peek(final int at, final ByteBuffer target, final int offset, final int length) {
    checkPublished(at, length);
    final byte[] array = storage;
    if (array.length < length || length == 0) { // nothing is put outside a buffer, either
      return;
    }
    final int from = (head + at) & (array.length - 1);
    final int first = Math.min(length, array.length - from);
    target.put(offset, array, from, first);
    if (first < length) {
      target.put(offset + first, array, 0, length - first);
    }
  }

  /** As {@link #peek(int, ByteBuffer, int, int)}, into an array. */
  public void peek(final int at, final byte[] target, final int offset, final int length) {
    checkPublished(at, length);
    final byte[] array = storage;
    if (array.length < length || length == 0) { // nothing is put outside a buffer, either
      return;
    }
    final int from = (head + at) & (array.length - 1);
    final int first = Math.min(length, array.length - from);
    System.arraycopy(array, from, target, offset, first);
    if (first < length) {
      System.arraycopy(array, 0, target, offset + first, length - first);
    }
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

  final void checkPublished(final int at, final int length) {
    if (at < 0 || length < 0 || at + length > length()) {
      throw new IllegalArgumentException(
          "bytes " + at + "+" + length + " of a ring that holds " + length());
    }
  }

  /** The array for so many bytes behind the published end; null when they are lost. */
  private byte @Nullable [] storageFor(final int ahead) {
    final int reserved = ahead < 0 ? -1 : reserve(ahead);
    final byte[] array = storage;
    if (reserved == ahead && array.length > 0) {
      return array;
    }
    if (retired || ahead == 0) {
      return null;
    }
    throw new IllegalArgumentException("ring of " + capacityBytes + " can't hold " + ahead);
  }

  private void grow(final int needed) {
    final byte[] old = storage;
    final int size = Math.max(SMALLEST_STORAGE_BYTES, powerOfTwo(needed));
    if (budget.take(size - old.length)) {
      if (replaceStorage(old, size)) {
        refusedUnits = 0;
        return;
      }
      budget.give(size - old.length);
    }
    if (old.length == 0) {
      budget.takeAnyway(SMALLEST_STORAGE_BYTES);
      if (!replaceStorage(old, SMALLEST_STORAGE_BYTES)) {
        budget.give(SMALLEST_STORAGE_BYTES);
      }
    }
    refusedUnits = units(Math.max(SMALLEST_STORAGE_BYTES, size - storage.length));
  }

  /** Refused bytes in two bytes, at most rounded up. */
  private static char units(final int bytes) {
    final int units = (bytes + SMALLEST_STORAGE_BYTES - 1) / SMALLEST_STORAGE_BYTES;
    return (char)
        (units < IS_LARGE ? units : IS_LARGE | (bytes + LARGE_UNIT_BYTES - 1) / LARGE_UNIT_BYTES);
  }

  private static long bytes(final int units) {
    return units < IS_LARGE
        ? (long) units * SMALLEST_STORAGE_BYTES
        : (long) (units - IS_LARGE) * LARGE_UNIT_BYTES;
  }

  /** The smallest power of two that is not below {@code n}. */
  private static int powerOfTwo(final int n) {
    return Integer.highestOneBit(Math.max(1, n - 1)) << 1;
  }

  private byte[] storage(final int size) {
    final byte[] spare = size == SMALLEST_STORAGE_BYTES ? budget.spare.take() : null;
    return spare == null ? new byte[size] : spare;
  }

  /**
   * Moves into another array, which the budget has granted and which has room for what is in the
   * ring; false when the heap has none.
   */
  private boolean replaceStorage(final byte[] old, final int size) {
    final byte[] other;
    try {
      other = storage(size);
    } catch (final OutOfMemoryError e) {
      return false; // as if the budget had refused: the ring goes on with what it has
    }
    // Everything the old array may hold, from the oldest unconsumed byte to the last one stored
    // ahead.
    final int from = head;
    final int count = Math.min(old.length, size);
    for (int i = 0; i < count; ) {
      final int source = (from + i) & (old.length - 1);
      final int target = (from + i) & (size - 1);
      final int run = Math.min(count - i, Math.min(old.length - source, size - target));
      System.arraycopy(old, source, other, target, run);
      i += run;
    }
    if (!STORAGE.compareAndSet(this, old, other)) {
      // Retired meanwhile, which has given back the old array.
      budget.give(size - old.length);
    } else if (retired) {
      // Meanwhile, too: whichever of the two comes second gives the new one back.
      dropStorage();
    }
    return true;
  }
}
