package io.ustack.apps.bench;

import io.ustack.posix.Epoll;
import io.ustack.posix.EpollEvents;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.nio.ByteBuffer;

/** The server's side of every cell: port 7 echoes, port 9 discards. One thread, epoll, INLINE. */
final class BenchService {
  static final int ECHO_PORT = 7;
  static final int DISCARD_PORT = 9;

  private static final int BACKLOG = 4096;
  private static final int EVENTS = 256;
  private static final int BUFFER_BYTES = 64 << 10;

  private static final long LISTENER = 1L << 32;
  private static final long DISCARDS = 1L << 33;

  private final Posix posix;
  private final int epoll;
  private final EpollEvents events = new EpollEvents(EVENTS);
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  BenchService(final Posix posix) {
    this.posix = posix;
    epoll = Check.call("epoll_create1", posix.epoll_create1(0));
    listen(ECHO_PORT, LISTENER);
    listen(DISCARD_PORT, LISTENER | DISCARDS);
  }

  private void listen(final int port, final long kind) {
    final int fd = Check.call("socket", posix.socket(SocketOption.AF_INET, stream(), 0));
    Check.call("bind", posix.bind(fd, SocketOption.INADDR_ANY, port));
    Check.call("listen", posix.listen(fd, BACKLOG));
    Check.call(
        "epoll_ctl", posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLIN, kind | fd));
  }

  static int stream() {
    return SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK;
  }

  /** Waits for events and serves them. */
  void step(final int timeoutMs) {
    final int ready = posix.epoll_wait(epoll, events, EVENTS, timeoutMs);
    for (int i = 0; i < ready; i++) {
      final long data = events.data(i);
      final int fd = (int) data;
      if ((data & LISTENER) != 0) {
        acceptAll(fd, data & DISCARDS);
      } else if ((data & DISCARDS) != 0) {
        discard(fd);
      } else {
        echo(fd);
      }
    }
  }

  private void acceptAll(final int listener, final long kind) {
    int fd = posix.accept4(listener, null, SocketOption.SOCK_NONBLOCK);
    while (fd >= 0) {
      posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
      posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLIN, kind | fd);
      fd = posix.accept4(listener, null, SocketOption.SOCK_NONBLOCK);
    }
  }

  /**
   * Messages here are far smaller than the send buffer; one that does not fit ends the connection.
   */
  private void echo(final int fd) {
    final int count = posix.recv(fd, buffer, 0, BUFFER_BYTES, 0);
    if (count > 0) {
      if (posix.send(fd, buffer, 0, count, 0) != count) {
        posix.close(fd);
      }
    } else if (count != -Errno.EAGAIN) {
      posix.close(fd);
    }
  }

  private void discard(final int fd) {
    int count = posix.recv(fd, buffer, 0, BUFFER_BYTES, 0);
    while (count > 0) {
      count = count == BUFFER_BYTES ? posix.recv(fd, buffer, 0, BUFFER_BYTES, 0) : -Errno.EAGAIN;
    }
    if (count != -Errno.EAGAIN) {
      posix.close(fd);
    }
  }
}
