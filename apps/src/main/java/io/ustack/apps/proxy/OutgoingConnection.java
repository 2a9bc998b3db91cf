package io.ustack.apps.proxy;

import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;

/** Connections to targets, begun and not waited for: EPOLLOUT or EPOLLERR tell the outcome. */
final class OutgoingConnection {
  private final Posix posix;
  private final int timeoutMs;

  /**
   * Connections that are given up when they are not there after so long.
   *
   * @param timeoutMs more than 0
   */
  OutgoingConnection(final Posix posix, final int timeoutMs) {
    this.posix = posix;
    this.timeoutMs = timeoutMs;
  }

  /** Begins to connect. Returns a non-blocking descriptor, or {@code -errno} */
  int begin(final TargetAddress target) {
    final int type = SocketOption.SOCK_STREAM | SocketOption.SOCK_NONBLOCK;
    final int fd = posix.socket(SocketOption.AF_INET, type, 0);
    if (fd < 0) {
      return fd;
    }
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_NODELAY, 1);
    // The SYN is repeated no longer than this (tcp(7)).
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_USER_TIMEOUT, timeoutMs);
    final int result = posix.connect(fd, target.address(), target.port());
    if (result == 0 || result == -Errno.EINPROGRESS) {
      return fd;
    }
    posix.close(fd);
    return result;
  }

  /** What has become of one that was begun: it stands, from now on without the time limit. */
  boolean stands(final int fd) {
    if (posix.getsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_ERROR) != 0) {
      return false;
    }
    posix.setsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_USER_TIMEOUT, 0);
    return true;
  }
}
