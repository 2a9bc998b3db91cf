package io.ustack.apps;

import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;

/**
 * A TCP port that takes connections: non-blocking, a bounded number in one turn and a bounded
 * number at a time. Those beyond wait in the backlog until somebody leaves.
 */
public final class Acceptor implements EventHandler {
  private static final int BACKLOG = 1024;
  private static final int TURN_ACCEPTS = 64;

  private final Posix posix;
  private final EventLoop loop;
  private final int listener;
  private final int mostConnections;
  private final NewConnection newConnection;
  private int connections;
  private boolean paused;

  /** What to do with a connection. */
  @FunctionalInterface
  public interface NewConnection {
    /**
     * The descriptor is the callee's, who adds it to the loop, and calls {@link Acceptor#closed()}
     * once when it is closed.
     */
    void accepted(int fd, long nowNs);
  }

  /**
   * Listens on {@code port} of every address.
   *
   * @throws IOException in one line, when the port is taken
   */
  public Acceptor(
      final Posix posix,
      final EventLoop loop,
      final int port,
      final int mostConnections,
      final NewConnection newConnection)
      throws IOException {
    this.posix = posix;
    this.loop = loop;
    this.mostConnections = mostConnections;
    this.newConnection = newConnection;
    listener = BoundSocket.open(posix, SocketOption.SOCK_STREAM, port);
    final int result = posix.listen(listener, BACKLOG);
    if (result < 0) {
      posix.close(listener);
      throw BoundSocket.failure("listen on TCP port " + port, result);
    }
    loop.add(listener, Epoll.EPOLLIN, this);
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    for (int i = 0; i < TURN_ACCEPTS; i++) {
      if (connections == mostConnections) {
        pause(true);
        return;
      }
      final int fd = posix.accept4(listener, null, SocketOption.SOCK_NONBLOCK);
      if (fd < 0) {
        // Out of descriptors: not asked again before one is free.
        pause(fd == -Errno.EMFILE && connections > 0);
        return;
      }
      connections++;
      newConnection.accepted(fd, nowNs);
    }
  }

  private void pause(final boolean wanted) {
    if (paused != wanted) {
      paused = wanted;
      loop.change(listener, wanted ? 0 : Epoll.EPOLLIN);
    }
  }

  /** One of its connections was closed. */
  public void closed() {
    connections--;
    pause(false);
  }

  /** Connections open now. */
  public int connections() {
    return connections;
  }

  /** Stops to listen; its connections stay. */
  public void close() {
    loop.close(listener);
  }
}
