package io.ustack.posix;

import io.ustack.tcp.TcpInfo;
import org.jspecify.annotations.Nullable;

/** {@link Posix}: names, connections and options of sockets. */
abstract class ConnectionCalls extends DescriptorCalls {
  ConnectionCalls(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
  }

  /**
   * bind(2). Returns 0, -EADDRINUSE, -EADDRNOTAVAIL, -EINVAL when bound already or the port is out
   * of range
   */
  public int bind(final int fd, final int address, final int port) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.bind(address, port);
  }

  /**
   * listen(2); binds an ephemeral port where none is bound. Returns 0, -EADDRINUSE, -EINVAL when
   * connected, -EOPNOTSUPP on UDP
   */
  public int listen(final int fd, final int backlog) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return socket instanceof TcpSocket tcp ? tcp.listen(backlog) : -Errno.EOPNOTSUPP;
  }

  /** accept(2): {@link #accept4} without flags. */
  public int accept(final int fd, final @Nullable SocketAddress4 peer) {
    return accept4(fd, peer, 0);
  }

  /**
   * accept4(2).
   *
   * @param peer receives the address of the peer
   * @param flags SOCK_NONBLOCK, SOCK_CLOEXEC; else -EINVAL
   * @return a descriptor; -EAGAIN; -EINVAL when it does not listen; -EOPNOTSUPP on UDP; -EMFILE,
   *     and the connection keeps waiting
   */
  public int accept4(final int fd, final @Nullable SocketAddress4 peer, final int flags) {
    if ((flags & ~(SocketOption.SOCK_NONBLOCK | SocketOption.SOCK_CLOEXEC)) != 0) {
      return -Errno.EINVAL;
    }
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    if (!(socket instanceof TcpSocket listener)) {
      return -Errno.EOPNOTSUPP;
    }
    // As Linux: first the number, so that no connection is taken that can't be handed out.
    final int number = table.reserve();
    if (number < 0) {
      return number;
    }
    while (true) {
      final int outcome = listener.awaitAcceptable();
      if (outcome != 0) {
        table.cancel(number);
        return outcome;
      }
      final TcpSocket accepted = listener.takeAccepted();
      if (accepted != null) {
        accepted.nonBlocking((flags & SocketOption.SOCK_NONBLOCK) != 0);
        if (peer != null) {
          accepted.peerAddress(peer);
        }
        return publish(number, accepted);
      }
    }
  }

  /** connect(2); see {@link TcpSocket#connect} and {@link UdpSocket#connect}. */
  public int connect(final int fd, final int address, final int port) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.connect(address, port);
  }

  /**
   * connect(2) with an address of AF_UNSPEC: no peer any more; a TCP connection is reset. Returns 0
   */
  public int disconnect(final int fd) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.disconnect();
  }

  /** shutdown(2) with SHUT_RD, SHUT_WR or SHUT_RDWR. Returns 0, -EINVAL, -ENOTCONN */
  public int shutdown(final int fd, final int how) {
    final StackSocket socket = table.socket(fd);
    return socket == null ? table.notSocket(fd) : socket.shutdown(how);
  }

  /** getsockname(2). Returns 0, -EFAULT without somewhere to put it */
  public int getsockname(final int fd, final @Nullable SocketAddress4 address) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return address == null ? -Errno.EFAULT : socket.localAddress(address);
  }

  /** getpeername(2). Returns 0, -ENOTCONN, -EFAULT without somewhere to put it */
  public int getpeername(final int fd, final @Nullable SocketAddress4 address) {
    final StackSocket socket = table.socket(fd);
    if (socket == null) {
      return table.notSocket(fd);
    }
    return address == null ? -Errno.EFAULT : socket.remoteAddress(address);
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
