package io.ustack.posix;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something that is ready or not and tells when that changes: a socket or an epoll set. Epoll sets
 * watch it, threads wait for it; neither knows what it is.
 */
public abstract class Pollable {
  private static final VarHandle READERS;
  private static final VarHandle WRITERS;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      READERS = lookup.findVarHandle(Pollable.class, "readers", WaitPoint.class);
      WRITERS = lookup.findVarHandle(Pollable.class, "writers", WaitPoint.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final SocketEngine engine;
  private volatile @Nullable Watch watches;
  // Made when the first thread has to wait: a socket that only an epoll set watches never has them.
  private volatile @Nullable WaitPoint readers;
  private volatile @Nullable WaitPoint writers;
  private volatile boolean closed;

  Pollable(final SocketEngine engine) {
    this.engine = engine;
  }

  /** The {@code EPOLL} bits that are true now, whoever asks for them. Any thread. */
  public abstract int readiness();

  /**
   * Whether {@link #close()} was called: nothing works any more, and who waits here waits no
   * longer. Any thread.
   */
  public final boolean isClosed() {
    return closed;
  }

  /**
   * Lets go of it: leaves every epoll set, ends every wait. Any thread.
   *
   * @return 0, or -EBADF when it is closed already
   */
  public final int close() {
    engine.topology.lock();
    try {
      if (closed) {
        return -Errno.EBADF;
      }
      closed = true;
      for (Watch watch = watches; watch != null; watch = watch.nextOfPollable) {
        watch.set.forget(watch);
      }
      watches = null;
    } finally {
      engine.topology.unlock();
    }
    onClose();
    raise(0);
    forget(readers);
    forget(writers);
    return 0;
  }

  private void forget(final @Nullable WaitPoint point) {
    if (point != null) {
      engine.execution.forget(point);
    }
  }

  /** What closing means beside leaving the epoll sets; called once. */
  abstract void onClose();

  /** fcntl(2): see {@link Posix#fcntl}. Returns flags or 0, -EINVAL */
  int control(final int command, final int argument) {
    return switch (command) {
      case SocketOption.F_GETFL -> SocketOption.O_RDWR;
      case SocketOption.F_SETFL -> 0;
      default -> -Errno.EINVAL;
    };
  }

  /**
   * Something changed. The caller has published the change.
   *
   * @param key the {@code EPOLL} bits that the change concerns; 0 when it may be any
   */
  final void raise(final int key) {
    // The change before the look at who wants to know; they register before they look at the state.
    engine.execution.fence();
    tell(key);
  }

  /** {@link #raise} after a full fence. */
  final void tell(final int key) {
    for (Watch watch = watches; watch != null; watch = watch.nextOfPollable) {
      watch.raise(key);
    }
    final WaitPoint reading = readers;
    if (reading != null && (key == 0 || (key & Epoll.READ_KEY) != 0)) {
      reading.wake();
    }
    final WaitPoint writing = writers;
    if (writing != null && (key == 0 || (key & Epoll.WRITE_KEY) != 0)) {
      writing.wake();
    }
  }

  /** Where to wait for one of {@code events}. */
  final WaitPoint waitPoint(final int events) {
    final boolean reading = (events & Epoll.READ_KEY) != 0;
    final WaitPoint present = reading ? readers : writers;
    if (present != null) {
      return present;
    }
    final WaitPoint made = new WaitPoint();
    // Before anybody can find it, and park there.
    engine.execution.watch(made);
    if (!(reading ? READERS : WRITERS).compareAndSet(this, null, made)) {
      engine.execution.forget(made);
    }
    return Objects.requireNonNull(reading ? readers : writers);
  }

  /** The watch of {@code set}, or null. Under the topology lock. */
  final @Nullable Watch watchOf(final EpollSet set) {
    for (Watch watch = watches; watch != null; watch = watch.nextOfPollable) {
      if (watch.set == set) {
        return watch;
      }
    }
    return null;
  }

  /** Under the topology lock. */
  final void addWatch(final Watch watch) {
    watch.nextOfPollable = watches;
    watches = watch;
  }

  /**
   * Under the topology lock; a thread that is walking the list still finds its way from the watch
   * taken out.
   */
  final void removeWatch(final Watch gone) {
    Watch previous = null;
    for (Watch watch = watches; watch != null; watch = watch.nextOfPollable) {
      if (watch != gone) {
        previous = watch;
      } else if (previous == null) {
        watches = watch.nextOfPollable;
        return;
      } else {
        previous.nextOfPollable = watch.nextOfPollable;
        return;
      }
    }
  }
}
