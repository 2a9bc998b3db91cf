package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What read(2) takes one number of eight bytes from, wherever they go. */
abstract class NumberFd extends Pollable {
  NumberFd(final SocketEngine engine) {
    super(engine);
  }

  /**
   * Takes the number, and {@linkplain #put puts} it. Of the targets one is not null, and has room.
   * Returns 8, -EAGAIN, -EINTR, -EBADF
   */
  abstract int take(
      @Nullable ByteBuffer buffer,
      byte @Nullable [] array,
      @Nullable ByteRanges ranges,
      int offset);

  /** Returns as {@link #take}; -EINVAL for less room than 8 bytes. */
  @Override
  public final int read(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length) {
    return length < NativeLong.BYTES ? -Errno.EINVAL : take(buffer, array, null, offset);
  }

  /** One number, over all ranges. */
  @Override
  public final int read(final ByteRanges ranges) {
    return BufferRange.length(ranges) < NativeLong.BYTES
        ? -Errno.EINVAL
        : take(null, null, ranges, 0);
  }

  static void put(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final long value) {
    if (ranges == null) {
      NativeLong.put(buffer, array, offset, value);
    } else {
      NativeLong.put(ranges, value);
    }
  }
}
