package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.ByteRing;
import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketRing;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.Urgency;
import io.ustack.tcp.UrgentMark;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The data of a {@link TcpSocket}: the application's ends of the two rings of its connection. */
final class TcpTransfer {
  private static final int SEND_FLAGS =
      SocketOption.MSG_DONTWAIT
          | SocketOption.MSG_NOSIGNAL
          | SocketOption.MSG_MORE
          | SocketOption.MSG_OOB;
  private static final int RECEIVE_FLAGS =
      SocketOption.MSG_DONTWAIT
          | SocketOption.MSG_NOSIGNAL
          | SocketOption.MSG_OOB
          | SocketOption.MSG_PEEK
          | SocketOption.MSG_TRUNC
          | SocketOption.MSG_WAITALL;

  /** There is nothing to read now. */
  private static final int NOTHING = Integer.MIN_VALUE;

  /** ... unless the buffer is smaller than two jumbo segments and one of these, or cramped. */
  private static final int SMALL_BUFFER_BYTES = 32 << 10;

  private TcpTransfer() {}

  /** Of the two buffers and the ranges, one at most is not null; offsets are in what is there. */
  static int send(
      final TcpSocket socket,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags) {
    if ((flags & ~SEND_FLAGS) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    final long timeoutNs = socket.sendTimeoutNs(flags);
    final boolean waits = timeoutNs != 0;
    final long startNs = socket.startNs(timeoutNs);
    boolean looked = false;
    int sent = 0;
    while (true) {
      final int result =
          sendNow(socket, buffer, array, ranges, offset + sent, length - sent, sent, flags);
      if (result >= 0) {
        sent += result;
        if (sent == length) {
          break;
        }
      } else if (result != -Errno.EAGAIN) {
        return sent > 0 ? sent : result;
      }
      final int outcome =
          sent > 0 && !waits
              ? -Errno.EAGAIN
              : socket.retry(
                  StackSocket.WRITE_EVENTS, Awaitable.AS_TOLD, timeoutNs, startNs, looked);
      if (outcome != 0) {
        return sent > 0 ? sent : outcome;
      }
      looked = true;
    }
    if (waits && sent > 0) {
      if (TcpOpening.isHandshaking(socket)) {
        return awaitHandshake(socket, sent, timeoutNs);
      }
      socket.engine.execution.turn();
    }
    return sent;
  }

  /**
   * What was written goes with the SYN (RFC 7413). A call that waits waits for the peer's answer,
   * as Linux inet_stream_connect: an error still belongs to it.
   */
  private static int awaitHandshake(final TcpSocket socket, final int sent, final long timeoutNs) {
    TcpOpening.start(socket);
    final int outcome = socket.engine.execution.await(socket, StackSocket.WRITE_EVENTS, timeoutNs);
    final int error = outcome == 0 ? socket.takeError() : 0;
    return error == 0 ? sent : -error;
  }

  /**
   * Copies what fits. Returns bytes, -EAGAIN when none, or -errno; an error that comes after part
   * of the data has moved is left for the next call (Linux tcp_sendmsg).
   */
  private static int sendNow(
      final TcpSocket socket,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int moved,
      final int flags) {
    socket.sending.lock();
    try {
      final TcpConnection connection = socket.stackSide.connection();
      final int refused = refuseToSend(socket, connection, moved);
      if (refused != 0 || connection == null) {
        return refused;
      }
      final ByteRing ring = connection.sendBuffer();
      final boolean urgent = (flags & SocketOption.MSG_OOB) != 0;
      int count = write(socket, connection, buffer, array, ranges, offset, length, urgent);
      if (count < length) {
        ring.requestSpace();
        count +=
            write(
                socket, connection, buffer, array, ranges, offset + count, length - count, urgent);
      }
      if (count > 0) {
        socket.stackSide.ring(written(flags));
      }
      return count == 0 && length > 0 ? -Errno.EAGAIN : count;
    } finally {
      socket.sending.unlock();
    }
  }

  /**
   * As above, of the frame of a packet that is lent: it goes into the buffer as a whole, or not;
   * -EAGAIN also while it would be the first data of a deferred SYN, or is of another shard.
   */
  static int sendNow(
      final TcpSocket socket, final Packet packet, final LentPackets lender, final int flags) {
    final int length = packet.length();
    socket.sending.lock();
    try {
      final TcpStackSide side = socket.stackSide;
      final TcpConnection connection = side.connection();
      final int refused = refuseToSend(socket, connection, 0);
      if (refused != 0 || connection == null) {
        return refused;
      }
      if ((side.stream() & TcpStackSide.ESTABLISHED) == 0 || lender != side.shard.lent) {
        return -Errno.EAGAIN;
      }
      final PacketRing ring = connection.sendBuffer();
      ring.keepPackets(lender);
      if (NotSentLimit.cut(socket, ring, length) < length || !ring.put(0, packet)) {
        return -Errno.EAGAIN;
      }
      ring.publish(length);
      side.ring(written(flags));
    } finally {
      socket.sending.unlock();
    }
    return length;
  }

  private static int written(final int flags) {
    return (flags & SocketOption.MSG_MORE) == 0
        ? TcpStackSide.WRITTEN
        : TcpStackSide.WRITTEN_MORE_COMES;
  }

  /** -EAGAIN while it can't be sent yet. Under the sending lock. */
  private static int refuseToSend(
      final TcpSocket socket, final @Nullable TcpConnection connection, final int moved) {
    final int refusal = socket.refusal();
    if (refusal != 0) {
      return refusal;
    }
    final int stream = socket.stackSide.stream();
    if (socket.hasError()
        || connection == null
        || (stream & TcpStackSide.OVER) != 0
        || (socket.shut & StackSocket.SHUT_SEND) != 0) {
      final int error = moved > 0 ? 0 : socket.takeError();
      return error == 0 ? -Errno.EPIPE : -error;
    }
    return (stream & (TcpStackSide.ESTABLISHED | TcpStackSide.DEFERRED)) == 0 ? -Errno.EAGAIN : 0;
  }

  static int receive(
      final TcpSocket socket,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags) {
    if ((flags & SocketOption.MSG_ERRQUEUE) != 0) {
      return -Errno.EAGAIN; // nothing is ever kept there
    }
    if ((flags & ~RECEIVE_FLAGS) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    if ((flags & SocketOption.MSG_OOB) != 0) {
      return UrgentByte.receive(socket, buffer, array, ranges, offset, length, flags);
    }
    final boolean peeks = (flags & SocketOption.MSG_PEEK) != 0;
    final int target = target(socket, length, flags);
    final long timeoutNs = socket.receiveTimeoutNs(flags);
    final long startNs = socket.startNs(timeoutNs);
    boolean looked = false;
    int received = 0;
    while (true) {
      final int result =
          receiveNow(
              socket, buffer, array, ranges, offset + received, length - received, flags, received);
      if (result >= 0) {
        received += result;
        if (result == 0 || received >= target) {
          return received;
        }
      } else if (result != -Errno.EAGAIN) {
        return received > 0 ? received : result;
      } else {
        // What was peeked at is still there and does not end the wait.
        final int bytes = peeks ? received + hole(socket) + 1 : 1;
        final int outcome =
            received > 0 && timeoutNs == 0
                ? -Errno.EAGAIN
                : socket.retry(StackSocket.READ_EVENTS, bytes, timeoutNs, startNs, looked);
        if (outcome != 0) {
          return received > 0 ? received : outcome;
        }
        looked = true;
      }
    }
  }

  /** Linux sock_rcvlowat: as much as a call that waits goes on for. */
  private static int target(final TcpSocket socket, final int length, final int flags) {
    return (flags & SocketOption.MSG_WAITALL) != 0
        ? length
        : Math.min(length, socket.waitOptions.receiveLowBytes());
  }

  /**
   * Copies what is there, in the order of Linux tcp_recvmsg. Returns bytes, 0 at the end, -EAGAIN
   * when none, or -errno; an error that comes after part of the data has moved is left for the next
   * call
   */
  private static int receiveNow(
      final TcpSocket socket,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags,
      final int moved) {
    socket.receiving.lock();
    try {
      final int refused = refuseToReceive(socket);
      if (refused != 0) {
        return refused;
      }
      final int stream = socket.stackSide.stream();
      final TcpConnection connection = socket.stackSide.connection();
      if (connection != null) {
        final int count =
            takeOut(socket, connection, buffer, array, ranges, offset, length, flags, moved);
        if (count != NOTHING) {
          return count;
        }
      }
      return nothingToRead(socket, connection, stream, moved);
    } finally {
      socket.receiving.unlock();
    }
  }

  /** As {@link #receiveNow}, but lends what the next segment brought. */
  static int lendNow(final TcpSocket socket, final LoanMemory loan) {
    socket.receiving.lock();
    try {
      final int refused = refuseToReceive(socket);
      if (refused != 0) {
        return refused;
      }
      final int stream = socket.stackSide.stream();
      final TcpConnection connection = socket.stackSide.connection();
      if (connection == null) {
        return nothingToRead(socket, null, stream, 0);
      }
      final PacketRing ring = connection.receiveBuffer();
      ring.keepPackets(socket.stackSide.shard.lent);
      int end = ring.length();
      final UrgentMark mark = Urgency.mark(connection);
      if (mark != null) {
        final int hole = UrgentByte.hole(ring, mark, socket.oobInline, end);
        drop(socket, ring, mark, hole);
        end = UrgentByte.end(ring, mark, 0, end - hole);
      }
      if (end == 0) {
        return nothingToRead(socket, connection, stream, 0);
      }
      final int count =
          mark == null ? loan.take(ring, end, socket.stackSide.shard.lent) : loan.copy(ring, end);
      if (count == 0) {
        return takenBack(socket, connection, 0);
      }
      if (mark != null) {
        UrgentByte.onRead(ring, mark);
      }
      reportRead(socket, ring, count);
      return count;
    } finally {
      socket.receiving.unlock();
    }
  }

  private static int refuseToReceive(final TcpSocket socket) {
    if (socket.isClosed()) {
      return -Errno.EBADF;
    }
    return socket.isListening() ? -Errno.ENOTCONN : 0;
  }

  /** Why there is nothing to read: 0 at the end, -EAGAIN, or -errno. */
  private static int nothingToRead(
      final TcpSocket socket,
      final @Nullable TcpConnection connection,
      final int stream,
      final int moved) {
    // Linux tells an error after the end only, but it never forgets what came before the end.
    final boolean forgotten =
        connection != null && connection.receiveBuffer().isRetired() && socket.hasError();
    if ((stream & TcpStackSide.PEER_FINISHED) != 0 && !forgotten) {
      return 0;
    }
    if (moved > 0 && socket.hasError()) {
      return 0;
    }
    final int error = socket.takeError();
    if (error != 0) {
      return -error;
    }
    if ((socket.shutdownSeen(stream) & StackSocket.SHUT_RECEIVE) != 0) {
      return 0;
    }
    return connection == null ? -Errno.ENOTCONN : -Errno.EAGAIN;
  }

  /**
   * The stack took the buffer back: another thread closed or disconnected while we read, or the
   * connection was reset for want of memory, and what was not read is gone.
   */
  private static int takenBack(
      final TcpSocket socket, final TcpConnection connection, final int moved) {
    if (socket.isClosed()) {
      return -Errno.EBADF;
    }
    if (socket.engine.execution.isOver()) {
      return -Errno.EIO;
    }
    final ByteRing ring = connection.receiveBuffer();
    ring.discard(ring.length());
    return nothingToRead(socket, connection, socket.stackSide.stream(), moved);
  }

  /** Reads up to an urgent byte, or from behind it. Returns as receiveNow, or NOTHING */
  private static int takeOut(
      final TcpSocket socket,
      final TcpConnection connection,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags,
      final int moved) {
    final boolean peeks = (flags & SocketOption.MSG_PEEK) != 0;
    final ByteRing ring = connection.receiveBuffer();
    int at = peeks ? moved : 0;
    int end = ring.length();
    final UrgentMark mark = Urgency.mark(connection);
    if (mark != null) {
      final boolean inline = socket.oobInline;
      if (UrgentByte.stops(ring, mark, inline, moved, peeks)) {
        return 0;
      }
      int hole = length == 0 ? 0 : UrgentByte.hole(ring, mark, inline, end);
      if (hole > 0 && !peeks) {
        drop(socket, ring, mark, hole);
        end -= hole;
        hole = 0;
      }
      at += hole;
      end = UrgentByte.end(ring, mark, hole, end);
    }
    if (end <= at) {
      return NOTHING;
    }
    final int count =
        copyOut(socket, ring, at, buffer, array, ranges, offset, Math.min(length, end - at), flags);
    if (count == NOTHING) {
      return takenBack(socket, connection, moved);
    }
    if (mark != null) {
      UrgentByte.onRead(ring, mark);
    }
    return count;
  }

  private static void drop(
      final TcpSocket socket, final ByteRing ring, final UrgentMark mark, final int count) {
    ring.discard(count);
    UrgentByte.onRead(ring, mark);
    reportRead(socket, ring, count);
  }

  /** As it is for who peeks now. */
  private static int hole(final TcpSocket socket) {
    final TcpConnection connection = socket.stackSide.connection();
    final UrgentMark mark = connection == null ? null : Urgency.mark(connection);
    if (connection == null || mark == null) {
      return 0;
    }
    final ByteRing ring = connection.receiveBuffer();
    return UrgentByte.hole(ring, mark, socket.oobInline, ring.length());
  }

  /** Returns bytes, or NOTHING when the ring was taken back. */
  private static int copyOut(
      final TcpSocket socket,
      final ByteRing ring,
      final int at,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int count,
      final int flags) {
    if ((flags & SocketOption.MSG_TRUNC) == 0) {
      if (array != null) {
        ring.peek(at, array, offset, count);
      } else if (buffer != null) {
        ring.peek(at, buffer, offset, count);
      } else if (ranges != null) {
        ranges.fill(ring, at, offset, count);
      }
    }
    if (ring.isRetired()) {
      return NOTHING;
    }
    if ((flags & SocketOption.MSG_PEEK) == 0) {
      ring.discard(count);
      reportRead(socket, ring, count);
    }
    return count;
  }

  /**
   * Tells the stack of room in the receive buffer, but not for every few bytes: the window moves by
   * whole segments (RFC 9293 3.8.6.2.2), so a bell per segment is enough. Under the receiving lock.
   */
  private static void reportRead(final TcpSocket socket, final ByteRing ring, final int count) {
    socket.unreported += count;
    if (socket.unreported >= TcpSocket.SEGMENT_BYTES
        || ring.capacity() < SMALL_BUFFER_BYTES
        || ring.isCramped()) {
      socket.unreported = 0;
      socket.stackSide.ring(TcpStackSide.READ);
    }
  }

  private static int write(
      final TcpSocket socket,
      final TcpConnection connection,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int asked,
      final boolean urgent) {
    final ByteRing ring = connection.sendBuffer();
    final int fits = NotSentLimit.cut(socket, ring, asked);
    final int length = urgent ? UrgentByte.announce(connection, ring, fits) : fits;
    if (array != null) {
      return ring.write(array, offset, length);
    }
    if (buffer != null) {
      return ring.write(buffer, offset, length);
    }
    if (ranges == null) {
      return 0;
    }
    final int count = ring.reserve(length);
    ranges.store(ring, 0, offset, count);
    ring.publish(count);
    return count;
  }
}
