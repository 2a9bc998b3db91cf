package io.ustack.posix;

import java.util.concurrent.atomic.AtomicInteger;

/** Readable while more was produced than consumed; counts how often it is asked. */
final class CountingPollable extends Pollable {
  final AtomicInteger produced = new AtomicInteger();
  final AtomicInteger consumed = new AtomicInteger();
  final AtomicInteger asked = new AtomicInteger();

  CountingPollable(final SocketEngine engine) {
    super(engine);
  }

  @Override
  public int readiness() {
    asked.incrementAndGet();
    return produced.get() != consumed.get() ? Epoll.EPOLLIN : 0;
  }

  /** One more, and an edge. */
  void produce() {
    produced.setRelease(produced.getPlain() + 1);
    raise(Epoll.EPOLLIN);
  }

  /** Takes all there is. Returns how much that was. */
  int consume() {
    final int before = consumed.get();
    final int now = produced.getAcquire();
    consumed.setRelease(now);
    return now - before;
  }

  @Override
  void onClose() {}
}
