package io.ustack.posix;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The part of a caller's buffer that a call may touch, as the kernel judges it. */
final class BufferRange {
  private BufferRange() {}

  /** 0; -EINVAL for a negative offset or length; -EFAULT without buffer or outside it. */
  static int refuse(final byte @Nullable [] buffer, final int offset, final int length) {
    return refuse(buffer == null ? -1 : buffer.length, offset, length);
  }

  /** As above; the buffer ends at its limit. */
  static int refuse(final @Nullable ByteBuffer buffer, final int offset, final int length) {
    return refuse(buffer == null ? -1 : buffer.limit(), offset, length);
  }

  private static int refuse(final int size, final int offset, final int length) {
    if (offset < 0 || length < 0) {
      return -Errno.EINVAL;
    }
    return length > 0 && length > size - offset ? -Errno.EFAULT : 0;
  }
}
