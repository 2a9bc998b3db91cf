package io.ustack.posix;

/** The calls that can be made of both the kernel and ustack; results or {@code -errno}. */
interface SocketCalls {
  int socket(int domain, int type, int protocol);

  int close(int fd);

  int fcntl(int fd, int command, int argument);

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

  int send(int fd, byte[] data, int length, int flags);

  int sendto(int fd, byte[] data, int length, int flags, int address, int port);

  int recv(int fd, byte[] into, int length, int flags);

  int recvfrom(int fd, byte[] into, int length, int flags, SocketAddress4 source);

  int epollCreate(int flags);

  int epollCtl(int epfd, int op, int fd, int events, long data);

  int epollWait(int epfd, EpollEvents events, int maxEvents, int timeoutMs);
}
