package io.ustack.apps.proxy;

import io.ustack.apps.ServedConnection;
import io.ustack.posix.Epoll;
import io.ustack.posix.Errno;
import org.jspecify.annotations.Nullable;

/**
 * A client, its target and a {@link Pipe} each way. When the one side breaks, the other is reset:
 * an end in order is only passed on, never made up.
 */
final class ProxiedConnection extends ServedConnection {
  private static final int NONE = -1;

  /**
   * Nothing is wanted for now. EPOLLERR and EPOLLHUP are told all the same, and with EPOLLET once:
   * a client that has said all and heard all while its last bytes wait for the target stays hung
   * up.
   */
  private static final int QUIET = Epoll.EPOLLET;

  private final Proxy proxy;
  private final int client;
  private final Pipe up = new Pipe();
  private final Pipe down = new Pipe();
  private int clientInterest = Epoll.EPOLLIN;
  private int serverInterest;
  private int server = NONE;
  private @Nullable Target target;
  private long tried;
  private boolean connected;
  private boolean closed;

  ProxiedConnection(final Proxy proxy, final int client) {
    this.proxy = proxy;
    this.client = client;
  }

  // ---- To the target

  @Override
  protected void begin() {
    connect();
  }

  /** Asks the next target that is up; without one the client is turned away. */
  private void connect() {
    Target next = proxy.targets().next(tried);
    while (next != null) {
      tried |= proxy.targets().bit(next);
      final int fd = proxy.connect(next);
      if (fd >= 0) {
        target = next;
        server = fd;
        next.opened();
        serverInterest = Epoll.EPOLLOUT;
        proxy.loop().add(fd, serverInterest, this::onServerEvents);
        return;
      }
      if (isOfTarget(fd)) {
        next.failed();
      }
      next = proxy.targets().next(tried);
    }
    proxy.countRefused();
    proxy.posix().disconnect(client);
    close();
  }

  /** Whether connect(2) speaks of the target; else the lack is ours: descriptors, ports, memory. */
  static boolean isOfTarget(final int errno) {
    return errno == -Errno.ENETUNREACH || errno == -Errno.EHOSTUNREACH;
  }

  private void onConnected(final long nowNs) {
    final Target asked = target();
    if (!proxy.outgoing().stands(server)) {
      asked.failed();
      leaveTarget();
      connect();
      return;
    }
    asked.answered();
    connected = true;
    proxy.progressed(this, nowNs);
    pass(true, false, nowNs);
  }

  private void leaveTarget() {
    if (server != NONE) {
      proxy.loop().close(server);
      target().closed();
      server = NONE;
    }
  }

  private Target target() {
    final Target its = target;
    if (its == null) {
      throw new AssertionError("no target yet");
    }
    return its;
  }

  // ---- To and fro

  @Override
  public void onEvents(final int events, final long nowNs) {
    if ((events & Epoll.EPOLLERR) != 0) {
      reset();
    } else if (connected) {
      pass((events & ~Epoll.EPOLLOUT) != 0, (events & Epoll.EPOLLOUT) != 0, nowNs);
    } else {
      clientInterest = want(client, clientInterest, QUIET); // its bytes wait for the target
    }
  }

  private void onServerEvents(final int events, final long nowNs) {
    if (!connected) {
      onConnected(nowNs);
    } else if ((events & Epoll.EPOLLERR) != 0) {
      reset();
    } else {
      pass((events & Epoll.EPOLLOUT) != 0, (events & ~Epoll.EPOLLOUT) != 0, nowNs);
    }
  }

  private void pass(final boolean moveUp, final boolean moveDown, final long nowNs) {
    final int sent = moveUp ? move(up, client, server) : 0;
    final int received = moveDown && sent >= 0 ? move(down, server, client) : 0;
    if (sent < 0 || received < 0) {
      reset();
      return;
    }
    target().countUp(sent);
    target().countDown(received);
    if (sent + received > 0) {
      proxy.progressed(this, nowNs);
    }
    if (up.isOver() && down.isOver()) {
      close();
      return;
    }
    clientInterest = want(client, clientInterest, interest(up, down));
    serverInterest = want(server, serverInterest, interest(down, up));
  }

  private int move(final Pipe pipe, final int from, final int to) {
    return pipe.isOver() ? 0 : pipe.move(proxy.posix(), from, to, proxy.chunk());
  }

  /** What a socket is to tell that is the source of one pipe and the end of the other. */
  private static int interest(final Pipe outOf, final Pipe into) {
    final int events =
        (outOf.waitsForBytes() ? Epoll.EPOLLIN : 0) | (into.waitsForRoom() ? Epoll.EPOLLOUT : 0);
    return events == 0 ? QUIET : events;
  }

  private int want(final int fd, final int before, final int events) {
    if (before != events) {
      proxy.loop().change(fd, events);
    }
    return events;
  }

  // ---- The end

  /** Both sides learn that it did not end in order. */
  private void reset() {
    proxy.countReset();
    proxy.posix().disconnect(client);
    if (server != NONE) {
      proxy.posix().disconnect(server);
    }
    close();
  }

  @Override
  protected void expire() {
    reset();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      leaveTarget();
      proxy.loop().close(client);
      proxy.closed(this);
    }
  }
}
