package io.ustack.posix;

import io.ustack.buffer.ByteRanges;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something that is ready or not and tells when that changes: a socket or an epoll set. Epoll sets
 * watch it, threads wait for it; neither knows what it is.
 */
public abstract class Pollable extends Awaitable {
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
  private volatile boolean nonBlocking;
  private volatile int statusFlags;

  /** Numbers in the {@link FdTable}; under its lock. */
  int descriptors;

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
    final int result = closeAtOnce();
    if (result == 0) {
      linger();
    }
    return result;
  }

  /** The same without waiting for anything, as at the end of a process. */
  final int closeAtOnce() {
    engine.topology.lock();
    try {
      if (closed) {
        return -Errno.EBADF;
      }
      closed = true;
      for (Watch watch = watches; watch != null; watch = watch.nextOfPollable) {
        watch.set.leave(watch);
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

  /** What close waits for when everybody else has heard of it. */
  void linger() {}

  /** Sets O_NONBLOCK. */
  public final void nonBlocking(final boolean on) {
    nonBlocking = on;
  }

  /** O_NONBLOCK. */
  public final boolean isNonBlocking() {
    return nonBlocking;
  }

  /**
   * fcntl(F_SETFL).
   *
   * @param kept which of them are told again, beside O_NONBLOCK
   */
  final void statusFlags(final int flags, final int kept) {
    nonBlocking((flags & SocketOption.O_NONBLOCK) != 0);
    statusFlags = flags & kept;
  }

  /** fcntl(F_GETFL). */
  final int statusFlags() {
    return SocketOption.O_RDWR | statusFlags | (isNonBlocking() ? SocketOption.O_NONBLOCK : 0);
  }

  /** Whether read(2) means anything here. */
  boolean canBeRead() {
    return true;
  }

  /** Whether write(2) means anything here. */
  boolean canBeWritten() {
    return true;
  }

  /**
   * read(2). Exactly one of the buffers is not null, and the range lies inside it. Returns bytes,
   * or -errno: -EINVAL of what can't be read
   */
  public int read(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length) {
    return -Errno.EINVAL;
  }

  /** write(2): as {@link #read}. */
  public int write(
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length) {
    return -Errno.EINVAL;
  }

  /**
   * readv(2), over ranges that lie inside and have bytes: one after the other, unless it can take
   * them as one. Returns bytes, 0 at the end, -errno; -EINVAL of what can't be read
   */
  public int read(final ByteRanges ranges) {
    int moved = 0;
    for (int i = 0; i < ranges.count(); i++) {
      final int length = ranges.length(i);
      final int outcome =
          length == 0 ? 0 : read(ranges.buffer(i), ranges.array(i), ranges.offset(i), length);
      if (outcome < 0) {
        return moved > 0 ? moved : outcome;
      }
      moved += outcome;
      if (outcome < length) {
        break;
      }
    }
    return moved;
  }

  /** writev(2), as {@link #read(ByteRanges)}. */
  public int write(final ByteRanges ranges) {
    int moved = 0;
    for (int i = 0; i < ranges.count(); i++) {
      final int length = ranges.length(i);
      final int outcome =
          length == 0 ? 0 : write(ranges.buffer(i), ranges.array(i), ranges.offset(i), length);
      if (outcome < 0) {
        return moved > 0 ? moved : outcome;
      }
      moved += outcome;
      if (outcome < length) {
        break;
      }
    }
    return moved;
  }

  /** ioctl(2) of what can be asked: FIONREAD, SIOCOUTQ. Returns the number; -ENOTTY; -errno */
  public int inquire(final int request) {
    return -Errno.ENOTTY;
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
      // As Linux __wake_up_common: one thread is enough for those that want to be the only one.
      if (watch.raise(key) && key != 0) {
        break;
      }
    }
    final WaitPoint reading = readers;
    if (reading != null && (key == 0 || (key & Epoll.READ_KEY) != 0)) {
      if (key != 0 && wakesOneReader()) {
        reading.wakeOne();
      } else {
        reading.wake();
      }
    }
    final WaitPoint writing = writers;
    if (writing != null && (key == 0 || (key & Epoll.WRITE_KEY) != 0)) {
      writing.wake();
    }
  }

  /**
   * Whether one thread is woken of those that wait to read, because it takes what came. Then it
   * calls {@link #wakeNextReader} when it leaves something behind.
   */
  boolean wakesOneReader() {
    return false;
  }

  /** There is more than the calling thread took. */
  final void wakeNextReader() {
    engine.execution.fence();
    final WaitPoint reading = readers;
    if (reading != null) {
      reading.wakeOne();
    }
  }

  /** Whether threads change it and wait for it that are not the same one. */
  boolean isShared() {
    return true;
  }

  @Override
  boolean isReady(final int events) {
    return closed || (readiness() & events) != 0;
  }

  @Override
  void enter(final int events, final Thread self) {
    waitPoint(events).enter(self);
  }

  @Override
  void leave(final int events, final Thread self) {
    final WaitPoint point = waitPoint(events);
    point.leave(self);
    if (closed) {
      forget(point); // made after it was closed
    }
  }

  /** As {@link #enter}, of a thread that only looks, and leaves what comes to others. */
  final void enterSharing(final int events, final Thread self) {
    waitPoint(events).enterSharing(self);
  }

  /** As {@link #leave}, after {@link #enterSharing}. */
  final void leaveSharing(final int events, final Thread self) {
    final WaitPoint point = waitPoint(events);
    point.leaveSharing(self);
    if (closed) {
      forget(point);
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

  /** The first of the list; under the topology lock. */
  final @Nullable Watch firstWatch() {
    return watches;
  }

  /** Under the topology lock. Exclusive ones stand behind the others, in the order they came. */
  final void addWatch(final Watch watch) {
    final Watch first = watches;
    if (first == null || !watch.isExclusive()) {
      watch.nextOfPollable = first;
      if (first != null) {
        first.previousOfPollable = watch;
      }
      watches = watch;
      return;
    }
    Watch last = first;
    for (Watch next = last.nextOfPollable; next != null; next = next.nextOfPollable) {
      last = next;
    }
    watch.previousOfPollable = last;
    last.nextOfPollable = watch;
  }

  /**
   * Under the topology lock; a thread that is walking the list still finds its way from the watch
   * taken out.
   */
  final void removeWatch(final Watch gone) {
    final Watch previous = gone.previousOfPollable;
    final Watch next = gone.nextOfPollable;
    if (previous != null) {
      previous.nextOfPollable = next;
    } else if (watches == gone) {
      watches = next;
    }
    if (next != null) {
      next.previousOfPollable = previous;
    }
  }
}
