package io.ustack.apps.bench;

import io.ustack.posix.Epoll;
import io.ustack.posix.EpollEvents;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.nio.ByteBuffer;

/** Sockets of this stack, by epoll. */
final class PosixSockets implements Sockets {
  private static final int EVENTS = 256;
  private static final int BACKLOG = 4096;
  private static final int STREAM = SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK;

  private final Posix posix;
  private final int serverAddress;
  private final int epoll;
  private final EpollEvents events = new EpollEvents(EVENTS);

  PosixSockets(final Posix posix, final int serverAddress) {
    this.posix = posix;
    this.serverAddress = serverAddress;
    epoll = Check.call("epoll_create1", posix.epoll_create1(0));
  }

  @Override
  public int listen(final int port) {
    final int fd = socket();
    Check.call("bind", posix.bind(fd, SocketOption.INADDR_ANY, port));
    Check.call("listen", posix.listen(fd, BACKLOG));
    watch(Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLIN);
    return fd;
  }

  @Override
  public int accept(final int listener) {
    final int fd = posix.accept4(listener, null, SocketOption.SOCK_NONBLOCK);
    if (fd < 0) {
      return AGAIN;
    }
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    watch(Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLIN);
    return fd;
  }

  @Override
  public int connect(final int port) {
    final int fd = socket();
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    final int result = posix.connect(fd, serverAddress, port);
    if (result != -Errno.EINPROGRESS) {
      Check.call("connect", result);
    }
    watch(Epoll.EPOLL_CTL_ADD, fd, Epoll.EPOLLOUT);
    return fd;
  }

  private int socket() {
    return Check.call("socket", posix.socket(SocketOption.AF_INET, STREAM, 0));
  }

  private void watch(final int operation, final int fd, final int bits) {
    Check.call("epoll_ctl", posix.epoll_ctl(epoll, operation, fd, bits, fd));
  }

  @Override
  public int await(final int timeoutMs) {
    return Math.max(0, posix.epoll_wait(epoll, events, EVENTS, timeoutMs));
  }

  @Override
  public int ready(final int index) {
    return (int) events.data(index);
  }

  @Override
  public boolean isWritable(final int index) {
    return (events.events(index) & Epoll.EPOLLOUT) != 0;
  }

  @Override
  public void expectToRead(final int descriptor) {
    watch(Epoll.EPOLL_CTL_MOD, descriptor, Epoll.EPOLLIN);
  }

  @Override
  public void expectToWrite(final int descriptor) {
    watch(Epoll.EPOLL_CTL_MOD, descriptor, Epoll.EPOLLOUT);
  }

  @Override
  public int send(final int descriptor, final ByteBuffer from, final int lengthBytes) {
    return taken("send", posix.send(descriptor, from, 0, lengthBytes, 0));
  }

  @Override
  public int receive(final int descriptor, final ByteBuffer into, final int maxBytes) {
    return taken("recv", posix.recv(descriptor, into, 0, maxBytes, 0));
  }

  private static int taken(final String call, final int result) {
    return switch (-result) {
      case Errno.EAGAIN -> AGAIN;
      case Errno.ECONNRESET, Errno.EPIPE -> 0;
      default -> Check.call(call, result);
    };
  }

  @Override
  public void close(final int descriptor) {
    posix.close(descriptor);
  }

  @Override
  public void close() {
    posix.close();
  }
}
