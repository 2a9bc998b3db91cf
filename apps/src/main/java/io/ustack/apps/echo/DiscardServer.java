package io.ustack.apps.echo;

import io.ustack.apps.Acceptor;
import io.ustack.apps.EventHandler;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import java.io.IOException;

/** Reads what comes on TCP connections and says nothing (RFC 863). */
public final class DiscardServer implements AutoCloseable {
  private static final int MOST_CONNECTIONS = 100_000;

  private final Posix posix;
  private final EventLoop loop;
  private final Acceptor acceptor;
  private final byte[] chunk = new byte[1 << 16];

  /**
   * Listens on {@code port} of every address.
   *
   * @throws IOException in one line, when the port is taken
   */
  public DiscardServer(final Posix posix, final EventLoop loop, final int port) throws IOException {
    this.posix = posix;
    this.loop = loop;
    acceptor =
        new Acceptor(
            posix,
            loop,
            port,
            MOST_CONNECTIONS,
            (fd, nowNs) -> loop.add(fd, Epoll.EPOLLIN, reader(fd)));
  }

  private EventHandler reader(final int fd) {
    return (events, nowNs) -> {
      final int received = posix.recv(fd, chunk, 0, chunk.length, 0);
      if (received <= 0 && received != -Errno.EAGAIN) {
        loop.close(fd);
        acceptor.closed();
      }
    };
  }

  /** Stops to listen; the connections are closed with the {@link Posix}. */
  @Override
  public void close() {
    acceptor.close();
  }
}
