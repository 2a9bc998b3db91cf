package io.ustack.posix;

import io.ustack.tcp.TcpInfo;
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
