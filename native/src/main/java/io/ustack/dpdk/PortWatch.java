package io.ustack.dpdk;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Looks once a second, on a thread of its own, whether frames can pass a port, and whether there
 * still is a device; the stacks on it are not disturbed. What it sees first is taken for a change
 * if the link is down.
 */
public final class PortWatch implements AutoCloseable {
  private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

  private final Supplier<LinkState> links;
  private final Supplier<PortFate> fates;
  private final Observer observer;
  private final Thread thread = new Thread(this::run, "ustack-port-watch");
  private volatile boolean closed;
  private boolean up = true;

  /** Is told of changes, on the watch's thread. */
  public interface Observer {
    /** Frames can pass again, or can't any more. */
    void onLink(LinkState state);

    /** The device is gone; nothing comes after this. */
    void onGone(PortFate fate);
  }

  /** Over what a port says; a test looks itself. */
  PortWatch(
      final Supplier<LinkState> links, final Supplier<PortFate> fates, final Observer observer) {
    this.links = links;
    this.fates = fates;
    this.observer = observer;
  }

  /** Watches a port until it is gone or the watch is closed, which is before the port is. */
  public static PortWatch start(final DpdkPort port, final Observer observer) {
    final PortWatch watch = new PortWatch(port::linkState, port::fate, observer);
    watch.thread.setDaemon(true);
    watch.thread.start();
    return watch;
  }

  private void run() {
    boolean there = true;
    while (there && !closed) {
      LockSupport.parkNanos(INTERVAL_NS);
      there = closed || look();
    }
  }

  /** Looks once; false when the device is gone. */
  boolean look() {
    final PortFate fate = fates.get();
    if (fate != PortFate.RUNS) {
      observer.onGone(fate);
      return false;
    }
    final LinkState now = links.get();
    if (now.up() != up) {
      up = now.up();
      observer.onLink(now);
    }
    return true;
  }

  /** Ends the thread and waits for that: afterwards nothing is told. Idempotent. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive() && thread != Thread.currentThread()) {
      try {
        thread.join();
      } catch (final InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
