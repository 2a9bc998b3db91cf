package io.ustack.posix;

import io.ustack.buffer.ByteRing;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.Urgency;
import io.ustack.tcp.UrgentMark;

/** What a {@link TcpSocket} is ready for, as Linux tcp_poll. Any thread. */
final class TcpReadiness {
  private TcpReadiness() {}

  /** Bits of {@link Epoll}. */
  static int of(final TcpSocket socket) {
    if (socket.isListening()) {
      return TcpSides.isAcceptable(socket) ? Epoll.READ_KEY : 0;
    }
    final TcpStackSide side = socket.stackSide;
    final int stream = side.stream();
    final TcpConnection connection = side.connection();
    final int shutdown = socket.shutdownSeen(stream);
    final boolean over = connection == null || (stream & TcpStackSide.OVER) != 0;
    int events = 0;
    if (over || shutdown == StackSocket.SHUT_BOTH) {
      events |= Epoll.EPOLLHUP;
    }
    if ((shutdown & StackSocket.SHUT_RECEIVE) != 0) {
      events |= Epoll.READ_KEY | Epoll.EPOLLRDHUP;
    }
    if (over || (stream & (TcpStackSide.ESTABLISHED | TcpStackSide.DEFERRED)) != 0) {
      events |= connection == null ? Epoll.WRITE_KEY : ofBuffers(socket, connection, shutdown);
    }
    // After the stream: who sees that it broke sees why.
    return socket.hasError() ? events | Epoll.EPOLLERR : events;
  }

  private static int ofBuffers(
      final TcpSocket socket, final TcpConnection connection, final int shutdown) {
    if (connection.isAsleep()) {
      return Epoll.WRITE_KEY;
    }
    final boolean writable =
        (shutdown & StackSocket.SHUT_SEND) != 0 || hasRoom(socket, connection.sendBuffer());
    return ofReading(socket, connection) | (writable ? Epoll.WRITE_KEY : 0);
  }

  /** Data, and an urgent byte, which alone is no data unless it is in line. */
  private static int ofReading(final TcpSocket socket, final TcpConnection connection) {
    final ByteRing buffer = connection.receiveBuffer();
    final int there = buffer.length();
    final int low = socket.waitOptions.receiveLowBytes();
    final UrgentMark mark = Urgency.mark(connection);
    if (mark == null) {
      return isReadable(buffer, there, low) ? Epoll.READ_KEY : 0;
    }
    final boolean inline = socket.oobInline;
    final int skipped = inline ? 0 : mark.skipped(buffer.readPosition());
    final int extra = !inline && UrgentByte.isAtMark(buffer, mark, false) ? 1 : 0;
    return (isReadable(buffer, there - skipped, low + extra) ? Epoll.READ_KEY : 0)
        | (mark.isThere() ? Epoll.EPOLLPRI : 0);
  }

  /**
   * As Linux tcp_epollin_ready: as much is there as was asked for, or the window is about to close.
   */
  private static boolean isReadable(final ByteRing buffer, final int length, final int low) {
    return length >= low
        || (length > 0
            && (buffer.capacity() - length <= TcpSocket.SEGMENT_BYTES || buffer.isCramped()));
  }

  /** Whether the send buffer has room worth a try; when not, the stack says when it has. */
  private static boolean hasRoom(final TcpSocket socket, final ByteRing buffer) {
    if (buffer.isRoomy() && NotSentLimit.isLow(socket, buffer)) {
      return true;
    }
    buffer.requestSpace();
    return buffer.isRoomy() && NotSentLimit.isLow(socket, buffer);
  }
}
