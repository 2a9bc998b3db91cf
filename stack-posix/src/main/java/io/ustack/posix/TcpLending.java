package io.ustack.posix;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketRing;

/** The stream of a {@link TcpSocket} in packets that are lent. */
final class TcpLending {
  private static final int FLAGS = SocketOption.MSG_DONTWAIT | SocketOption.MSG_NOSIGNAL;

  /** The most that is copied where no packet could be lent. */
  private static final int COPY_BYTES = 16 << 10;

  private final TcpSocket socket;
  private final TcpTransfer transfer;

  TcpLending(final TcpSocket socket, final TcpTransfer transfer) {
    this.socket = socket;
    this.transfer = transfer;
  }

  int receive(final LoanMemory loan, final int flags) {
    if ((flags & ~FLAGS) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    final long timeoutNs = socket.receiveTimeoutNs(flags);
    final long startNs = socket.startNs(timeoutNs);
    boolean looked = false;
    while (true) {
      final int result = transfer.lendNow(loan);
      if (result != -Errno.EAGAIN) {
        return result;
      }
      final int outcome = socket.retry(StackSocket.READ_EVENTS, 1, timeoutNs, startNs, looked);
      if (outcome != 0) {
        return outcome;
      }
      looked = true;
    }
  }

  /**
   * What lies in front of the receive buffer, of which {@code there} bytes are seen; it is
   * consumed.
   */
  static int take(final PacketRing ring, final LoanMemory loan, final int there) {
    final Packet packet = ring.take(0);
    if (packet != null) {
      loan.hold(packet);
      return packet.length();
    }
    return copy(ring, loan, Math.min(there, ring.runBeforePacket(0)));
  }

  /** Copies and consumes up to so many bytes, be they in a packet or not. */
  static int copy(final PacketRing ring, final LoanMemory loan, final int most) {
    final int count = Math.min(COPY_BYTES, most);
    ring.peek(0, loan.room(count), 0, count);
    if (ring.isRetired()) {
      return 0;
    }
    ring.discard(count);
    loan.holdCopy(count);
    return count;
  }

  /** The packet goes into the send buffer if there is room for all of it, else its bytes. */
  int send(final LoanMemory loan, final int length, final int flags) {
    if ((flags & ~(FLAGS | SocketOption.MSG_MORE)) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    final Packet packet = loan.surrender();
    if (packet != null) {
      final int whole = packet.length();
      packet.trim(length);
      final int sent = transfer.sendNow(packet, flags);
      if (sent >= 0) {
        return sent;
      }
      packet.place(packet.offset(), whole);
      loan.hold(packet);
      if (sent != -Errno.EAGAIN) {
        return sent;
      }
    }
    final int sent = transfer.send(loan.source(), null, null, loan.offset(), length, flags);
    if (sent == length) {
      loan.giveBack();
    }
    return sent;
  }
}
