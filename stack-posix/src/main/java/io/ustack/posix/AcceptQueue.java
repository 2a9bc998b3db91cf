package io.ustack.posix;

import org.jspecify.annotations.Nullable;

/** accept(2) of a {@link TcpSocket}: the application's end of the connections that wait for it. */
final class AcceptQueue {
  private final TcpSocket socket;
  private final TcpStackSide stackSide;

  /** Reused, under the control lock. */
  private @Nullable TcpCall call;

  AcceptQueue(final TcpSocket socket, final TcpStackSide stackSide) {
    this.socket = socket;
    this.stackSide = stackSide;
  }

  /**
   * The waiting part of accept(2): until {@link #take()} may find something.
   *
   * @param timeoutNs how long the call may wait since {@code startNs}; 0 for not at all
   * @return 0, -EAGAIN, -EINVAL when it does not listen, -EINTR, -EBADF, -EIO
   */
  int await(final long timeoutNs, final long startNs) {
    boolean looked = false;
    while (true) {
      final int refusal = socket.refusal();
      if (refusal != 0) {
        return refusal;
      }
      if (!socket.isListening()) {
        return -Errno.EINVAL;
      }
      if (stackSide.isAcceptable()) {
        return 0;
      }
      final int outcome =
          socket.retry(StackSocket.READ_EVENTS, Awaitable.AS_TOLD, timeoutNs, startNs, looked);
      if (outcome != 0) {
        wakeNext();
        return outcome;
      }
      looked = true;
    }
  }

  /** Takes the connection that has waited longest; null when there is none (any more). */
  @Nullable TcpSocket take() {
    socket.control.lock();
    try {
      if (socket.isClosed()) {
        return null;
      }
      TcpCall accept = call;
      if (accept == null) {
        accept = new TcpCall(stackSide, TcpCall.Kind.ACCEPT, 0, 0);
        call = accept;
      }
      stackSide.shard.call(accept);
      wakeNext();
      return accept.takeAccepted();
    } finally {
      socket.control.unlock();
    }
  }

  /** One thread is woken per connection; it hands on what it does not take. */
  private void wakeNext() {
    if (stackSide.isAcceptable()) {
      socket.wakeNextReader();
    }
  }
}
