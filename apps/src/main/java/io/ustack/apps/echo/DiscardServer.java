package io.ustack.apps.echo;

import io.ustack.apps.Acceptor;
import io.ustack.apps.ConnectionLimits;
import io.ustack.apps.EventLoop;
import io.ustack.apps.ServedConnection;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import java.io.IOException;

/** Reads what comes on TCP connections and says nothing (RFC 863). */
public final class DiscardServer implements AutoCloseable {
  private final Posix posix;
  private final EventLoop loop;
  private final Acceptor acceptor;
  private final byte[] chunk = new byte[1 << 16];

  /**
   * Listens on {@code port} of every address.
   *
   * @throws IOException in one line, when the port is taken
   */
  public DiscardServer(
      final Posix posix, final EventLoop loop, final ConnectionLimits limits, final int port)
      throws IOException {
    this.posix = posix;
    this.loop = loop;
    acceptor = new Acceptor(posix, loop, port, limits, Connection::new);
  }

  private final class Connection extends ServedConnection {
    private final int fd;
    private boolean closed;

    Connection(final int fd) {
      this.fd = fd;
    }

    @Override
    public void onEvents(final int events, final long nowNs) {
      final int received = posix.recv(fd, chunk, 0, chunk.length, 0);
      if (received > 0) {
        acceptor.progressed(this, nowNs);
      } else if (received != -Errno.EAGAIN) {
        close();
      }
    }

    @Override
    protected void expire() {
      close();
    }

    @Override
    public void close() {
      if (!closed) {
        closed = true;
        loop.close(fd);
        acceptor.closed(this);
      }
    }
  }

  /** Closes all connections and stops to listen. */
  @Override
  public void close() {
    acceptor.close();
  }
}
