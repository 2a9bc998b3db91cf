package io.ustack.apps;

import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketOption;
import java.io.IOException;

/**
 * A TCP port that takes connections: non-blocking, a bounded number in one turn and a bounded
 * number at a time, each for as long as it makes progress. Those beyond wait in the backlog until
 * somebody leaves.
 *
 * <p>What peers can fill is bounded, too: few connections have the stack's large buffers, many have
 * small ones. Ten thousand peers that send and never read fill 489 MiB at most, which the stack's
 * own budget for buffers may bound further ({@link io.ustack.tcp.TcpConfig#maxBufferBytes()}).
 */
public final class Acceptor implements EventHandler {
  /** As long as there are so few, a connection gets the buffers that the stack gives. */
  static final int ROOMY_CONNECTIONS = 512;

  /** ... and from there on so much for each direction. */
  static final int SMALL_BUFFER_KIB = 16;

  private static final int BACKLOG = 1024;
  private static final int TURN_ACCEPTS = 64;

  private final Posix posix;
  private final EventLoop loop;
  private final int listener;
  private final ConnectionLimits limits;
  private final NewConnection newConnection;
  private final IdleList idle = new IdleList();
  private int connections;
  private boolean paused;
  private boolean ended;

  /** What to do with a connection. */
  @FunctionalInterface
  public interface NewConnection {
    /**
     * Makes the one that will be told of EPOLLIN. The descriptor is the callee's, who closes it and
     * calls {@link Acceptor#closed} once when it is closed.
     */
    ServedConnection accepted(int fd);
  }

  /**
   * Listens on {@code port} of every address.
   *
   * @param loop the caller's, who steps it and calls {@link #closeIdle()} after each step
   * @throws IOException in one line, when the port is taken
   */
  public Acceptor(
      final Posix posix,
      final EventLoop loop,
      final int port,
      final ConnectionLimits limits,
      final NewConnection newConnection)
      throws IOException {
    this.posix = posix;
    this.loop = loop;
    this.limits = limits;
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
      if (connections == limits.connections()) {
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
      fitBuffers(fd);
      final ServedConnection connection = newConnection.accepted(fd);
      idle.touch(connection, nowNs);
      loop.add(fd, Epoll.EPOLLIN, connection);
      connection.begin();
    }
  }

  /** Gives a socket the buffers that go with so many connections. */
  public void fitBuffers(final int fd) {
    if (connections > ROOMY_CONNECTIONS) {
      buffer(fd, SocketOption.SO_RCVBUF);
      buffer(fd, SocketOption.SO_SNDBUF);
    }
  }

  private void buffer(final int fd, final int option) {
    posix.setsockopt(fd, SocketOption.SOL_SOCKET, option, SMALL_BUFFER_KIB << 10);
  }

  private void pause(final boolean wanted) {
    if (paused != wanted && !ended) {
      paused = wanted;
      loop.change(listener, wanted ? 0 : Epoll.EPOLLIN);
    }
  }

  /** The connection has made progress. */
  public void progressed(final ServedConnection connection, final long nowNs) {
    idle.touch(connection, nowNs);
  }

  /** The connection was closed. */
  public void closed(final ServedConnection connection) {
    idle.remove(connection);
    connections--;
    pause(false);
  }

  /** Closes connections that have made no progress for too long. */
  public void closeIdle() {
    ServedConnection connection = idle.mostIdle();
    while (connection != null && loop.nowNs() - connection.progressNs >= limits.idleNs()) {
      connection.expire();
      connection = idle.mostIdle();
    }
  }

  /** Connections open now. */
  public int connections() {
    return connections;
  }

  /** Stops to listen: those in the backlog are reset, those that are open go on. Idempotent. */
  public void stopListening() {
    if (!ended) {
      ended = true;
      loop.close(listener);
    }
  }

  /** Closes all connections and stops to listen. */
  public void close() {
    ServedConnection connection = idle.mostIdle();
    while (connection != null) {
      connection.close();
      connection = idle.mostIdle();
    }
    stopListening();
  }
}
