package io.ustack.apps.echo;

import io.ustack.apps.EventHandler;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.util.Arrays;

/**
 * One peer that hears itself. What the socket does not take at once waits here, and nothing more is
 * read until it is gone: a peer that sends and does not read stops itself.
 */
final class EchoConnection implements EventHandler {
  static final int CHUNK_BYTES = 1 << 16;

  private static final byte[] NOTHING = new byte[0];

  private final EchoServer server;
  private final int fd;
  private byte[] waiting = NOTHING;
  private int waitingFrom;

  EchoConnection(final EchoServer server, final int fd) {
    this.server = server;
    this.fd = fd;
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    if ((events & (Epoll.EPOLLERR | Epoll.EPOLLHUP)) != 0) {
      close();
    } else if (waitingFrom < waiting.length) {
      sendWaiting();
    } else {
      echo();
    }
  }

  private void echo() {
    final Posix posix = server.posix();
    final byte[] chunk = server.chunk();
    final int received = posix.recv(fd, chunk, 0, chunk.length, 0);
    if (received == -Errno.EAGAIN) {
      return;
    }
    if (received <= 0) {
      // At the end of the stream everything before it is sent back already: nothing was read while
      // something waited.
      close();
      return;
    }
    final int sent = send(chunk, 0, received);
    if (sent >= 0 && sent < received) {
      waiting = Arrays.copyOfRange(chunk, sent, received);
      waitingFrom = 0;
      server.loop().change(fd, Epoll.EPOLLOUT);
    }
  }

  private void sendWaiting() {
    final int sent = send(waiting, waitingFrom, waiting.length - waitingFrom);
    if (sent < 0) {
      return;
    }
    waitingFrom += sent;
    if (waitingFrom == waiting.length) {
      waiting = NOTHING;
      waitingFrom = 0;
      server.loop().change(fd, Epoll.EPOLLIN);
    }
  }

  /** Bytes taken, 0 when there is no room; -1 when the connection is lost and closed. */
  private int send(final byte[] bytes, final int from, final int length) {
    final int sent = server.posix().send(fd, bytes, from, length, SocketOption.MSG_NOSIGNAL);
    if (sent >= 0) {
      server.countBytes(sent);
      return sent;
    }
    if (sent == -Errno.EAGAIN) {
      return 0;
    }
    close();
    return -1;
  }

  private void close() {
    server.loop().close(fd);
    server.closed();
  }
}
