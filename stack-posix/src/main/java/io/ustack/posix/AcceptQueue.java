package io.ustack.posix;

import org.jspecify.annotations.Nullable;

/** accept(2) of a {@link TcpSocket}: the application's end of the connections that wait for it. */
final class AcceptQueue {
  private AcceptQueue() {}

  /**
   * The waiting part of accept(2): until {@link #take} may find something.
   *
   * @param timeoutNs how long the call may wait since {@code startNs}; 0 for not at all
   * @return 0, -EAGAIN, -EINVAL when it does not listen, -EINTR, -EBADF, -EIO
   */
  static int await(final TcpSocket socket, final long timeoutNs, final long startNs) {
    boolean looked = false;
    while (true) {
      final int refusal = socket.refusal();
      if (refusal != 0) {
        return refusal;
      }
      if (!socket.isListening()) {
        return -Errno.EINVAL;
      }
      if (TcpSides.isAcceptable(socket)) {
        return 0;
      }
      final int outcome =
          socket.retry(StackSocket.READ_EVENTS, Awaitable.AS_TOLD, timeoutNs, startNs, looked);
      if (outcome != 0) {
        wakeNext(socket);
        return outcome;
      }
      looked = true;
    }
  }

  /** Takes the connection that has waited longest; null when there is none (any more). */
  static @Nullable TcpSocket take(final TcpSocket socket) {
    socket.control.lock();
    try {
      if (socket.isClosed()) {
        return null;
      }
      TcpCall accept = socket.acceptCall;
      if (accept == null) {
        accept = new TcpCall(socket.stackSide, TcpCall.Kind.ACCEPT, 0, 0);
        socket.acceptCall = accept;
      }
      final TcpSocket accepted = TcpSides.accept(socket, accept);
      wakeNext(socket);
      return accepted;
    } finally {
      socket.control.unlock();
    }
  }

  /** One thread is woken per connection; it hands on what it does not take. */
  private static void wakeNext(final TcpSocket socket) {
    if (TcpSides.isAcceptable(socket)) {
      socket.wakeNextReader();
    }
  }
}
