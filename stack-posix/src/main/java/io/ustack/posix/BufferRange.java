package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The parts of a caller's buffers that a call may touch, as the kernel judges them. */
final class BufferRange {
  /** Linux UIO_MAXIOV: POSIX's IOV_MAX. */
  static final int MAX_RANGES = 1024;

  /** Linux MAX_RW_COUNT: what one call moves at most. */
  private static final int MAX_BYTES = 0x7FFF_F000;

  private BufferRange() {}

  /** 0; -EINVAL for a negative offset or length; -EFAULT without buffer or outside it. */
  static int refuse(final byte @Nullable [] buffer, final int offset, final int length) {
    return refuse(buffer == null ? -1 : buffer.length, offset, length);
  }

  /** As above; the buffer ends at its limit. */
  static int refuse(final @Nullable ByteBuffer buffer, final int offset, final int length) {
    return refuse(buffer == null ? -1 : buffer.limit(), offset, length);
  }

  /**
   * 0; -EINVAL for more than {@link #MAX_RANGES} or a negative offset or length; -EFAULT when one
   * of them lies outside, or can't be written.
   *
   * <p>DEVIATION: Linux, vectors with a bad range: it is found before anything moves, where the
   * kernel moves what comes before it, or loses the datagram that did not fit.
   */
  static int refuse(final @Nullable ByteRanges ranges, final boolean written) {
    if (ranges == null) {
      return -Errno.EFAULT;
    }
    if (ranges.count() > MAX_RANGES) {
      return -Errno.EINVAL;
    }
    int refusal = 0;
    for (int i = 0; i < ranges.count(); i++) {
      final ByteBuffer buffer = ranges.buffer(i);
      final int one =
          buffer == null
              ? refuse(ranges.array(i), ranges.offset(i), ranges.length(i))
              : refuse(buffer, ranges.offset(i), ranges.length(i));
      if (one == -Errno.EINVAL) {
        return one;
      }
      if (one != 0 || (written && buffer != null && buffer.isReadOnly() && ranges.length(i) > 0)) {
        refusal = -Errno.EFAULT;
      }
    }
    return refusal;
  }

  /** What a call moves of ranges that it does not refuse, as Linux import_iovec cuts it. */
  static int length(final ByteRanges ranges) {
    return (int) Math.min(MAX_BYTES, ranges.lengthBytes());
  }

  private static int refuse(final int size, final int offset, final int length) {
    if (offset < 0 || length < 0) {
      return -Errno.EINVAL;
    }
    return length > 0 && length > size - offset ? -Errno.EFAULT : 0;
  }
}
