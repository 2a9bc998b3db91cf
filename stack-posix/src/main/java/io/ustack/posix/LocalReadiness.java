package io.ustack.posix;

/** What an end of a pair is ready for, as Linux unix_poll and unix_dgram_poll have it. */
final class LocalReadiness {
  private LocalReadiness() {}

  static int of(final LocalSocket socket) {
    final int shutdown = socket.shut;
    int events = socket.hasError() ? Epoll.EPOLLERR : 0;
    if (shutdown == StackSocket.SHUT_BOTH) {
      events |= Epoll.EPOLLHUP;
    }
    if ((shutdown & StackSocket.SHUT_RECEIVE) != 0) {
      events |= Epoll.READ_KEY | Epoll.EPOLLRDHUP;
    }
    if (!socket.queue.isEmpty()) {
      events |= Epoll.READ_KEY;
    }
    final LocalSocket other = socket.peer();
    return other.isClosed() || other.queue.isRoomy() ? events | UdpSocket.WRITE_KEY : events;
  }

  /** Who waits to send a message waits for room for that one, not for some room. */
  static boolean canSend(final LocalSocket socket, final int bytes) {
    final LocalSocket other = socket.peer();
    return (socket.shut & StackSocket.SHUT_SEND) != 0
        || (other.shut & StackSocket.SHUT_RECEIVE) != 0
        || other.isClosed()
        || socket.disconnected
        || bytes > other.queue.longest()
        || other.queue.fits(bytes);
  }
}
