package io.ustack.posix;

/**
 * How a {@link TcpSocket} comes to its connection: connect(2), and what sendto(2) with MSG_FASTOPEN
 * does of it (Linux inet_stream_connect, tcp_sendmsg_fastopen).
 */
final class TcpOpening {
  private TcpOpening() {}

  /** As {@link TcpSocket#connect}. */
  static int connect(final TcpSocket socket, final int address, final int port) {
    if (!StackSocket.isPort(port)) {
      return -Errno.EINVAL;
    }
    if (socket.phase == TcpSocket.Phase.CONNECTING && !socket.waits(0)) {
      socket.engine.execution.turn();
    }
    final int refusal = socket.refusal();
    if (refusal != 0) {
      return refusal;
    }
    final int started = startConnecting(socket, address, port, socket.options.connectsFast());
    if (isDeferred(socket)) {
      return started == -Errno.EINPROGRESS ? 0 : -Errno.EISCONN;
    }
    if (started != -Errno.EINPROGRESS && started != -Errno.EALREADY) {
      return started;
    }
    if (socket.sendTimeoutNs(0) == 0 && (started == -Errno.EINPROGRESS || isHandshaking(socket))) {
      return started; // however fast the peer was: the next call tells
    }
    if (isHandshaking(socket)) {
      final long timeoutNs = socket.sendTimeoutNs(0);
      final int outcome =
          socket.engine.execution.await(socket, StackSocket.WRITE_EVENTS, timeoutNs);
      if (outcome != 0) {
        // Linux inet_stream_connect: SO_SNDTIMEO ends the wait, not the handshake.
        return outcome == -Errno.EAGAIN && timeoutNs >= 0 ? started : outcome;
      }
    }
    return finishConnecting(socket);
  }

  /** The SYN waits for data. */
  private static boolean isDeferred(final TcpSocket socket) {
    return (socket.stackSide.stream() & TcpStackSide.DEFERRED) != 0;
  }

  /** Data was written: the SYN that waited for it leaves. */
  static void start(final TcpSocket socket) {
    if (isDeferred(socket)) {
      socket.call(TcpCall.Kind.START, 0, 0);
    }
  }

  /** There is a connection, and no end of its handshake yet. */
  static boolean isHandshaking(final TcpSocket socket) {
    return socket.stackSide.connection() != null
        && (socket.stackSide.stream() & (TcpStackSide.ESTABLISHED | TcpStackSide.OVER)) == 0;
  }

  private static int startConnecting(
      final TcpSocket socket, final int address, final int port, final boolean fast) {
    socket.control.lock();
    try {
      switch (socket.phase) {
        case CONNECTED, LISTENING -> {
          return -Errno.EISCONN;
        }
        case CONNECTING -> {
          return -Errno.EALREADY;
        }
        case DISCONNECTING -> {
          return -Errno.EINVAL;
        }
        case UNCONNECTED -> {}
      }
      // Linux ip_route_output: to 0.0.0.0 is to this host.
      final int target =
          address == SocketOption.INADDR_ANY ? SocketOption.INADDR_LOOPBACK : address;
      final int result =
          TcpSides.connect(
              socket, fast ? TcpCall.Kind.CONNECT_FAST : TcpCall.Kind.CONNECT, target, port);
      if (result != 0) {
        return result;
      }
      socket.phase = TcpSocket.Phase.CONNECTING;
      return -Errno.EINPROGRESS;
    } finally {
      socket.control.unlock();
    }
  }

  private static int finishConnecting(final TcpSocket socket) {
    socket.control.lock();
    try {
      final int refusal = socket.refusal();
      if (refusal != 0) {
        return refusal;
      }
      // Established, not only not over: who waits may see the error before the end that it is of.
      final int ends = TcpStackSide.ESTABLISHED | TcpStackSide.OVER;
      if (socket.stackSide.connection() != null
          && (socket.stackSide.stream() & ends) == TcpStackSide.ESTABLISHED) {
        socket.phase = TcpSocket.Phase.CONNECTED;
        return 0;
      }
      final int error = socket.takeError();
      // Linux inet_stream_connect: a socket that failed can be connected anew.
      TcpSides.disconnect(socket);
      socket.options = socket.options.withoutQuickAck();
      socket.phase = TcpSocket.Phase.UNCONNECTED;
      socket.shut = 0;
      return error == 0 ? -Errno.ECONNABORTED : -error;
    } finally {
      socket.control.unlock();
    }
  }

  /**
   * The connect(2) in a sendto(2) with MSG_FASTOPEN (Linux tcp_sendmsg_fastopen).
   *
   * @return 0 when data may be written; -EINPROGRESS when the peer is asked for a cookie first and
   *     this must not wait; or what connect says
   */
  static int openFast(
      final TcpSocket socket,
      final int address,
      final int port,
      final int length,
      final int flags) {
    if (!socket.options.config().fastOpen()) {
      return -Errno.EOPNOTSUPP;
    }
    if (isDeferred(socket)) {
      return 0;
    }
    if (!StackSocket.isPort(port)) {
      return -Errno.EINVAL;
    }
    final int started = startConnecting(socket, address, port, length > 0);
    if (isDeferred(socket)) {
      return 0;
    }
    if (started == -Errno.EALREADY && !isHandshaking(socket)) {
      return -Errno.EISCONN;
    }
    if (started != -Errno.EINPROGRESS || !socket.waits(flags)) {
      return started;
    }
    final long timeoutNs = socket.sendTimeoutNs(flags);
    final int outcome = socket.engine.execution.await(socket, StackSocket.WRITE_EVENTS, timeoutNs);
    if (outcome == -Errno.EAGAIN && timeoutNs >= 0) {
      return started;
    }
    return outcome == 0 ? finishConnecting(socket) : outcome;
  }
}
