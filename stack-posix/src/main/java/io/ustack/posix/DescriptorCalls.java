package io.ustack.posix;

import org.jspecify.annotations.Nullable;

/** {@link Posix}: descriptors come, change and go. */
abstract class DescriptorCalls {
  final SocketEngine engine;
  final FdTable table;

  DescriptorCalls(final SocketEngine engine, final int descriptors) {
    this.engine = engine;
    table = new FdTable(descriptors, engine.execution.newLock());
  }

  /**
   * socket(2).
   *
   * @param domain AF_INET, else -EAFNOSUPPORT
   * @param type SOCK_STREAM or SOCK_DGRAM, with SOCK_NONBLOCK and SOCK_CLOEXEC or without; -EINVAL,
   *     -ESOCKTNOSUPPORT
   * @param protocol 0 or what goes with the type, else -EPROTONOSUPPORT
   * @return the lowest free descriptor, or -EMFILE
   */
  public int socket(final int domain, final int type, final int protocol) {
    final int refusal = SocketKind.refuse(domain, type, protocol);
    if (refusal != 0) {
      return refusal;
    }
    final int fd = table.reserve();
    if (fd < 0) {
      return fd;
    }
    final StackSocket socket = SocketKind.isStream(type) ? engine.tcpSocket() : engine.udpSocket();
    socket.nonBlocking((type & SocketOption.SOCK_NONBLOCK) != 0);
    return publish(fd, socket);
  }

  /**
   * close(2): the descriptor is free at once, the connection ends in the background. Returns 0,
   * -EBADF
   */
  public int close(final int fd) {
    final Pollable pollable = table.remove(fd);
    return pollable == null ? -Errno.EBADF : pollable.close();
  }

  /**
   * fcntl(2): F_GETFL (O_RDWR, O_NONBLOCK) and F_SETFL (O_NONBLOCK; other flags change nothing).
   * Returns flags or 0, -EINVAL, -EBADF
   */
  public int fcntl(final int fd, final int command, final int argument) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    return pollable.control(command, argument);
  }

  /** Gives a reserved number its meaning. Returns it, or -EMFILE when the table was closed. */
  final int publish(final int fd, final Pollable pollable) {
    if (table.publish(fd, pollable)) {
      return fd;
    }
    pollable.close();
    return -Errno.EMFILE;
  }

  /** Callers without a null checker pass null all the same. */
  static boolean isNull(final @Nullable Object argument) {
    return argument == null;
  }
}
