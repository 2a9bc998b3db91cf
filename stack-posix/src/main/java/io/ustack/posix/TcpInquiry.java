package io.ustack.posix;

import io.ustack.buffer.ByteRing;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.Urgency;
import io.ustack.tcp.UrgentMark;

/** What ioctl(2) tells of a {@link TcpSocket}, as Linux tcp_ioctl. */
final class TcpInquiry {
  private TcpInquiry() {}

  /**
   * FIONREAD: what can be read, up to the urgent byte. SIOCATMARK: 1 when that is next. SIOCOUTQ:
   * what is not acknowledged. SIOCOUTQNSD: what was not sent. A FIN counts as a byte. Returns the
   * number, -ENOTTY, -EINVAL of a listener, -EBADF, -EIO
   */
  static int answer(final TcpSocket socket, final int request) {
    final TcpConnection connection = socket.stackSide.connection();
    switch (request) {
      case SocketOption.SIOCATMARK -> {
        return connection != null && isAtMark(connection, socket.oobInline) ? 1 : 0;
      }
      case SocketOption.FIONREAD, SocketOption.SIOCOUTQ, SocketOption.SIOCOUTQNSD -> {
        if (socket.isListening()) {
          return -Errno.EINVAL;
        }
      }
      default -> {
        return -Errno.ENOTTY;
      }
    }
    if (connection == null || socket.isHandshaking()) {
      return 0;
    }
    if (request == SocketOption.FIONREAD) {
      return readable(connection, socket.oobInline);
    }
    if (request == SocketOption.SIOCOUTQ && (socket.shut & StackSocket.SHUT_SEND) == 0) {
      return connection.sendBuffer().length();
    }
    final int refusal = socket.refusal();
    return refusal == 0 ? socket.call(TcpCall.Kind.UNSENT, request, 0) : refusal;
  }

  private static boolean isAtMark(final TcpConnection connection, final boolean inline) {
    final UrgentMark mark = Urgency.mark(connection);
    return mark != null && UrgentByte.isAtMark(connection.receiveBuffer(), mark, inline);
  }

  private static int readable(final TcpConnection connection, final boolean inline) {
    final ByteRing ring = connection.receiveBuffer();
    final int there = ring.length();
    final UrgentMark mark = Urgency.mark(connection);
    return mark == null ? there : UrgentByte.readable(ring, mark, inline, there);
  }
}
