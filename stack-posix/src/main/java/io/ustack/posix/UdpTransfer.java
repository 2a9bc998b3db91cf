package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import io.ustack.readiness.Failure;
import io.ustack.udp.DatagramInfo;
import io.ustack.udp.UdpEndpoint;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams that a {@link UdpSocket} sends: the application's end of that ring of its endpoint.
 */
final class UdpTransfer {
  private static final int LARGEST_LENGTH_BYTES = 0xFFFF;

  private static final int NOTHING_PENDING = -1;

  private static final int SEND_FLAGS =
      SocketOption.MSG_DONTWAIT | SocketOption.MSG_NOSIGNAL | SocketOption.MSG_MORE;

  private final UdpSocket socket;
  private final Execution execution;

  private final UdpErrors errors;

  /** Under the sending lock. */
  private final DatagramInfo target = new DatagramInfo();

  /** Where what goes to {@link #target} leaves; under the sending lock. */
  private UdpStackSide side;

  /** Bytes of a datagram to {@link #target} that has not its end; under the sending lock. */
  private int pendingBytes = NOTHING_PENDING;

  UdpTransfer(final UdpSocket socket, final UdpErrors errors) {
    this.errors = errors;
    this.socket = socket;
    side = socket.sides.first();
    execution = socket.engine.execution;
  }

  int send(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int flags,
      final int address,
      final int port,
      final @Nullable ControlData control) {
    if ((flags & ~SEND_FLAGS) != 0) {
      return refuseFlags(length);
    }
    if (!socket.sides.isBound()) {
      // Linux inet_send_prepare: whatever comes of the call, the socket has a port from here on.
      final int bound = socket.bindAny();
      if (bound != 0) {
        return bound; // -EAGAIN is that there is none; no wait would help
      }
    }
    final long timeoutNs = socket.sendTimeoutNs(flags);
    final long startNs = socket.startNs(timeoutNs);
    boolean looked = false;
    while (true) {
      final boolean more = gathers(flags);
      final int result =
          sendNow(buffer, array, ranges, offset, length, address, port, control, more);
      if (result >= 0 && timeoutNs != 0) {
        execution.turn();
      }
      if (result != -Errno.EAGAIN) {
        return result;
      }
      final int outcome =
          socket.retry(StackSocket.WRITE_EVENTS, Awaitable.AS_TOLD, timeoutNs, startNs, looked);
      if (outcome != 0) {
        return outcome;
      }
      looked = true;
    }
  }

  /** MSG_OOB and the like: in the order of Linux inet_sendmsg and udp_sendmsg. */
  private int refuseFlags(final int length) {
    final int bound = socket.sides.isBound() ? 0 : socket.bindAny();
    if (bound != 0) {
      return bound;
    }
    return length > LARGEST_LENGTH_BYTES ? -Errno.EMSGSIZE : -Errno.EOPNOTSUPP;
  }

  /**
   * Queues the datagram. Returns its length, -EAGAIN when it does not fit now, or -errno in the
   * order of Linux udp_sendmsg
   */
  private int sendNow(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final int address,
      final int port,
      final @Nullable ControlData control,
      final boolean more) {
    if (length > LARGEST_LENGTH_BYTES) {
      return -Errno.EMSGSIZE;
    }
    socket.sending.lock();
    try {
      // Linux udp_sendmsg: where the rest of a datagram goes is settled.
      final int refused = pendingBytes == NOTHING_PENDING ? aim(length, address, port, control) : 0;
      if (refused != 0) {
        return refused;
      }
      return more || pendingBytes != NOTHING_PENDING
          ? append(buffer, array, ranges, offset, length, more)
          : queue(buffer, array, ranges, offset, length);
    } finally {
      socket.sending.unlock();
    }
  }

  /**
   * As above, of the frame of a packet that is lent: queued itself; -EAGAIN also where there is
   * only room for a copy, or parts of a datagram are gathered.
   */
  int sendNow(
      final Packet packet,
      final LentPackets lender,
      final int flags,
      final int address,
      final int port) {
    final int bound = socket.sides.isBound() ? 0 : socket.bindAny();
    if (bound != 0) {
      return bound;
    }
    final int length = packet.length();
    socket.sending.lock();
    try {
      if (gathers(flags) || pendingBytes != NOTHING_PENDING) {
        return -Errno.EAGAIN;
      }
      final int aimed = aim(length, address, port, null);
      final int refused = aimed != 0 ? aimed : refuseToSend();
      if (refused != 0) {
        return refused;
      }
      if (lender != side.shard.lent) {
        return -Errno.EAGAIN; // a packet of another shard's pool can't leave here
      }
      final UdpEndpoint endpoint = endpoint();
      endpoint.keepOutgoing(lender);
      if (!endpoint.send(packet, target)) {
        return -Errno.EAGAIN;
      }
      side.ring(UdpStackSide.WRITTEN);
      return length;
    } finally {
      socket.sending.unlock();
    }
  }

  /** Whether what is sent so waits for more parts of its datagram. */
  private boolean gathers(final int flags) {
    return socket.cork || (flags & SocketOption.MSG_MORE) != 0;
  }

