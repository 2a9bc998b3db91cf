package io.ustack.posix;

import io.ustack.tcp.TcpInfo;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** {@link Posix}: options of sockets. */
abstract class OptionCalls extends ConnectionCalls {
  OptionCalls(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
  }

  /**
   * setsockopt(2) of an int option. IP_TOS takes the low byte, of TCP without its ECN bits, and
   * IP_TTL 1 to 255, or -1 for the default: both from the next packet on, and what a listener has
   * is that of its SYN-ACKs and connections.
   *
   * <p>SO_REUSEADDR and SO_REUSEPORT count from the next bind on. Sockets that share a port by
   * SO_REUSEPORT are a group, and both ends' addresses and ports choose which of them a connection
   * or a datagram comes to. A group is of one stack: where several shards share a port of the
   * network, each has a member of its own, and the queue that a flow comes to decides.
   *
   * @return 0, -ENOPROTOOPT, -EINVAL for a value that can't be
   */
  public int setsockopt(final int fd, final int level, final int option, final int value) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.setOption(level, option, value);
  }

  /**
   * getsockopt(2) of an int option. Returns its value (SO_ERROR: a positive errno or 0),
   * -ENOPROTOOPT
   */
  public int getsockopt(final int fd, final int level, final int option) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.option(level, option);
  }

  /**
   * setsockopt(2) of a time: SO_RCVTIMEO, SO_SNDTIMEO. 0 waits for ever, as at first; less does not
   * wait at all. A call that has waited so long returns what it has done, or -EAGAIN; connect
   * -EINPROGRESS.
   *
   * @return 0, -EDOM for microseconds outside 0..999999, -ENOPROTOOPT for another option, -EFAULT
   */
  public int setsockopt(
      final int fd, final int level, final int option, final @Nullable TimeValue value) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return value == null ? -Errno.EFAULT : socket.setOption(level, option, value);
  }

  /** getsockopt(2) of a time. Returns 0, -ENOPROTOOPT for another option, -EFAULT */
  public int getsockopt(
      final int fd, final int level, final int option, final @Nullable TimeValue into) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return into == null ? -Errno.EFAULT : socket.option(level, option, into);
  }

  /**
   * setsockopt(2) of SO_LINGER: with a time of 0 close resets the connection, and what was not sent
   * is lost; with more it waits, whether other calls do or not, until the peer has acknowledged all
   * data and the FIN, or the time is up. It says 0 all the same.
   *
   * @return 0, -ENOPROTOOPT for another option, -EFAULT
   */
  public int setsockopt(
      final int fd, final int level, final int option, final @Nullable Linger value) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return value == null ? -Errno.EFAULT : socket.setOption(level, option, value);
  }

  /** getsockopt(2) of SO_LINGER. Returns 0, -ENOPROTOOPT for another option, -EFAULT */
  public int getsockopt(
      final int fd, final int level, final int option, final @Nullable Linger into) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return into == null ? -Errno.EFAULT : socket.option(level, option, into);
  }

  /**
   * setsockopt(2) as the system call has it: a value of so many bytes from offset 0 on, numbers in
   * the byte order of the buffer, {@code struct timeval} and names as in C.
   *
   * @return as the other ones; -EINVAL when {@code length} is negative or too short for the option,
   *     -EFAULT when the buffer has less
   */
  public int setsockopt(
      final int fd,
      final int level,
      final int option,
      final @Nullable ByteBuffer value,
      final int length) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    if (length < 0) {
      return -Errno.EINVAL;
    }
    return value == null || value.limit() < length
        ? -Errno.EFAULT
        : OptionBytes.set(socket, level, option, value, length);
  }

  /**
   * getsockopt(2) as the system call has it; a value that does not fit is cut. TCP_INFO can't be
   * had this way.
   *
   * @return how many bytes were written from offset 0 on; -EINVAL when {@code length} is negative,
   *     -EFAULT when the buffer has less
   */
  public int getsockopt(
      final int fd,
      final int level,
      final int option,
      final @Nullable ByteBuffer into,
      final int length) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    if (length < 0) {
      return socket.hasLevel(level) ? -Errno.EINVAL : socket.option(level, option);
    }
    return into == null || into.isReadOnly() || into.limit() < length
        ? -Errno.EFAULT
        : OptionBytes.get(socket, level, option, into, length);
  }

  /**
   * getsockopt(2) of TCP_INFO. Returns 0, -ENOPROTOOPT for another option, -EOPNOTSUPP on UDP,
   * -EIO, -EFAULT without somewhere to put it
   */
  public int getsockopt(
      final int fd, final int level, final int option, final @Nullable TcpInfo info) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    if (level != SocketOption.IPPROTO_TCP || option != SocketOption.TCP_INFO) {
      return -Errno.ENOPROTOOPT;
    }
    if (!(socket instanceof TcpSocket tcp)) {
      return -Errno.EOPNOTSUPP;
    }
    return info == null ? -Errno.EFAULT : tcp.info(info);
  }

  /**
   * setsockopt(2) of TCP_CONGESTION: the algorithm of this connection, or of those that a listener
   * accepts from now on. An open connection goes on from the window that it has.
   *
   * @return 0, -ENOENT when there is no such algorithm, -EINVAL for an empty name, -ENOPROTOOPT for
   *     another option or UDP, -EFAULT
   */
  public int setsockopt(
      final int fd, final int level, final int option, final @Nullable String value) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.setOption(level, option, value);
  }

  /**
   * getsockopt(2) of TCP_CONGESTION: the name of the algorithm, which replaces what is in {@code
   * into}. Returns 0, -ENOPROTOOPT for another option or UDP, -EFAULT
   */
  public int getsockopt(
      final int fd, final int level, final int option, final @Nullable StringBuilder into) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.option(level, option, into);
  }
}
