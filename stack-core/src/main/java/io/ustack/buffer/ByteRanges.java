package io.ustack.buffer;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Ranges of arrays and buffers that are one run of bytes to a call: POSIX's vector of {@code struct
 * iovec}. Made once and used for many calls; one thread at a time.
 *
 * <p>Offsets are from the beginning of a buffer; its position plays no part and does not move. What
 * is added is not looked at: the call that gets it says what is wrong with it.
 */
public final class ByteRanges {
  private static final int USUAL_COUNT = 4;

  private byte[] @Nullable [] arrays = new byte[USUAL_COUNT] @Nullable [];
  private @Nullable ByteBuffer[] buffers = new @Nullable ByteBuffer[USUAL_COUNT];
  private int[] offsets = new int[USUAL_COUNT];
  private int[] lengths = new int[USUAL_COUNT];
  private int count;

  /** Appends a range of an array. */
  public ByteRanges add(final byte @Nullable [] array, final int offset, final int length) {
    final int at = append(offset, length);
    arrays[at] = array;
    buffers[at] = null;
    return this;
  }

  /** Appends a range of a buffer, direct or not. */
  public ByteRanges add(final @Nullable ByteBuffer buffer, final int offset, final int length) {
    final int at = append(offset, length);
    arrays[at] = null;
    buffers[at] = buffer;
    return this;
  }

  private int append(final int offset, final int length) {
    if (count == lengths.length) {
      final int more = 2 * count;
      arrays = Arrays.copyOf(arrays, more);
      buffers = Arrays.copyOf(buffers, more);
      offsets = Arrays.copyOf(offsets, more);
      lengths = Arrays.copyOf(lengths, more);
    }
    offsets[count] = offset;
    lengths[count] = length;
    return count++;
  }

  /** Forgets all ranges. */
  public ByteRanges clear() {
    Arrays.fill(arrays, 0, count, null);
    Arrays.fill(buffers, 0, count, null);
    count = 0;
    return this;
  }

  /** How many ranges there are. */
  public int count() {
    return count;
  }

  /** The array that range {@code index} is of, or null. */
  public byte @Nullable [] array(final int index) {
    return arrays[index];
  }

  /** The buffer that range {@code index} is of, or null. */
  public @Nullable ByteBuffer buffer(final int index) {
    return buffers[index];
  }

  /** Where range {@code index} begins. */
  public int offset(final int index) {
    return offsets[index];
  }

  /** How long range {@code index} is. */
  public int length(final int index) {
    return lengths[index];
  }

  /** The length of all ranges together. */
  public long lengthBytes() {
    long sum = 0;
    for (int i = 0; i < count; i++) {
      sum += lengths[i];
    }
    return sum;
  }

  /**
   * Stores bytes of these ranges, from byte {@code from} on, ahead of what the ring has published:
   * {@link ByteRing#store}. Producer of the ring.
   */
  public void store(final ByteRing ring, final int ahead, final int from, final int length) {
    int skipped = from;
    int moved = 0;
    for (int i = 0; moved < length; i++) {
      final int run = Math.min(lengths[i] - skipped, length - moved);
      if (run <= 0) {
        skipped -= lengths[i];
        continue;
      }
      final byte[] array = arrays[i];
      final ByteBuffer buffer = buffers[i];
      if (array != null) {
        ring.store(ahead + moved, array, offsets[i] + skipped, run);
      } else if (buffer != null) {
        ring.store(ahead + moved, buffer, offsets[i] + skipped, run);
      }
      moved += run;
      skipped = 0;
    }
  }

  /**
   * Copies bytes of the ring, {@code at} bytes behind its head, over these ranges from byte {@code
   * from} on: {@link ByteRing#peek}. Consumer of the ring.
   */
  public void fill(final ByteRing ring, final int at, final int from, final int length) {
    int skipped = from;
    int moved = 0;
    for (int i = 0; moved < length; i++) {
      final int run = Math.min(lengths[i] - skipped, length - moved);
      if (run <= 0) {
        skipped -= lengths[i];
        continue;
      }
      final byte[] array = arrays[i];
      final ByteBuffer buffer = buffers[i];
      if (array != null) {
        ring.peek(at + moved, array, offsets[i] + skipped, run);
      } else if (buffer != null) {
        ring.peek(at + moved, buffer, offsets[i] + skipped, run);
      }
      moved += run;
      skipped = 0;
    }
  }
}
