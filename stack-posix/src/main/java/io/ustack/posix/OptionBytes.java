package io.ustack.posix;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The value of a socket option as the bytes that setsockopt(2) and getsockopt(2) are given, with
 * their length: how Linux reads the ones that are too short, and cuts those that don't fit. Numbers
 * are in the byte order of the buffer; what is read and written begins at offset 0.
 */
final class OptionBytes {
  /** Of {@code struct timeval} on 64 bits. */
  private static final int TIMEVAL_BYTES = 2 * Long.BYTES;

  /** Of {@code struct linger}. */
  private static final int LINGER_BYTES = 2 * Integer.BYTES;

  /** Linux TCP_CA_NAME_MAX. */
  private static final int NAME_BYTES = 16;

  /** Linux MAX_ERRNO. */
  private static final int MAX_ERRNO = 4095;

  private OptionBytes() {}

  /** setsockopt(2). Returns 0 or -errno */
  static int set(
      final StackSocket socket,
      final int level,
      final int option,
      final ByteBuffer value,
      final int length) {
    if (!socket.hasLevel(level)) {
      return socket.setOption(level, option, 0); // whatever the length is
    }
    if (isName(level, option)) {
      return setName(socket, level, option, value, length);
    }
    if (level == SocketOption.IPPROTO_IP && length < Integer.BYTES) {
      return setByte(socket, option, value, length);
    }
    if (length < Integer.BYTES) {
      return -Errno.EINVAL;
    }
    if (WaitOptions.isTimeout(level, option)) {
      return length < TIMEVAL_BYTES
          ? -Errno.EINVAL
          : socket.setOption(
              level, option, new TimeValue(value.getLong(0), value.getLong(Long.BYTES)));
    }
    if (WaitOptions.isLinger(level, option)) {
      return length < LINGER_BYTES
          ? -Errno.EINVAL
          : socket.setOption(
              level, option, new Linger(value.getInt(0), value.getInt(Integer.BYTES)));
    }
    return socket.setOption(level, option, value.getInt(0));
  }

  private static int setName(
      final StackSocket socket,
      final int level,
      final int option,
      final ByteBuffer value,
      final int length) {
    if (length == 0) {
      return -Errno.EINVAL;
    }
    final String name = name(value, length);
    return name.isEmpty() ? -Errno.ENOENT : socket.setOption(level, option, name);
  }

  private static boolean isName(final int level, final int option) {
    return level == SocketOption.IPPROTO_TCP && option == SocketOption.TCP_CONGESTION;
  }

  /** Linux do_ip_setsockopt takes a byte, too, and for most options nothing as 0. */
  private static int setByte(
      final StackSocket socket, final int option, final ByteBuffer value, final int length) {
    if (length == 0 && option == SocketOption.IP_TTL) {
      return -Errno.EINVAL;
    }
    return socket.setOption(SocketOption.IPPROTO_IP, option, length == 0 ? 0 : value.get(0) & 0xFF);
  }

  /** Up to its end or to a 0, as strncpy. */
  private static String name(final ByteBuffer value, final int length) {
    final byte[] bytes = new byte[Math.min(length, NAME_BYTES - 1)];
    value.get(0, bytes);
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.ISO_8859_1);
  }

  /** getsockopt(2). Returns how many bytes were written, or -errno */
  static int get(
      final StackSocket socket,
      final int level,
      final int option,
      final ByteBuffer into,
      final int length) {
    if (isName(level, option)) {
      return getName(socket, level, option, into, length);
    }
    if (WaitOptions.isTimeout(level, option)) {
      return getTime(socket, level, option, into, length);
    }
    if (WaitOptions.isLinger(level, option)) {
      return getLinger(socket, level, option, into, length);
    }
    final int value = socket.option(level, option);
    if (value < 0 && !isNegative(level, value)) {
      return value;
    }
    if (level == SocketOption.IPPROTO_IP && length < Integer.BYTES && (value & ~0xFF) == 0) {
      // Linux do_ip_getsockopt: a byte, where it is one and there is room for no more.
      return write(ByteBuffer.allocate(1).put((byte) value), into, length);
    }
    return write(bytes(into, Integer.BYTES).putInt(value), into, length);
  }

  /**
   * No option of TCP is refused with EPERM, but TCP_LINGER2 may be -1; and TCP_NOTSENT_LOWAT is
   * without sign.
   */
  private static boolean isNegative(final int level, final int value) {
    return level == SocketOption.IPPROTO_TCP && (value == -1 || value < -MAX_ERRNO);
  }

  private static int getName(
      final StackSocket socket,
      final int level,
      final int option,
      final ByteBuffer into,
      final int length) {
    final StringBuilder name = new StringBuilder();
    final int result = socket.option(level, option, name);
    if (result != 0) {
      return result;
    }
    final ByteBuffer bytes = ByteBuffer.allocate(NAME_BYTES);
    bytes.put(name.toString().getBytes(StandardCharsets.ISO_8859_1)).position(NAME_BYTES);
    return write(bytes, into, length);
  }

  private static int getTime(
      final StackSocket socket,
      final int level,
      final int option,
      final ByteBuffer into,
      final int length) {
    final TimeValue value = new TimeValue();
    final int result = socket.option(level, option, value);
    final ByteBuffer bytes = bytes(into, TIMEVAL_BYTES);
    bytes.putLong(value.seconds()).putLong(value.microseconds());
    return result == 0 ? write(bytes, into, length) : result;
  }

  private static int getLinger(
      final StackSocket socket,
      final int level,
      final int option,
      final ByteBuffer into,
      final int length) {
    final Linger value = new Linger();
    final int result = socket.option(level, option, value);
    final ByteBuffer bytes = bytes(into, LINGER_BYTES);
    bytes.putInt(value.onOff()).putInt(value.seconds());
    return result == 0 ? write(bytes, into, length) : result;
  }

  private static ByteBuffer bytes(final ByteBuffer into, final int length) {
    final ByteOrder order = into.order();
    return ByteBuffer.allocate(length).order(order);
  }

  private static int write(final ByteBuffer value, final ByteBuffer into, final int length) {
    final int count = Math.min(value.position(), length);
    into.put(0, value, 0, count);
    return count;
  }
}
