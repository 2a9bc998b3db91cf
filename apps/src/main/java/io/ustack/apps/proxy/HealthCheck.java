package io.ustack.apps.proxy;

import io.ustack.apps.EventHandler;
import io.ustack.apps.EventLoop;
import io.ustack.posix.Epoll;
import io.ustack.posix.Posix;

/** Connects to a target now and then, only to see whether it would take the connection. */
final class HealthCheck implements EventHandler {
  private static final int NONE = -1;

  private final Posix posix;
  private final EventLoop loop;
  private final OutgoingConnection outgoing;
  private final Target target;
  private final long intervalNs;
  private int fd = NONE;
  private long lastNs;

  /** The first check is an interval after {@code nowNs}. */
  HealthCheck(
      final Posix posix,
      final EventLoop loop,
      final OutgoingConnection outgoing,
      final Target target,
      final long intervalNs,
      final long nowNs) {
    this.posix = posix;
    this.loop = loop;
    this.outgoing = outgoing;
    this.target = target;
    this.intervalNs = intervalNs;
    lastNs = nowNs;
  }

  /** Begins a check when it is time, and the last one has had its answer. */
  void tick(final long nowNs) {
    if (fd != NONE || nowNs - lastNs < intervalNs) {
      return;
    }
    lastNs = nowNs;
    final int begun = outgoing.begin(target.address());
    if (begun >= 0) {
      fd = begun;
      loop.add(fd, Epoll.EPOLLOUT, this);
    } else if (ProxiedConnection.isOfTarget(begun)) {
      target.failed();
    }
  }

  @Override
  public void onEvents(final int events, final long nowNs) {
    if (outgoing.stands(fd)) {
      target.answered();
    } else {
      target.failed();
    }
    close();
  }

  /** Gives up the check that is on its way, if one is; by a reset, which leaves no TIME_WAIT. */
  void close() {
    if (fd != NONE) {
      posix.disconnect(fd);
      loop.close(fd);
      fd = NONE;
    }
  }
}
