package io.ustack.posix;

import io.ustack.buffer.Packet;

/** The datagrams that a {@link UdpSocket} sends in packets that are lent. */
final class UdpLending {
  private static final int FLAGS = SocketOption.MSG_DONTWAIT | SocketOption.MSG_NOSIGNAL;

  private final UdpSocket socket;
  private final UdpTransfer transfer;

  UdpLending(final UdpSocket socket, final UdpTransfer transfer) {
    this.socket = socket;
    this.transfer = transfer;
  }

  /** The packet goes as it is, unless parts of a datagram are being gathered. */
  int send(
      final LoanMemory loan, final int length, final int flags, final int address, final int port) {
    if ((flags & ~(FLAGS | SocketOption.MSG_MORE)) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    final boolean more = socket.cork || (flags & SocketOption.MSG_MORE) != 0;
    return more || !loan.isPacket()
        ? copy(loan, length, flags, address, port)
        : sendPacket(loan, length, flags, address, port);
  }

  private int copy(
      final LoanMemory loan, final int length, final int flags, final int address, final int port) {
    final int sent =
        transfer.send(loan.source(), null, null, loan.offset(), length, flags, address, port, null);
    if (sent == length) {
      loan.giveBack();
    }
    return sent;
  }

  private int sendPacket(
      final LoanMemory loan, final int length, final int flags, final int address, final int port) {
    final Packet packet = loan.surrender();
    if (packet == null) {
      return -Errno.EINVAL; // another thread was faster
    }
    final int whole = packet.length();
    packet.trim(length);
    final int sent = sendPacket(packet, flags, address, port);
    if (sent < 0) {
      packet.place(packet.offset(), whole);
      loan.hold(packet);
    }
    return sent;
  }

  private int sendPacket(final Packet packet, final int flags, final int address, final int port) {
    final long timeoutNs = socket.sendTimeoutNs(flags);
    final long startNs = socket.startNs(timeoutNs);
    boolean looked = false;
    while (true) {
      final int result = transfer.sendNow(packet, address, port);
      if (result >= 0 && timeoutNs != 0) {
        socket.engine.execution.turn();
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
}
