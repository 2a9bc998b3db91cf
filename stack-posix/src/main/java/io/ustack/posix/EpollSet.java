package io.ustack.posix;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * What epoll(7) calls an interest list and its ready list. A wait costs what is ready, not what is
 * watched.
 *
 * <p>Whoever changes a pollable pushes its watch to the inbox, a stack without locks; whoever waits
 * takes the whole inbox, turns it into arrival order and appends it to the ready list, which
 * belongs to the set's lock. A level-triggered watch that was reported goes back to the end of the
 * list, so that every ready one has its turn when there are more than a wait takes.
 */
public final class EpollSet extends Pollable {
  private static final VarHandle INBOX;
  private static final VarHandle READY_COUNT;
  private static final VarHandle AWAITED;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      INBOX = lookup.findVarHandle(EpollSet.class, "inbox", Watch.class);
      READY_COUNT = lookup.findVarHandle(EpollSet.class, "readyCount", int.class);
      AWAITED = lookup.findVarHandle(EpollSet.class, "awaited", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Linux EP_MAX_NESTS: so many sets may stand above one another. */
  private static final int MAX_NESTS = 4;

  /** The number of what was added without one. */
  private static final int NO_DESCRIPTOR = -1;

  private final Lock lock;
  private final InterestList interest = new InterestList();
  private volatile @Nullable Watch inbox;
  private @Nullable Watch firstReady;
  private @Nullable Watch lastReady;
  private int readyCount;

  /** Threads that wait; they look once more when they do no longer. */
  @SuppressWarnings("UnusedVariable") // through AWAITED
  private int awaited;

  EpollSet(final SocketEngine engine) {
    super(engine);
    lock = engine.execution.newLock();
  }

  /** EPOLLIN when a wait would find something. */
  @Override
  public int readiness() {
    return isReady(Epoll.READ_KEY) && findsSomething() ? Epoll.READ_KEY : 0;
  }

  /** Whether a wait is worth a look: what is in the list may be ready no more. */
  @Override
  boolean isReady(final int events) {
    return inbox != null || (int) READY_COUNT.getOpaque(this) != 0 || isClosed();
  }

  @Override
  boolean canBeRead() {
    return false;
  }

  @Override
  boolean canBeWritten() {
    return false;
  }

  @Override
  boolean wakesOneReader() {
    return true;
  }

  /** Whether a thread waits, which will look before it leaves. */
  boolean isAwaited() {
    engine.execution.fence();
    return (int) AWAITED.getOpaque(this) != 0;
  }

  /** Starts to watch what has no number: as {@link #add(Pollable, int, int, long)}. */
  public int add(final Pollable pollable, final int events, final long data) {
    return add(pollable, NO_DESCRIPTOR, events, data);
  }

  /**
   * Starts to watch. Any thread.
   *
   * @param descriptor the number by which it is watched: under another it can be watched again
   * @return 0; -EEXIST when it is watched already; -EBADF when either is closed; -EINVAL when it is
   *     this set, or another set is to be watched with EPOLLEXCLUSIVE; -ELOOP when sets would watch
   *     each other in a circle, or more than four deep
   */
  public int add(final Pollable pollable, final int descriptor, final int events, final long data) {
    final boolean exclusive = (events & Epoll.EPOLLEXCLUSIVE) != 0;
    if (pollable == this || (exclusive && (events & ~Epoll.WITH_EXCLUSIVE) != 0)) {
      return -Errno.EINVAL;
    }
    if (exclusive && pollable instanceof EpollSet) {
      return -Errno.EINVAL;
    }
    final Watch watch = new Watch(this, pollable, descriptor, events | ALWAYS, data);
    engine.topology.lock();
    try {
      if (isClosed() || pollable.isClosed()) {
        return -Errno.EBADF;
      }
      if (pollable instanceof EpollSet nested && (nested.reaches(this) || isTooDeep(nested))) {
        return -Errno.ELOOP;
      }
      if (interest.find(pollable, descriptor) != null) {
        return -Errno.EEXIST;
      }
      interest.add(watch);
      pollable.addWatch(watch);
    } finally {
      engine.topology.unlock();
    }
    raiseIfReady(watch);
    return 0;
  }

  /** Changes what is watched without a number. */
  public int modify(final Pollable pollable, final int events, final long data) {
    return modify(pollable, NO_DESCRIPTOR, events, data);
  }

  /**
   * Changes what is watched for. Any thread. Returns 0; -ENOENT when it is not watched; -EINVAL
   * with EPOLLEXCLUSIVE
   */
  public int modify(
      final Pollable pollable, final int descriptor, final int events, final long data) {
    if ((events & Epoll.EPOLLEXCLUSIVE) != 0) {
      return -Errno.EINVAL; // whatever is watched
    }
    final Watch watch;
    engine.topology.lock();
    try {
      watch = interest.find(pollable, descriptor);
      if (watch == null) {
        return -Errno.ENOENT;
      }
      if ((watch.interest & Epoll.EPOLLEXCLUSIVE) != 0) {
        return -Errno.EINVAL;
      }
      lock.lock();
      try {
        watch.data = data;
        watch.interest = events | ALWAYS;
      } finally {
        lock.unlock();
      }
    } finally {
      engine.topology.unlock();
    }
    raiseIfReady(watch);
    return 0;
  }

  /** Stops watching what has no number. */
  public int remove(final Pollable pollable) {
    return remove(pollable, NO_DESCRIPTOR);
  }

  /** Stops watching. Any thread. Returns 0; -ENOENT when it is not watched */
  public int remove(final Pollable pollable, final int descriptor) {
    final Watch watch;
    engine.topology.lock();
    try {
      watch = interest.find(pollable, descriptor);
      if (watch == null) {
        return -Errno.ENOENT;
      }
      pollable.removeWatch(watch);
      leave(watch);
    } finally {
      engine.topology.unlock();
    }
    watch.handOn();
    return 0;
  }

  /**
   * Waits until something is ready. Any thread.
   *
   * @param maxEvents the most to report, 1 up to the capacity of {@code events}
   * @param timeoutNs nanoseconds; 0 does not wait, a negative one waits for ever
   * @return the number of events; 0 when the time is up; -EINVAL, -EBADF when the set is or gets
   *     closed, -EINTR when the thread was interrupted (which stays so), -EIO when the stack is
   *     over
   */
  public int await(final EpollEvents events, final int maxEvents, final long timeoutNs) {
    if (maxEvents <= 0 || maxEvents > events.capacity()) {
      return -Errno.EINVAL;
    }
    engine.execution.turn();
    int found = collect(events, maxEvents);
    if (found != 0 || timeoutNs == 0) {
      return found;
    }
    final long startNs = engine.clock.nanoTime();
    long remainingNs = timeoutNs < 0 ? Execution.FOREVER : timeoutNs;
    while (true) {
      final int outcome = await(remainingNs);
      found = collect(events, maxEvents);
      if (found != 0) {
        return found;
      }
      if (outcome != 0) {
        return outcome == -Errno.EAGAIN ? 0 : outcome;
      }
      if (timeoutNs >= 0) {
        remainingNs = Math.max(0, timeoutNs - (engine.clock.nanoTime() - startNs));
      }
    }
  }

  /** Who was told that this thread waits has pushed before, and is heard by its next look. */
  private int await(final long timeoutNs) {
    AWAITED.getAndAdd(this, 1);
    try {
      return engine.execution.await(this, Epoll.READ_KEY, timeoutNs);
    } finally {
      AWAITED.getAndAdd(this, -1);
    }
  }

  /** Under the topology lock: the watch is in no list of the pollable's any more. */
  void leave(final Watch watch) {
    interest.remove(watch);
    lock.lock();
    try {
      watch.removed = true;
      takeInbox();
      if (watch.inReadyList) {
        unlink(watch);
        READY_COUNT.setOpaque(this, readyCount);
      }
    } finally {
      lock.unlock();
    }
  }

  // ---- Sets that watch sets; under the topology lock

  /** Whether this set watches {@code other}, directly or through others. */
  private boolean reaches(final EpollSet other) {
    // From the watched to those who watch: there are fewer of them.
    for (Watch watch = other.firstWatch(); watch != null; watch = watch.nextOfPollable) {
      if (watch.set == this || reaches(watch.set)) {
        return true;
      }
    }
    return false;
  }

  /** Whether so many sets would stand above one another that a change had far to go. */
  private boolean isTooDeep(final EpollSet nested) {
    return levelsAbove() + 1 + nested.interest.levelsBelow() > MAX_NESTS;
  }

  private int levelsAbove() {
    int most = 0;
    for (Watch watch = firstWatch(); watch != null; watch = watch.nextOfPollable) {
      most = Math.max(most, 1 + watch.set.levelsAbove());
    }
    return most;
  }

  /** What it watches itself. */
  InterestList interest() {
    return interest;
  }

  /** Puts a watch that has just become pending into the inbox. Any thread. */
  void push(final Watch watch) {
    Watch top;
    do {
      top = inbox;
      watch.nextReady = top;
    } while (!INBOX.compareAndSet(this, top, watch));
    tell(Epoll.READ_KEY); // what was set by comparing is seen by all
  }

  /** The same by the thread that waits: straight into the ready list. */
  void appendRaised(final Watch watch) {
    append(watch);
    READY_COUNT.setOpaque(this, readyCount);
    tell(Epoll.READ_KEY);
  }

  @Override
  void onClose() {
    engine.topology.lock();
    try {
      lock.lock();
      try {
        interest.clear(
            watch -> {
              watch.removed = true;
              watch.pollable.removeWatch(watch);
              watch.handOn();
            });
        inbox = null;
        firstReady = null;
        lastReady = null;
        READY_COUNT.setOpaque(this, 0);
      } finally {
        lock.unlock();
      }
    } finally {
      engine.topology.unlock();
    }
  }

  /** What a set reports whether asked or not, epoll_ctl(2). */
  private static final int ALWAYS = Epoll.EPOLLERR | Epoll.EPOLLHUP;

  private void raiseIfReady(final Watch watch) {
    // The watch is in place before the look at the state; who changes the state looks for watches
    // afterwards.
    engine.execution.fence();
    if ((watch.pollable.readiness() & watch.interest) != 0) {
      watch.raise(0);
    }
  }

  private int collect(final EpollEvents events, final int maxEvents) {
    if (isClosed()) {
      return -Errno.EBADF;
    }
    if (engine.execution.isOver()) {
      return -Errno.EIO; // also with something ready: nothing can be done with it any more
    }
    lock.lock();
    try {
      takeInbox();
      int found = 0;
      // Only what is in the list now: a level-triggered watch that goes back to its end is not
      // reported twice.
      for (int left = readyCount; left > 0 && found < maxEvents; left--) {
        final Watch watch = firstReady;
        if (watch == null) {
          break;
        }
        unlink(watch);
        if (report(watch, events, found)) {
          found++;
        }
      }
      READY_COUNT.setOpaque(this, readyCount);
      if (readyCount != 0) {
        wakeNextReader(); // another thread that waits here may take the rest
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  /** Whether something in the ready list is ready; what is not leaves it. */
  private boolean findsSomething() {
    lock.lock();
    try {
      takeInbox();
      for (int left = readyCount; left > 0; left--) {
        final Watch watch = firstReady;
        if (watch == null || (watch.pollable.readiness() & watch.interest) != 0) {
          break;
        }
        unlink(watch);
        watch.stopPending();
        if ((watch.pollable.readiness() & watch.interest) != 0 && watch.becomePending()) {
          append(watch);
        }
      }
      READY_COUNT.setOpaque(this, readyCount);
      return readyCount != 0;
    } finally {
      lock.unlock();
    }
  }

  /** Looks at one that was in the ready list, and says what it found. Under the lock. */
  private boolean report(final Watch watch, final EpollEvents events, final int index) {
    final int interest = watch.interest;
    final boolean staysReady = (interest & (Epoll.EPOLLET | Epoll.EPOLLONESHOT)) == 0;
    int bits = staysReady ? watch.pollable.readiness() & interest : 0;
    final boolean staysPending = bits != 0;
    if (!staysPending) {
      // From here on a change puts it into the inbox; what changed before is seen by this look.
      watch.stopPending();
      if (!staysReady || !watch.isUnshared()) {
        bits = watch.pollable.readiness() & interest;
      }
    }
    if (bits == 0) {
      return false;
    }
    events.set(index, bits, watch.data);
    if ((interest & Epoll.EPOLLONESHOT) != 0) {
      watch.interest = interest & Epoll.HOW;
    } else if (staysPending || (staysReady && watch.becomePending())) {
      append(watch);
    }
    return true;
  }

  /** Moves the inbox to the end of the ready list, first come first. Under the lock. */
  private void takeInbox() {
    Watch newest = inbox == null ? null : (Watch) INBOX.getAndSet(this, null);
    Watch oldest = null;
    while (newest != null) {
      final Watch next = newest.nextReady;
      newest.nextReady = oldest;
      oldest = newest;
      newest = next;
    }
    while (oldest != null) {
      final Watch next = oldest.nextReady;
      if (!oldest.removed) {
        append(oldest);
      }
      oldest = next;
    }
  }

  private void append(final Watch watch) {
    watch.inReadyList = true;
    watch.nextReady = null;
    watch.previousReady = lastReady;
    if (lastReady == null) {
      firstReady = watch;
    } else {
      lastReady.nextReady = watch;
    }
    lastReady = watch;
    readyCount++;
  }

  private void unlink(final Watch watch) {
    final Watch previous = watch.previousReady;
    final Watch next = watch.nextReady;
    if (previous == null) {
      firstReady = next;
    } else {
      previous.nextReady = next;
    }
    if (next == null) {
      lastReady = previous;
    } else {
      next.previousReady = previous;
    }
    watch.inReadyList = false;
    watch.previousReady = null;
    watch.nextReady = null;
    readyCount--;
  }
}
