package io.ustack.apps.bench;

import io.ustack.posix.Epoll;
import io.ustack.posix.EpollEvents;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.nio.ByteBuffer;

/**
 * Connections per second: connect, 64 bytes there, 64 bytes back, reset. The reset is what close
 * does while the answer is unread; it keeps both ends free of TIME_WAIT, as the peers' figures have
 * it.
 */
final class ConnectLoad implements Load {
  private static final int MESSAGE_BYTES = 64;
  private static final int EVENTS = 256;

  private final Posix posix;
  private final int serverAddress;
  private final int parallel;
  private final int epoll;
  private final EpollEvents events = new EpollEvents(EVENTS);
  private final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
  private boolean[] open = new boolean[256];
  private long operations;

  ConnectLoad(final Posix posix, final int serverAddress, final int parallel) {
    this.posix = posix;
    this.serverAddress = serverAddress;
    this.parallel = parallel;
    epoll = Check.call("epoll_create1", posix.epoll_create1(0));
  }

  @Override
  public void open() {
    for (int i = 0; i < parallel; i++) {
      connect();
    }
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  private void connect() {
    final int fd =
        Check.call("socket", posix.socket(SocketOption.AF_INET, BenchService.stream(), 0));
    final int result = posix.connect(fd, serverAddress, BenchService.ECHO_PORT);
    if (result != -Errno.EINPROGRESS) {
      Check.call("connect", result);
    }
    if (fd >= open.length) {
      open = java.util.Arrays.copyOf(open, 2 * fd);
    }
    open[fd] = true;
    posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLOUT, fd);
  }

  @Override
  public void step(final int timeoutMs) {
    final int ready = posix.epoll_wait(epoll, events, EVENTS, timeoutMs);
    for (int i = 0; i < ready; i++) {
      final int fd = (int) events.data(i);
      final int bits = events.events(i);
      if ((bits & (Epoll.EPOLLERR | Epoll.EPOLLHUP)) != 0) {
        throw new IllegalStateException("a connection broke: " + Epoll.describe(bits));
      }
      if ((bits & Epoll.EPOLLOUT) != 0) {
        posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_MOD, fd, Epoll.EPOLLIN, fd);
        Check.call("send", posix.send(fd, message, 0, MESSAGE_BYTES, 0));
      } else {
        posix.close(fd);
        open[fd] = false;
        operations++;
        connect();
      }
    }
  }

  @Override
  public long operations() {
    return operations;
  }

  @Override
  public void close() {
    for (int fd = 0; fd < open.length; fd++) {
      if (open[fd]) {
        posix.close(fd);
      }
    }
    posix.close(epoll);
  }
}
