package io.ustack.posix;

/** The calls that can be made of both the kernel and ustack; results or {@code -errno}. */
interface SocketCalls extends MessageSocketCalls {
  int socket(int domain, int type, int protocol);

  int close(int fd);

  int socketpair(int domain, int type, int protocol, int[] fds);

  int eventfd(int initial, int flags);

  int timerfdCreate(int clock, int flags);

  int timerfdSettime(int fd, int flags, long valueNs, long intervalNs, TimerSpec old);

  int timerfdGettime(int fd, TimerSpec now);

  int dup(int fd);

  int dup2(int fd, int target);

  int dup3(int fd, int target, int flags);

  int fcntl(int fd, int command, int argument);

  /** What the request asks for is the result. */
  int ioctl(int fd, int request, int argument);

  int read(int fd, byte[] into, int length);

  int write(int fd, byte[] data, int length);

  int bind(int fd, int address, int port);

  int listen(int fd, int backlog);

  int accept4(int fd, SocketAddress4 peer, int flags);

  int connect(int fd, int address, int port);

  int disconnect(int fd);

  int shutdown(int fd, int how);

  int getsockname(int fd, SocketAddress4 address);

  int getpeername(int fd, SocketAddress4 address);

  int setsockopt(int fd, int level, int option, int value);

  int getsockopt(int fd, int level, int option);

  /** With a value of so many bytes, numbers in the machine's order. */
  int setsockopt(int fd, int level, int option, byte[] value, int length);

  /** Into so many bytes. Returns how many were written. */
  int getsockopt(int fd, int level, int option, byte[] into, int length);

  int send(int fd, byte[] data, int length, int flags);

  int sendto(int fd, byte[] data, int length, int flags, int address, int port);

  int recv(int fd, byte[] into, int length, int flags);

  int recvfrom(int fd, byte[] into, int length, int flags, SocketAddress4 source);

  int poll(PollFds fds, int count, int timeoutMs);

  int select(int end, FdSet reads, FdSet writes, FdSet excepts, long timeoutNs);

  int epollCreate(int flags);

  int epollCtl(int epfd, int op, int fd, int events, long data);

  int epollWait(int epfd, EpollEvents events, int maxEvents, int timeoutMs);

  /** How many ways datagrams of one socket go, on each of which they stay in order. */
  default int ways() {
    return 1;
  }

  /** Which of them a bound UDP socket's go to a port of this host. */
  default int way(final int sender, final int port) {
    return 0;
  }
}