  /** Decides where a datagram goes, and how. Returns 0, or -errno. Under the sending lock. */
  private int aim(
      final int length, final int address, final int port, final @Nullable ControlData control) {
    final boolean named = port >= 0;
    if (named && (port == 0 || !StackSocket.isPort(port))) {
      return -Errno.EINVAL;
    }
    final long peer = socket.remote;
    if (!named && peer == 0) {
      return socket.isClosed() ? -Errno.EBADF : -Errno.EDESTADDRREQ;
    }
    target
        .to(
            named ? UdpSocket.toThisHost(address) : (int) (peer >> 16),
            named ? port : (int) (peer & 0xFFFF))
        .from(SocketOption.INADDR_ANY)
        .service(socket.typeOfService, socket.timeToLive);
    side = socket.sides.towards(target.address(), target.port());
    return refuseTarget(length, named, control);
  }

  /**
   * Adds a part to a datagram, which leaves when no more comes. What is wrong with one part loses
   * them all, as Linux udp_flush_pending_frames. Under the sending lock
   */
  private int append(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length,
      final boolean more) {
    final UdpEndpoint endpoint = endpoint();
    final int before = Math.max(0, pendingBytes);
    final int refused = refuseToSend();
    final Failure failure = endpoint.sendable(before + length, target);
    if (refused != 0 || failure != Failure.NONE) {
      pendingBytes = NOTHING_PENDING;
      if (refused == 0) {
        final int peerPort = socket.remote == 0 ? 0 : target.port();
        errors.refused(endpoint, failure, target.address(), peerPort);
      }
      return refused == 0 ? -Errno.of(failure) : refused;
    }
    final boolean stored =
        ranges != null
            ? endpoint.store(before, ranges, length)
            : buffer != null
                ? endpoint.store(before, buffer, offset, length)
                : endpoint.store(before, orNothing(array), offset, length);
    if (!stored) {
      return -Errno.EAGAIN;
    }
    pendingBytes = before + length;
    if (!more) {
      sendPending();
    }
    return length;
  }

  private void sendPending() {
    endpoint().sendStored(target, pendingBytes);
    pendingBytes = NOTHING_PENDING;
    side.ring(UdpStackSide.WRITTEN);
  }

  /** SO_SNDBUF. Under the sending lock. */
  void sendCapacity(final int bytes) {
    final UdpEndpoint endpoint = side.endpoint();
    if (endpoint != null) {
      endpoint.sendCapacity(bytes, Math.max(0, pendingBytes));
    }
    socket.sides.sendCapacity(bytes, side);
  }

  /** UDP_CORK is taken off: what is pending leaves. */
  void uncork() {
    socket.sending.lock();
    try {
      if (pendingBytes != NOTHING_PENDING && socket.refusal() == 0) {
        sendPending();
      }
    } finally {
      socket.sending.unlock();
    }
  }

  /** What is wrong with where it shall go, or how. Under the sending lock. */
  private int refuseTarget(
      final int length, final boolean named, final @Nullable ControlData control) {
    final UdpEndpoint endpoint = endpoint();
    final int interfaceIndex = control == null ? 0 : SendControl.ofDatagram(control, target);
    if (interfaceIndex < 0) {
      return interfaceIndex;
    }
    final int from = target.localAddress();
    if (from != SocketOption.INADDR_ANY && !endpoint.isLocal(from)) {
      return -Errno.ENETUNREACH;
    }
    if (interfaceIndex > ReceiveControl.LINK_INDEX) {
      return -Errno.ENODEV;
    }
    final boolean inside = endpoint.isInside(target.address());
    final Failure failure = endpoint.sendable(length, target);
    if (failure == Failure.NETWORK_UNREACHABLE
        || (interfaceIndex == ReceiveControl.LOOPBACK_INDEX && !inside)
        || (interfaceIndex == ReceiveControl.LINK_INDEX && inside)) {
      return -Errno.ENETUNREACH;
    }
    // A connected socket has been asked that before.
    final boolean anew = named || (control != null && control.lengthBytes() > 0);
    if (anew && !socket.broadcast && endpoint.isBroadcast(target.address())) {
      return -Errno.EACCES;
    }
    errors.refused(endpoint, failure, target.address(), named ? 0 : target.port());
    return -Errno.of(failure);
  }

  private UdpEndpoint endpoint() {
    return Objects.requireNonNull(side.endpoint());
  }

  private int refuseToSend() {
    final int refusal = socket.refusal();
    if (refusal != 0) {
      return refusal;
    }
    final int error = socket.takeError();
    if (error != 0) {
      return -error;
    }
    return (socket.shut & StackSocket.SHUT_SEND) != 0 ? -Errno.EPIPE : 0;
  }

  private int queue(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length) {
    final int refused = refuseToSend();
    if (refused != 0) {
      return refused;
    }
    if (!put(buffer, array, ranges, offset, length)) {
      return -Errno.EAGAIN;
    }
    side.ring(UdpStackSide.WRITTEN);
    return length;
  }

  /** Of the two buffers and the ranges, one is not null; false when there is no room now. */
  private boolean put(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final @Nullable ByteRanges ranges,
      final int offset,
      final int length) {
    final UdpEndpoint endpoint = endpoint();
    if (ranges != null) {
      return endpoint.send(ranges, length, target);
    }
    return buffer != null
        ? endpoint.send(buffer, offset, length, target)
        : endpoint.send(orNothing(array), offset, length, target);
  }

  /** Neither buffer is given for a datagram without bytes. */
  static byte[] orNothing(final byte @Nullable [] array) {
    return array == null ? StackSocket.NOTHING : array;
  }
}
