package io.ustack.dpdk;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Looks once a second, on a thread of its own, whether frames can pass a port, and whether there
 * still is a device; the stacks on it are not disturbed. What it sees first is taken for a change
 * if the link is down.
 *
 * <p>A device that was reset is set up again. Meanwhile the stacks on it receive nothing and can
 * send nothing; what was in the device's queues is lost.
 */
public final class PortWatch implements AutoCloseable {
  private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

  /** The next look at something that is about to happen. */
  private static final long SOON_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final long NEVER = 0;

  private final Supplier<LinkState> links;
  private final Supplier<PortFate> fates;
  private final PortReset reset;
  private final Observer observer;
  private final Thread thread = new Thread(this::run, "ustack-port-watch");
  private volatile boolean closed;
  private boolean up = true;

  /** Is told of changes, on the watch's thread. */
  public interface Observer {
    /** Frames can pass again, or can't any more. */
    void onLink(LinkState state);

    /** The device was reset and is set up again; what was in its queues is lost. */
    void onReset();

    /**
     * The device is gone; nothing comes after this.
     *
     * @param why what has happened and what to do about it, in a few words
     */
    void onGone(String why);
  }

  /** Over what a port says; a test looks itself. */
  PortWatch(
      final Supplier<LinkState> links,
      final Supplier<PortFate> fates,
      final PortReset reset,
      final Observer observer) {
    this.links = links;
    this.fates = fates;
    this.reset = reset;
    this.observer = observer;
  }

  /** Watches a port until it is gone or the watch is closed, which is before the port is. */
  public static PortWatch start(final DpdkPort port, final Observer observer) {
    final PortWatch watch =
        new PortWatch(port::linkState, port::fate, new PortReset(port.resetTarget()), observer);
    watch.thread.setDaemon(true);
    watch.thread.start();
    return watch;
  }

  private void run() {
    long pauseNs = INTERVAL_NS;
    while (pauseNs != NEVER && !closed) {
      LockSupport.parkNanos(pauseNs);
      pauseNs = closed ? NEVER : look(System.nanoTime());
    }
    reset.abandon();
  }

  /** Looks once; returns how long to wait before the next look, 0 when the device is gone. */
  long look(final long nowNs) {
    final PortFate fate = fates.get();
    if (!fate.remedy().isEmpty()) {
      observer.onGone(fate.remedy());
      return NEVER;
    }
    if (fate == PortFate.RESET || reset.isUnderWay()) {
      return goOnWithReset(nowNs);
    }
    final LinkState now = links.get();
    if (now.up() != up) {
      up = now.up();
      observer.onLink(now);
    }
    return INTERVAL_NS;
  }

  private long goOnWithReset(final long nowNs) {
    return switch (reset.step(nowNs)) {
      case WAITS -> SOON_NS;
      case FAILED_ONCE -> INTERVAL_NS;
      case DONE -> {
        observer.onReset();
        yield INTERVAL_NS;
      }
      case LOST -> {
        observer.onGone(reset.failure());
        yield NEVER;
      }
    };
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
