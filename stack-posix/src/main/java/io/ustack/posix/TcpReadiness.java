package io.ustack.posix;

import io.ustack.buffer.ByteRing;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.Urgency;
import io.ustack.tcp.UrgentMark;

/** What the two buffers of a {@link TcpSocket} make it ready for, as Linux tcp_poll. Any thread. */
final class TcpReadiness {
  private TcpReadiness() {}

  /** Data, and an urgent byte, which alone is no data unless it is in line. */
  static int ofReading(final TcpSocket socket, final TcpConnection connection) {
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
  static boolean hasRoom(final TcpSocket socket, final ByteRing buffer) {
    if (buffer.isRoomy() && NotSentLimit.isLow(socket, buffer)) {
      return true;
    }
    buffer.requestSpace();
    return buffer.isRoomy() && NotSentLimit.isLow(socket, buffer);
  }
}
