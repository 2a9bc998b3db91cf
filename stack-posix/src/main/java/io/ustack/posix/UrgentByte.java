package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.ByteRing;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.Urgency;
import io.ustack.tcp.UrgentMark;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a reader of a stream makes of an {@link UrgentMark} in it: what Linux's tcp_recvmsg,
 * tcp_recv_urg, tcp_poll and tcp_ioctl do where they look at urg_seq. Unless SO_OOBINLINE is set
 * the urgent byte is no part of the stream. Where several readers may be, under the receiving lock.
 *
 * <p>Look at how much the ring holds first, and for the mark then: a mark that comes in between is
 * behind that.
 */
final class UrgentByte {
  private UrgentByte() {}

  /**
   * Where a reader stands who has skipped what is to be skipped.
   *
   * <p>DEVIATION: Linux, SO_OOBINLINE told between two urgent bytes to a reader that stands at the
   * first: it counts when that is read, where Linux has dropped or kept it when the second came.
   */
  private static int place(final ByteRing ring, final UrgentMark mark, final boolean inline) {
    final int head = ring.readPosition();
    return inline ? head : head + mark.skipped(head);
  }

  /** sockatmark(3): everything before the urgent byte was read. */
  static boolean isAtMark(final ByteRing ring, final UrgentMark mark, final boolean inline) {
    return place(ring, mark, inline) == mark.position();
  }

  /**
   * How many bytes at the ring's head, which holds {@code there}, are not read as data: urgent ones
   * of this mark and of older ones.
   */
  static int hole(
      final ByteRing ring, final UrgentMark mark, final boolean inline, final int there) {
    if (inline) {
      return 0;
    }
    final int skipped = place(ring, mark, false) - ring.readPosition();
    return isAtMark(ring, mark, false) && there > skipped ? skipped + 1 : skipped;
  }

  /** A call that has moved bytes up to the mark stops there. */
  static boolean stops(
      final ByteRing ring,
      final UrgentMark mark,
      final boolean inline,
      final int moved,
      final boolean peeks) {
    return moved > 0 && mark.position() - place(ring, mark, inline) == (peeks ? moved : 0);
  }

  /**
   * Up to where a call reads that begins {@code from} bytes behind the head: to the mark, or what
   * is there.
   */
  static int end(final ByteRing ring, final UrgentMark mark, final int from, final int there) {
    final int ahead = mark.position() - ring.readPosition();
    return ahead > from ? Math.min(ahead, there) : there;
  }

  /** Bytes were taken out of the ring, maybe beyond the mark. */
  static void onRead(final ByteRing ring, final UrgentMark mark) {
    if (mark.position() - ring.readPosition() < 0) {
      mark.pass();
    }
  }

  /** Linux tcp_inq: what can be read up to the mark, or behind it. */
  static int readable(
      final ByteRing ring, final UrgentMark mark, final boolean inline, final int there) {
    final int place = place(ring, mark, inline);
    final int left = there - (place - ring.readPosition());
    final int ahead = mark.position() - place;
    return inline || ahead < 0 || ahead >= left ? left : ahead;
  }

  /**
   * recv(2) with MSG_OOB: it never waits, but looks once more before it gives up. Returns 1, 0 for
   * a byte without room, or at the end of the stream; -EINVAL where there is none (any more),
   * -EAGAIN where it was only announced, -ENOTCONN
   */
  static int receive(
      final TcpSocket socket,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags) {
    for (boolean looked = false; ; looked = true) {
      final int result;
      socket.receiving.lock();
      try {
        result = receiveNow(socket, buffer, array, ranges, offset, length, flags);
      } finally {
        socket.receiving.unlock();
      }
      if (looked || (result != -Errno.EINVAL && result != -Errno.EAGAIN)) {
        return result;
      }
      socket.engine.execution.turn();
    }
  }

  /** {@code msg_flags} of what was received: an urgent byte is MSG_OOB, without room MSG_TRUNC. */
  static int messageFlags(final int flags, final int length, final int received) {
    if ((flags & SocketOption.MSG_OOB) == 0 || (received == 0 && length > 0)) {
      return 0;
    }
    return received == 0 ? SocketOption.MSG_OOB | SocketOption.MSG_TRUNC : SocketOption.MSG_OOB;
  }

  private static int receiveNow(
      final TcpSocket socket,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags) {
    if (socket.isClosed()) {
      return -Errno.EBADF;
    }
    if (socket.isListening()) {
      return -Errno.ENOTCONN;
    }
    final int stream = socket.stackSide.stream();
    final TcpConnection connection = socket.stackSide.connection();
    final UrgentMark mark = connection == null ? null : Urgency.mark(connection);
    if (mark == null || socket.oobInline || !(mark.isThere() || mark.isAwaited())) {
      return -Errno.EINVAL;
    }
    final boolean over = (stream & TcpStackSide.OVER) != 0;
    if (over && (stream & TcpStackSide.PEER_FINISHED) == 0) {
      return -Errno.ENOTCONN;
    }
    if (mark.isAwaited()) {
      final int shutdown = socket.shutdownSeen(stream);
      return (shutdown & StackSocket.SHUT_RECEIVE) != 0 ? 0 : -Errno.EAGAIN;
    }
    if (length > 0 && (flags & SocketOption.MSG_TRUNC) == 0) {
      put(mark.urgentByte(), buffer, array, ranges, offset);
    }
    if ((flags & SocketOption.MSG_PEEK) == 0) {
      mark.take();
    }
    return Math.min(1, length);
  }

  private static void put(
      final byte urgent,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset) {
    if (array != null) {
      array[offset] = urgent;
    } else if (buffer != null) {
      buffer.put(offset, urgent);
    } else if (ranges != null) {
      int first = 0;
      while (ranges.length(first) == 0) {
        first++;
      }
      put(urgent, ranges.buffer(first), ranges.array(first), null, ranges.offset(first));
    }
  }

  /**
   * send(2) with MSG_OOB: the last byte that will fit becomes the urgent one, before the stack can
   * see it. Linux tcp_mark_urg. Under the sending lock. Returns how many bytes will fit
   */
  static int announce(final TcpConnection connection, final ByteRing ring, final int length) {
    final int count = ring.reserve(length);
    if (count > 0) {
      Urgency.of(connection).send(ring.writePosition() + count);
    }
    return count;
  }
}
