package io.ustack.posix;

/** The calls of ustack. */
record StackCalls(Posix posix) implements SocketCalls {
  @Override
  public int socket(final int domain, final int type, final int protocol) {
    return posix.socket(domain, type, protocol);
  }

  @Override
  public int close(final int fd) {
    return posix.close(fd);
  }

  @Override
  public int fcntl(final int fd, final int command, final int argument) {
    return posix.fcntl(fd, command, argument);
  }

  @Override
  public int bind(final int fd, final int address, final int port) {
    return posix.bind(fd, address, port);
  }

  @Override
  public int listen(final int fd, final int backlog) {
    return posix.listen(fd, backlog);
  }

  @Override
  public int accept4(final int fd, final SocketAddress4 peer, final int flags) {
    return posix.accept4(fd, peer, flags);
  }

  @Override
  public int connect(final int fd, final int address, final int port) {
    return posix.connect(fd, address, port);
  }

  @Override
  public int disconnect(final int fd) {
    return posix.disconnect(fd);
  }

  @Override
  public int shutdown(final int fd, final int how) {
    return posix.shutdown(fd, how);
  }

  @Override
  public int getsockname(final int fd, final SocketAddress4 address) {
    return posix.getsockname(fd, address);
  }

  @Override
  public int getpeername(final int fd, final SocketAddress4 address) {
    return posix.getpeername(fd, address);
  }

  @Override
  public int setsockopt(final int fd, final int level, final int option, final int value) {
    return posix.setsockopt(fd, level, option, value);
  }

  @Override
  public int getsockopt(final int fd, final int level, final int option) {
    return posix.getsockopt(fd, level, option);
  }

  @Override
  public int send(final int fd, final byte[] data, final int length, final int flags) {
    return posix.send(fd, data, 0, length, flags);
  }

  @Override
  public int sendto(
      final int fd,
      final byte[] data,
      final int length,
      final int flags,
      final int address,
      final int port) {
    return posix.sendto(fd, data, 0, length, flags, address, port);
  }

  @Override
  public int recv(final int fd, final byte[] into, final int length, final int flags) {
    return posix.recv(fd, into, 0, length, flags);
  }

  @Override
  public int recvfrom(
      final int fd,
      final byte[] into,
      final int length,
      final int flags,
      final SocketAddress4 source) {
    return posix.recvfrom(fd, into, 0, length, flags, source);
  }

  @Override
  public int epollCreate(final int flags) {
    return posix.epoll_create1(flags);
  }

  @Override
  public int epollCtl(
      final int epfd, final int op, final int fd, final int events, final long data) {
    return posix.epoll_ctl(epfd, op, fd, events, data);
  }

  @Override
  public int epollWait(
      final int epfd, final EpollEvents events, final int maxEvents, final int timeoutMs) {
    return posix.epoll_wait(epfd, events, maxEvents, timeoutMs);
  }
}
