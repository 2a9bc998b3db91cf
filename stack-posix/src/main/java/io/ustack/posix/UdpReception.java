package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.Packet;
import io.ustack.udp.DatagramInfo;
import io.ustack.udp.UdpEndpoint;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams that a {@link UdpSocket} receives: the application's end of that ring of its
 * endpoint.
 */
final class UdpReception {
  /** MSG_WAITALL has no effect on datagrams, recv(2); nor has MSG_OOB on Linux. */
  private static final int FLAGS =
      SocketOption.MSG_DONTWAIT
          | SocketOption.MSG_NOSIGNAL
          | SocketOption.MSG_OOB
          | SocketOption.MSG_PEEK
          | SocketOption.MSG_TRUNC
          | SocketOption.MSG_WAITALL;

  private final UdpSocket socket;
  private final UdpErrors errors;

  /** Under the receiving lock. */
  private final DatagramInfo info = new DatagramInfo();

  /** Under the receiving lock, too. */
  private final ReceiveControl receivedControl = new ReceiveControl();

  UdpReception(final UdpSocket socket, final UdpErrors errors) {
    this.socket = socket;
    this.errors = errors;
  }

  int receive(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags,
      final @Nullable SocketAddress4 source,
      final @Nullable Message message) {
    if ((flags & SocketOption.MSG_ERRQUEUE) != 0) {
      return errors.receive(buffer, array, ranges, offset, length, source, message);
    }
    if ((flags & ~FLAGS) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    final long timeoutNs = socket.receiveTimeoutNs(flags);
    final long startNs = socket.startNs(timeoutNs);
    boolean looked = false;
    while (true) {
      final int result = receiveNow(buffer, array, ranges, offset, length, flags, source, message);
      if (result != -Errno.EAGAIN) {
        return result;
      }
      if (timeoutNs != 0 && (socket.shut & StackSocket.SHUT_RECEIVE) != 0) {
        if (message != null) {
          message.receivedPlainly(0);
        }
        return 0;
      }
      final int outcome =
          socket.retry(StackSocket.READ_EVENTS, Awaitable.AS_TOLD, timeoutNs, startNs, looked);
      if (outcome != 0) {
        return outcome;
      }
      looked = true;
    }
  }

  /**
   * Takes the oldest datagram; its length may be 0. Returns bytes copied, -EAGAIN when there is
   * none, or -errno
   */
  private int receiveNow(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags,
      final @Nullable SocketAddress4 source,
      final @Nullable Message message) {
    socket.receiving.lock();
    try {
      final int refused = refuseToReceive();
      final UdpEndpoint endpoint = socket.sides.readable().endpoint();
      if (refused != 0 || endpoint == null) {
        return refused;
      }
      final int count = peek(endpoint, buffer, array, ranges, offset, length);
      if (count == UdpEndpoint.NOTHING) {
        return -Errno.EAGAIN;
      }
      if (endpoint.isVoid()) {
        return takenBack();
      }
      if ((flags & SocketOption.MSG_PEEK) == 0) {
        endpoint.discard(info);
        socket.sides.taken();
      }
      if (source != null) {
        source.set(info.address(), info.port());
      }
      if (message != null) {
        message.name(info.address(), info.port());
        final int truncated = count < info.lengthBytes() ? SocketOption.MSG_TRUNC : 0;
        message.flags(truncated | receivedControl.put(socket.asked, info, endpoint, message));
      }
      return (flags & SocketOption.MSG_TRUNC) != 0 ? info.lengthBytes() : count;
    } finally {
      socket.receiving.unlock();
    }
  }

  /**
   * As {@link #receiveNow}, but lends the packet, or copies the whole datagram where it is in none.
   */
  int lendNow(final LoanMemory loan, final @Nullable SocketAddress4 source) {
    socket.receiving.lock();
    try {
      final int refused = refuseToReceive();
      socket.sides.keepIncoming();
      final UdpStackSide side = socket.sides.readable();
      final UdpEndpoint endpoint = side.endpoint();
      if (refused != 0 || endpoint == null) {
        return refused;
      }
      if (endpoint.peek(StackSocket.NOTHING, 0, 0, info) == UdpEndpoint.NOTHING) {
        return -Errno.EAGAIN;
      }
      final Packet packet = endpoint.take(info);
      if (packet != null) {
        loan.hold(packet, side.shard.lent);
      } else {
        final int length = info.lengthBytes();
        endpoint.receive(loan.room(length), 0, length, info);
        if (endpoint.isVoid()) {
          return takenBack();
        }
        if (length > 0) {
          loan.holdCopy(length);
        }
      }
      socket.sides.taken();
      if (source != null) {
        source.set(info.address(), info.port());
      }
      return info.lengthBytes();
    } finally {
      socket.receiving.unlock();
    }
  }

  /** The socket or the stack was closed, and the datagram's packet went, while it was copied. */
  private int takenBack() {
    return socket.isClosed() ? -Errno.EBADF : -Errno.EIO;
  }

  /** What comes before any datagram: -EAGAIN for one that was never bound, 0 without anything. */
  private int refuseToReceive() {
    if (socket.isClosed()) {
      return -Errno.EBADF;
    }
    final int error = socket.takeError();
    if (error != 0) {
      return -error;
    }
    return socket.sides.first().endpoint() == null ? -Errno.EAGAIN : 0;
  }

  /** FIONREAD is the length of the next datagram, 0 without one (Linux first_packet_length). */
  int inquire(final int request) {
    if (request != SocketOption.FIONREAD) {
      return -Errno.ENOTTY;
    }
    socket.receiving.lock();
    try {
      final UdpEndpoint endpoint = socket.sides.readable().endpoint();
      return endpoint == null
              || endpoint.peek(StackSocket.NOTHING, 0, 0, info) == UdpEndpoint.NOTHING
          ? 0
          : info.lengthBytes();
    } finally {
      socket.receiving.unlock();
    }
  }

  private int peek(
      final UdpEndpoint endpoint,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length) {
    if (ranges != null) {
      return endpoint.peek(ranges, length, info);
    }
    return buffer != null
        ? endpoint.peek(buffer, offset, length, info)
        : endpoint.peek(UdpTransfer.orNothing(array), offset, length, info);
  }
}
