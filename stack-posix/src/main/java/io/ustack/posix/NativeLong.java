package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * The eight bytes, in the machine's order, that read(2) and write(2) of an eventfd or a timerfd
 * move, whatever the order of the caller's buffer is.
 */
final class NativeLong {
  static final int BYTES = Long.BYTES;

  private static final boolean LITTLE = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  private NativeLong() {}

  /** Exactly one of the buffers is not null. */
  static long get(
      final @Nullable ByteBuffer buffer, final byte @Nullable [] array, final int offset) {
    long value = 0;
    for (int i = 0; i < BYTES; i++) {
      final int at = offset + i;
      final long digit = (buffer != null ? buffer.get(at) : array == null ? 0 : array[at]) & 0xFF;
      value |= digit << shift(i);
    }
    return value;
  }

  /** As {@link #get}. */
  static void put(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final long value) {
    for (int i = 0; i < BYTES; i++) {
      final byte digit = (byte) (value >>> shift(i));
      if (buffer != null) {
        buffer.put(offset + i, digit);
      } else if (array != null) {
        array[offset + i] = digit;
      }
    }
  }

  /** Over ranges that have room for it; what they have more stays as it is. */
  static void put(final ByteRanges ranges, final long value) {
    int put = 0;
    for (int i = 0; put < BYTES; i++) {
      for (int at = 0; at < ranges.length(i) && put < BYTES; at++, put++) {
        final byte digit = (byte) (value >>> shift(put));
        final ByteBuffer buffer = ranges.buffer(i);
        final byte[] array = ranges.array(i);
        if (buffer != null) {
          buffer.put(ranges.offset(i) + at, digit);
        } else if (array != null) {
          array[ranges.offset(i) + at] = digit;
        }
      }
    }
  }

  private static int shift(final int index) {
    return Byte.SIZE * (LITTLE ? index : BYTES - 1 - index);
  }
}
