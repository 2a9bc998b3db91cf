package io.ustack.posix;

import io.ustack.tcp.TcpConnection;
import org.jspecify.annotations.Nullable;

/**
 * setsockopt(2) and getsockopt(2) of a {@link TcpSocket}: when an option may be told, and who has
 * to hear of it. What was told stands in {@link TcpSocketOptions}.
 */
final class TcpSettings {
  private TcpSettings() {}

  /** setsockopt(2) of an int. Returns 0, -EINVAL, -ENOPROTOOPT */
  static int set(final TcpSocket socket, final int level, final int option, final int value) {
    socket.control.lock();
    try {
      final TcpSocketOptions told = socket.options.copy();
      final int result =
          isTimely(socket, level, option) ? told.set(level, option, value) : -Errno.EINVAL;
      if (result != 0) {
        return result;
      }
      socket.options = told;
    } finally {
      socket.control.unlock();
    }
    if (level == SocketOption.IPPROTO_TCP && option == SocketOption.TCP_QUICKACK) {
      final boolean on = value != 0;
      socket.stackSide.ring(on ? TcpStackSide.QUICK_ACK : TcpStackSide.NO_QUICK_ACK);
      return 0;
    }
    if (level == SocketOption.IPPROTO_TCP && option == SocketOption.TCP_NOTSENT_LOWAT) {
      return limitNotSent(socket);
    }
    if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_SNDBUF) {
      resizeSendBuffer(socket);
    }
    TcpSides.ring(socket, TcpStackSide.OPTIONS);
    return 0;
  }

  /** As {@link StackSocket#setOption(int, int, String)}. */
  static int setName(
      final TcpSocket socket, final int level, final int option, final @Nullable String value) {
    if (level != SocketOption.IPPROTO_TCP || option != SocketOption.TCP_CONGESTION) {
      return -Errno.ENOPROTOOPT;
    }
    if (value == null) {
      return -Errno.EFAULT;
    }
    return value.isEmpty() ? -Errno.EINVAL : congestionControl(socket, value);
  }

  /** As {@link StackSocket#option(int, int, StringBuilder)}. */
  static int name(
      final TcpSocket socket,
      final int level,
      final int option,
      final @Nullable StringBuilder into) {
    if (level != SocketOption.IPPROTO_TCP || option != SocketOption.TCP_CONGESTION) {
      return -Errno.ENOPROTOOPT;
    }
    if (into == null) {
      return -Errno.EFAULT;
    }
    into.setLength(0);
    into.append(socket.options.config().congestionControl());
    return 0;
  }

  private static int congestionControl(final TcpSocket socket, final String name) {
    if (!socket.engine.shard.stack.tcp().congestionControls().has(name)) {
      return -Errno.ENOENT;
    }
    socket.control.lock();
    try {
      final int refusal = socket.refusal();
      if (refusal != 0) {
        return refusal;
      }
      final TcpSocketOptions told = socket.options.copy();
      told.congestionControl(name);
      socket.options = told;
    } finally {
      socket.control.unlock();
    }
    TcpSides.ring(socket, TcpStackSide.OPTIONS);
    return 0;
  }

  /** As Linux: how a connection is opened is said before. */
  private static boolean isTimely(final TcpSocket socket, final int level, final int option) {
    if (level != SocketOption.IPPROTO_TCP) {
      return true;
    }
    return switch (option) {
      case SocketOption.TCP_FASTOPEN ->
          socket.phase == TcpSocket.Phase.UNCONNECTED || socket.phase == TcpSocket.Phase.LISTENING;
      case SocketOption.TCP_FASTOPEN_CONNECT -> socket.phase == TcpSocket.Phase.UNCONNECTED;
      default -> true;
    };
  }

  /** Waits until the stack tells what it sends. Linux: who waits for room looks again. */
  private static int limitNotSent(final TcpSocket socket) {
    final int result = socket.call(TcpCall.Kind.OPTIONS, 0, 0);
    socket.raise(Epoll.WRITE_KEY);
    return result;
  }

  /** The producer's side of the buffer is ours. */
  private static void resizeSendBuffer(final TcpSocket socket) {
    socket.sending.lock();
    try {
      final TcpConnection connection = socket.stackSide.connection();
      if (connection != null) {
        socket.options.applySendBuffer(connection);
      }
    } finally {
      socket.sending.unlock();
    }
    // Linux sock_setsockopt: who waits for room looks again.
    socket.raise(Epoll.WRITE_KEY);
  }

  /** getsockopt(2) of an int. Returns the value, -ENOPROTOOPT */
  static int get(final TcpSocket socket, final int level, final int option) {
    if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_ACCEPTCONN) {
      return socket.isListening() ? 1 : 0;
    }
    if (level == SocketOption.IPPROTO_IP && option == SocketOption.IP_MTU) {
      return socket.refusal() == 0 ? socket.call(TcpCall.Kind.PATH_MTU, 0, 0) : socket.refusal();
    }
    if (level == SocketOption.IPPROTO_TCP
        && (option == SocketOption.TCP_QUICKACK || option == SocketOption.TCP_MAXSEG)
        && socket.stackSide.connection() != null) {
      return socket.refusal() == 0 ? socket.call(TcpCall.Kind.OPTION, option, 0) : socket.refusal();
    }
    return socket.options.get(level, option);
  }
}
