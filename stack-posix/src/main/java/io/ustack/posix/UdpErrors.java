package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.readiness.Failure;
import io.ustack.udp.ErrorInfo;
import io.ustack.udp.UdpEndpoint;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link UdpSocket} with IP_RECVERR tells of datagrams that did not arrive: recvmsg(2) with
 * MSG_ERRQUEUE, Linux ip_recv_error.
 */
final class UdpErrors {
  /** {@code struct sock_extended_err} and the {@code struct sockaddr_in} of the reporter. */
  private static final int BYTES = 32;

  private static final byte ORIGIN_LOCAL = 1;
  private static final byte ORIGIN_ICMP = 2;

  private final UdpSocket socket;

  /** All of these under the receiving lock. */
  private final ErrorInfo info = new ErrorInfo();

  private final ErrorInfo following = new ErrorInfo();
  private final ByteRanges single = new ByteRanges();
  private final ByteBuffer data = ByteBuffer.allocate(BYTES).order(ByteOrder.nativeOrder());

  UdpErrors(final UdpSocket socket) {
    this.socket = socket;
  }

  /** Takes the oldest error; never waits. Returns the bytes of the quote that fitted, or -errno */
  int receive(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final @Nullable SocketAddress4 destination,
      final @Nullable Message message) {
    boolean looked = false;
    while (true) {
      final int result = receiveNow(buffer, array, ranges, offset, length, destination, message);
      final int outcome =
          result == -Errno.EAGAIN ? socket.retry(0, Awaitable.AS_TOLD, 0, 0, looked) : result;
      if (result != -Errno.EAGAIN || outcome != 0) {
        return outcome;
      }
      looked = true;
    }
  }

  private int receiveNow(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final @Nullable SocketAddress4 destination,
      final @Nullable Message message) {
    socket.receiving.lock();
    try {
      if (socket.isClosed()) {
        return -Errno.EBADF;
      }
      final UdpEndpoint endpoint = socket.sides.withErrors();
      final ByteRanges target = ranges == null ? single(buffer, array, offset, length) : ranges;
      if (endpoint == null || !endpoint.errors().take(info, target, length)) {
        return -Errno.EAGAIN;
      }
      settle();
      if (destination != null) {
        destination.set(info.address(), info.port());
      }
      if (message != null) {
        tell(message, length);
      }
      return Math.min(length, info.lengthBytes());
    } finally {
      single.clear();
      socket.receiving.unlock();
    }
  }

  private ByteRanges single(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length) {
    return buffer == null ? single.add(array, offset, length) : single.add(buffer, offset, length);
  }

  /** Linux sock_dequeue_err_skb: the pending error is that of the next ICMP error, or none. */
  private void settle() {
    if (socket.sides.firstIcmp(following)) {
      socket.fail(Errno.of(following.failure()));
    } else if (!info.isLocal()) {
      socket.takeError();
    }
    if (socket.sides.hasErrors()) {
      socket.raise(0);
    }
  }

  /**
   * DEVIATION: Linux, IP_PKTINFO and the like of an error: told of datagrams only, not of the ICMP
   * packet that brought it.
   */
  private void tell(final Message message, final int length) {
    message.receivedPlainly(SocketOption.MSG_ERRQUEUE);
    message.name(info.address(), info.port());
    int flags = SocketOption.MSG_ERRQUEUE;
    if (length < info.lengthBytes()) {
      flags |= SocketOption.MSG_TRUNC;
    }
    describe();
    final ControlData control = message.control();
    if (control == null
        || !control.put(SocketOption.IPPROTO_IP, SocketOption.IP_RECVERR, data, BYTES)) {
      flags |= SocketOption.MSG_CTRUNC;
    }
    message.flags(flags);
  }

  private void describe() {
    for (int i = 0; i < BYTES; i += Long.BYTES) {
      data.putLong(i, 0);
    }
    data.putInt(0, Errno.of(info.failure()));
    data.put(4, info.isLocal() ? ORIGIN_LOCAL : ORIGIN_ICMP);
    data.put(5, (byte) info.type());
    data.put(6, (byte) info.code());
    data.putInt(8, info.mtuBytes());
    if (!info.isLocal()) {
      data.putShort(16, (short) SocketOption.AF_INET);
      data.putInt(20, ControlData.networkOrder(info.reporter()));
    }
  }

  /** A datagram was refused. Under the sending lock. */
  void refused(
      final UdpEndpoint endpoint, final Failure failure, final int address, final int port) {
    if (failure == Failure.MESSAGE_TOO_LONG && endpoint.errors().areKept()) {
      endpoint.errors().refuse(address, port, endpoint.mtuBytes());
      socket.raise(0);
    }
  }

  /** IP_RECVERR is switched. */
  void keep(final boolean on) {
    socket.receiving.lock();
    try {
      socket.sides.keepErrors(on);
    } finally {
      socket.receiving.unlock();
    }
  }
}
