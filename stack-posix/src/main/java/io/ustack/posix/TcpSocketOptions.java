package io.ustack.posix;

import io.ustack.tcp.TcpConfig;
import io.ustack.tcp.TcpConnection;

/**
 * What setsockopt(2) has told a {@link TcpSocket} of its protocol. Written by application threads,
 * read by the stack thread when it opens a connection or is rung.
 */
final class TcpSocketOptions {
  /** Linux tcp_wmem[2]. */
  private static final int MAX_SEND_BYTES = 4 << 20;

  private final TcpConfig defaults;
  private volatile boolean noDelay;

  /** What SO_RCVBUF and SO_SNDBUF asked for; 0 leaves the stack's default. */
  private volatile int receiveBufferBytes;

  private volatile int sendBufferBytes;

  /** Nothing told yet. */
  TcpSocketOptions(final TcpConfig defaults) {
    this.defaults = defaults;
  }

  /** What a connection inherits from its listener. */
  TcpSocketOptions(final TcpSocketOptions listener) {
    defaults = listener.defaults;
    noDelay = listener.noDelay;
    receiveBufferBytes = listener.receiveBufferBytes;
    sendBufferBytes = listener.sendBufferBytes;
  }

  /** setsockopt(2). Returns 0, -ENOPROTOOPT; the caller passes it on to the connection */
  int set(final int level, final int option, final int value) {
    if (level == SocketOption.IPPROTO_TCP && option == SocketOption.TCP_NODELAY) {
      noDelay = value != 0;
    } else if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_RCVBUF) {
      receiveBufferBytes =
          StackSocket.bufferBytes(
              value, StackSocket.MIN_RECEIVE_BYTES, defaults.maxReceiveBufferBytes());
    } else if (level == SocketOption.SOL_SOCKET && option == SocketOption.SO_SNDBUF) {
      sendBufferBytes = StackSocket.bufferBytes(value, StackSocket.MIN_SEND_BYTES, MAX_SEND_BYTES);
    } else {
      return -Errno.ENOPROTOOPT;
    }
    return 0;
  }

  /** getsockopt(2). Returns the value, -ENOPROTOOPT, -EOPNOTSUPP for another level */
  int get(final int level, final int option) {
    if (level == SocketOption.IPPROTO_TCP) {
      return option == SocketOption.TCP_NODELAY ? (noDelay ? 1 : 0) : -Errno.ENOPROTOOPT;
    }
    if (level != SocketOption.SOL_SOCKET) {
      return StackSocket.noSuchLevel(level);
    }
    return switch (option) {
      case SocketOption.SO_RCVBUF ->
          StackSocket.reportedBytes(receiveBufferBytes, defaults.receiveBufferBytes());
      case SocketOption.SO_SNDBUF ->
          StackSocket.reportedBytes(sendBufferBytes, defaults.sendBufferBytes());
      case SocketOption.SO_PROTOCOL -> SocketOption.IPPROTO_TCP;
      default -> -Errno.ENOPROTOOPT;
    };
  }

  /** For connections to come. */
  TcpConfig config() {
    final int receive = receiveBufferBytes;
    final int send = sendBufferBytes;
    return receive == 0 && send == 0
        ? defaults
        : defaults.withBuffers(
            receive == 0 ? defaults.receiveBufferBytes() : receive,
            send == 0 ? defaults.sendBufferBytes() : send);
  }

  /** Tells an open connection what is the stack thread's to tell. */
  void applyTo(final TcpConnection connection) {
    connection.options().noDelay(noDelay);
    if (receiveBufferBytes != 0) {
      connection.options().receiveCapacity(receiveBufferBytes);
    }
  }

  /** Gives its send buffer the size asked for; under the sending lock, or before anybody writes. */
  void applySendBuffer(final TcpConnection connection) {
    if (sendBufferBytes != 0) {
      connection.sendBuffer().capacity(sendBufferBytes);
    }
  }
}
