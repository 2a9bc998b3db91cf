package io.ustack.apps;

import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;

/** Non-blocking sockets on a port of every address. */
public final class BoundSocket {
  private BoundSocket() {}

  /**
   * A socket on {@code port}.
   *
   * @param type SOCK_STREAM or SOCK_DGRAM
   * @return its descriptor
   * @throws IOException in one line, when the port is taken
   */
  public static int open(final Posix posix, final int type, final int port) throws IOException {
    final int fd = posix.socket(SocketOption.AF_INET, type | SocketOption.SOCK_NONBLOCK, 0);
    if (fd < 0) {
      throw failure("open a socket", fd);
    }
    posix.setsockopt(fd, SocketOption.SOL_SOCKET, SocketOption.SO_REUSEADDR, 1);
    final int result = posix.bind(fd, SocketOption.INADDR_ANY, port);
    if (result < 0) {
      posix.close(fd);
      throw failure("bind port " + port, result);
    }
    return fd;
  }

  static IOException failure(final String what, final int errno) {
    return new IOException("can't " + what + ": " + Errno.name(errno));
  }
}
