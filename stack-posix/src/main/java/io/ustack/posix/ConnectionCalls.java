package io.ustack.posix;

import org.jspecify.annotations.Nullable;

/** {@link Posix}: names and connections of sockets. */
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
    return socket instanceof TcpSocket tcp ? tcp.listen(backlog) : socket.refuseToListen();
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
    final StackSocket socket = table.socket(fd);
    if ((flags & ~(SocketOption.SOCK_NONBLOCK | SocketOption.SOCK_CLOEXEC)) != 0) {
      return table.find(fd) == null ? -Errno.EBADF : -Errno.EINVAL;
    }
    if (socket == null) {
      return table.notSocket(fd);
    }
    if (!(socket instanceof TcpSocket listener)) {
      return socket.refuseToListen();
    }
    // As Linux: first the number, so that no connection is taken that can't be handed out.
    final int number = reserve((flags & SocketOption.SOCK_CLOEXEC) != 0);
    if (number < 0) {
      return number;
    }
    final long timeoutNs = listener.receiveTimeoutNs(0);
    final long startNs = listener.startNs(timeoutNs);
    while (true) {
      final int outcome = listener.awaitAcceptable(timeoutNs, startNs);
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
}
