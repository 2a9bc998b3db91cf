package io.ustack.apps.echo;

import io.ustack.apps.ServedConnection;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;

/**
 * One peer that hears itself. What the socket does not take is not taken from the socket either: it
 * stays in the receive buffer until there is room, and a peer that sends and does not read stops
 * itself. So nothing waits here.
 */
final class EchoConnection extends ServedConnection {
  static final int CHUNK_BYTES = 1 << 16;

  private final EchoServer server;
  private final int fd;
  private boolean blocked;
  private boolean closed;

  EchoConnection(final EchoServer server, final int fd) {
    this.server = server;
    this.fd = fd;
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    if ((events & (Epoll.EPOLLERR | Epoll.EPOLLHUP)) != 0) {
      close();
    } else {
      echo(nowNs);
    }
  }

  private void echo(final long nowNs) {
    final Posix posix = server.posix();
    final byte[] chunk = server.chunk();
    final int waiting = posix.recv(fd, chunk, 0, chunk.length, SocketOption.MSG_PEEK);
    if (waiting == -Errno.EAGAIN) {
      return;
    }
    if (waiting <= 0) {
      // At the end of the stream everything before it is sent back already.
      close();
      return;
    }
    final int sent = posix.send(fd, chunk, 0, waiting, SocketOption.MSG_NOSIGNAL);
    if (sent < 0 && sent != -Errno.EAGAIN) {
      close();
      return;
    }
    if (sent > 0) {
      posix.recv(fd, chunk, 0, sent, SocketOption.MSG_TRUNC); // throws it away, tcp(7)
      server.sentBack(this, sent, nowNs);
    }
    block(sent < waiting);
  }

  private void block(final boolean wanted) {
    if (blocked != wanted) {
      blocked = wanted;
      server.loop().change(fd, wanted ? Epoll.EPOLLOUT : Epoll.EPOLLIN);
    }
  }

  @Override
  protected void expire() {
    close(); // of a peer that does not read, something is unread: a reset (RFC 2525 2.17)
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      server.loop().close(fd);
      server.closed(this);
    }
  }
}
