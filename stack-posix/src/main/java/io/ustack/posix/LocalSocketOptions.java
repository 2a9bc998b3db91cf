package io.ustack.posix;

/** The options that an end of a pair has beside those of every socket. */
final class LocalSocketOptions {
  /** Linux net.core.wmem_default. */
  static final int DEFAULT_BUFFER_BYTES = 212_992;

  private static final int MAX_BUFFER_BYTES = 4 << 20;

  private LocalSocketOptions() {}

  /** Returns 0; -EOPNOTSUPP of another level; -ENOPROTOOPT */
  static int set(final LocalSocket socket, final int level, final int option, final int value) {
    if (level != SocketOption.SOL_SOCKET) {
      return -Errno.EOPNOTSUPP;
    }
    if (option == SocketOption.SO_KEEPALIVE) {
      socket.keepsAlive = value != 0;
      return 0;
    }
    if (option != SocketOption.SO_SNDBUF) {
      return -Errno.ENOPROTOOPT;
    }
    socket.sending.lock();
    try {
      final int bytes =
          StackSocket.bufferBytes(value, StackSocket.MIN_SEND_BYTES, MAX_BUFFER_BYTES);
      socket.outgoing().capacity(bytes);
    } finally {
      socket.sending.unlock();
    }
    socket.raise(Epoll.WRITE_KEY);
    return 0;
  }

  /** Returns the value; -EOPNOTSUPP of another level; -ENOPROTOOPT */
  static int get(final LocalSocket socket, final int level, final int option) {
    if (level != SocketOption.SOL_SOCKET) {
      return -Errno.EOPNOTSUPP;
    }
    return switch (option) {
      case SocketOption.SO_RCVBUF -> DEFAULT_BUFFER_BYTES;
      case SocketOption.SO_SNDBUF -> {
        final int bytes = socket.outgoing().capacity();
        yield bytes == DEFAULT_BUFFER_BYTES ? bytes : 2 * bytes;
      }
      case SocketOption.SO_KEEPALIVE -> socket.keepsAlive ? 1 : 0;
      case SocketOption.SO_ACCEPTCONN, SocketOption.SO_PROTOCOL -> 0;
      default -> -Errno.ENOPROTOOPT;
    };
  }
}
