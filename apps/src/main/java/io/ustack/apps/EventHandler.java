package io.ustack.apps;

/** Told by an {@link EventLoop} that its descriptor is ready. */
@FunctionalInterface
public interface EventHandler {
  /**
   * Something is ready.
   *
   * @param events {@code EPOLL} bits, those not asked for (EPOLLERR, EPOLLHUP) among them
   */
  void onEvents(int events, long nowNs);
}
