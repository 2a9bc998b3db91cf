package io.ustack.posix;

import io.ustack.buffer.Packet;
import org.jspecify.annotations.Nullable;

/** Receiving and sending in packets that are lent, of whichever kind a socket is. */
final class Lending {
  private static final int FLAGS = SocketOption.MSG_DONTWAIT | SocketOption.MSG_NOSIGNAL;

  private Lending() {}

  /** See {@link Posix#recvLend(int, Loan, int, SocketAddress4)}; the loan holds nothing. */
  static int receive(
      final StackSocket socket,
      final LoanMemory loan,
      final int flags,
      final @Nullable SocketAddress4 source) {
    if ((flags & ~FLAGS) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    final long timeoutNs = socket.receiveTimeoutNs(flags);
    final long startNs = socket.startNs(timeoutNs);
    boolean looked = false;
    while (true) {
      final int result = socket.lendNow(loan, source);
      if (result != -Errno.EAGAIN) {
        return result;
      }
      if (timeoutNs != 0 && (socket.shut & StackSocket.SHUT_RECEIVE) != 0) {
        return 0;
      }
      final int outcome = socket.retry(StackSocket.READ_EVENTS, 1, timeoutNs, startNs, looked);
      if (outcome != 0) {
        return outcome;
      }
      looked = true;
    }
  }

  /** See {@link Posix#sendClaim}; the loan holds nothing, the length is above 0. */
  static int claim(final StackSocket socket, final LoanMemory loan, final int length) {
    final int refusal = socket.refusal();
    final int claimed = refusal == 0 ? socket.claimable(length) : refusal;
    if (claimed < 0) {
      return claimed;
    }
    final Shard shard = socket.shard(); // once: it may connect on another one meanwhile
    final Packet packet = shard.stock.claim();
    if (packet == null) {
      return socket.engine.execution.isOver() ? -Errno.EIO : -Errno.ENOBUFS;
    }
    packet.append(claimed);
    loan.hold(packet, shard.lent);
    return claimed;
  }

  /**
   * See {@link Posix#sendLent(int, Loan, int, int, int, int)}; the length is one it may have. The
   * packet goes if it can go at once; else its bytes are sent as those of any buffer.
   */
  static int send(
      final StackSocket socket,
      final LoanMemory loan,
      final int length,
      final int flags,
      final int address,
      final int port) {
    if ((flags & ~(FLAGS | SocketOption.MSG_MORE)) != 0) {
      return -Errno.EOPNOTSUPP;
    }
    final Packet packet = loan.surrender();
    if (packet != null) {
      final int whole = packet.length();
      packet.trim(length);
      final int sent = socket.sendNow(packet, loan.lender(), flags, address, port);
      if (sent >= 0) {
        if (socket.sendTimeoutNs(flags) != 0) {
          socket.engine.execution.turn();
        }
        return sent;
      }
      packet.place(packet.offset(), whole);
      loan.hold(packet, loan.lender());
      if (sent != -Errno.EAGAIN) {
        return sent;
      }
    }
    final int sent = socket.send(loan.source(), null, loan.offset(), length, flags, address, port);
    if (sent == length) {
      loan.giveBack();
    }
    return sent;
  }
}
