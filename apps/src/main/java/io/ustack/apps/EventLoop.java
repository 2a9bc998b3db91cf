package io.ustack.apps;

import io.ustack.posix.Epoll;
import io.ustack.posix.EpollEvents;
import io.ustack.posix.Errno;
import io.ustack.posix.Posix;
import io.ustack.time.Clock;
import java.util.Arrays;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * An event loop on {@code epoll_wait}, level-triggered: descriptors in, calls to their handlers
 * out. One thread. With an inline {@link Posix} the wait runs the stack itself, and from a frame's
 * arrival to its answer no other thread is involved.
 */
public final class EventLoop implements AutoCloseable {
  private static final int MOST_EVENTS = 256;

  private final Posix posix;
  private final Clock clock;
  private final int epoll;
  private final EpollEvents ready = new EpollEvents(MOST_EVENTS);
  private @Nullable EventHandler[] handlers = new EventHandler[64];

  /**
   * Counts up with each use of a descriptor number, so that an event for its last owner is not
   * taken for one of its new owner's.
   */
  private int[] generations = new int[64];

  private long nowNs;

  /** A loop without descriptors. */
  public EventLoop(final Posix posix, final Clock clock) {
    this.posix = posix;
    this.clock = clock;
    epoll = posix.epoll_create1(0);
    if (epoll < 0) {
      throw new IllegalStateException("epoll_create1: " + Errno.name(epoll));
    }
  }

  /** Calls {@code handler} when one of {@code events} is true for {@code fd}. */
  public void add(final int fd, final int events, final EventHandler handler) {
    if (fd >= handlers.length) {
      final int length = Math.max(2 * handlers.length, fd + 1);
      handlers = Arrays.copyOf(handlers, length);
      generations = Arrays.copyOf(generations, length);
    }
    handlers[fd] = handler;
    generations[fd]++;
    check(posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_ADD, fd, events, tag(fd)));
  }

  /** From now on other events count. */
  public void change(final int fd, final int events) {
    check(posix.epoll_ctl(epoll, Epoll.EPOLL_CTL_MOD, fd, events, tag(fd)));
  }

  /** Tells all descriptors that were added and not closed. */
  public void forEachDescriptor(final IntConsumer consumer) {
    for (int fd = 0; fd < handlers.length; fd++) {
      if (handlers[fd] != null) {
        consumer.accept(fd);
      }
    }
  }

  /** Forgets the descriptor and closes it. */
  public void close(final int fd) {
    handlers[fd] = null;
    posix.close(fd);
  }

  /**
   * Waits once, at most {@code timeoutMs}, and calls the handlers of what is ready.
   *
   * @return how many were ready; 0 when the thread was interrupted
   * @throws IllegalStateException when the stack is over: nothing will ever be ready again
   */
  public int step(final int timeoutMs) {
    final int count = posix.epoll_wait(epoll, ready, MOST_EVENTS, timeoutMs);
    if (count < 0 && count != -Errno.EINTR) {
      throw new IllegalStateException("epoll_wait: " + Errno.name(count));
    }
    nowNs = clock.nanoTime();
    for (int i = 0; i < count; i++) {
      final int fd = (int) ready.data(i);
      final EventHandler handler = handlers[fd];
      if (handler != null && ready.data(i) == tag(fd)) {
        handler.onEvents(ready.events(i), nowNs);
      }
    }
    return Math.max(0, count);
  }

  /** The time after the last wait. */
  public long nowNs() {
    return nowNs;
  }

  /** Closes the epoll set; the descriptors in it stay open. */
  @Override
  public void close() {
    posix.close(epoll);
  }

  private long tag(final int fd) {
    return (long) generations[fd] << 32 | fd;
  }

  private static void check(final int result) {
    if (result < 0) {
      throw new IllegalStateException("epoll_ctl: " + Errno.name(result));
    }
  }
}
