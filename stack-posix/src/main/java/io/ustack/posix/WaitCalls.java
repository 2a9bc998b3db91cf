package io.ustack.posix;

import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** {@link Posix}: waiting for many. */
abstract class WaitCalls extends FileCalls {
  /** Spare ones; under their own lock. */
  private final ArrayDeque<Selection> selections = new ArrayDeque<>();

  private final Lock selecting;

  WaitCalls(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
    selecting = engine.execution.newLock();
  }

  // ---- poll, select

  /**
   * poll(2). In INLINE mode it always runs at least one duty cycle.
   *
   * @param count so many of {@code fds}, from the first on
   * @param timeoutMs milliseconds; 0 does not wait, a negative one waits for ever
   * @return of how many something is true; 0 when the time is up; -EFAULT where {@code fds} has no
   *     room for as many; -EINVAL for a negative count; -EINTR; -EIO
   */
  public int poll(final @Nullable PollFds fds, final int count, final int timeoutMs) {
    return ppoll(fds, count, TimeUnit.MILLISECONDS.toNanos(timeoutMs));
  }

  /** ppoll(2): as poll, with a timeout in nanoseconds. There are no signals here. */
  public int ppoll(final @Nullable PollFds fds, final int count, final long timeoutNs) {
    if (count < 0) {
      return -Errno.EINVAL;
    }
    if (fds == null || count > fds.capacity()) {
      return -Errno.EFAULT;
    }
    fds.begin(table, count);
    try {
      engine.execution.turn();
      final int found = fds.look();
      return found != 0 || timeoutNs == 0 ? found : await(fds, timeoutNs);
    } finally {
      fds.end();
    }
  }

  private int await(final PollFds fds, final long timeoutNs) {
    final long startNs = engine.clock.nanoTime();
    long remainingNs = timeoutNs < 0 ? Execution.FOREVER : timeoutNs;
    while (true) {
      final int outcome = engine.execution.await(fds, 0, remainingNs);
      final int found = fds.look();
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

  /**
   * select(2), and pselect(2) without signals. The sets keep what is true; after an error they are
   * as they were.
   *
   * @param end descriptors below it are looked at
   * @param reads null is the same as empty, as with the others
   * @param timeoutNs nanoseconds; 0 does not wait, a negative one waits for ever
   * @return the number of bits that are left in all sets; -EBADF; -EINVAL for an {@code end} that
   *     is negative or beyond a set; -EINTR; -EIO
   */
  public int select(
      final int end,
      final @Nullable FdSet reads,
      final @Nullable FdSet writes,
      final @Nullable FdSet excepts,
      final long timeoutNs) {
    if (end < 0 || isBeyond(end, reads) || isBeyond(end, writes) || isBeyond(end, excepts)) {
      return -Errno.EINVAL;
    }
    final Selection selection = selection();
    try {
      final int refusal = selection.ask(table, end, reads, writes, excepts);
      final int found =
          refusal != 0 ? refusal : ppoll(selection.fds(), selection.count(), timeoutNs);
      return found < 0 ? found : selection.answer(reads, writes, excepts);
    } finally {
      giveBack(selection);
    }
  }

  private static boolean isBeyond(final int end, final @Nullable FdSet set) {
    return set != null && end > set.size();
  }

  private Selection selection() {
    selecting.lock();
    try {
      final Selection spare = selections.poll();
      return spare == null ? new Selection() : spare;
    } finally {
      selecting.unlock();
    }
  }

  private void giveBack(final Selection selection) {
    selecting.lock();
    try {
      selections.push(selection);
    } finally {
      selecting.unlock();
    }
  }

  // ---- epoll

  /** epoll_create1(2) with EPOLL_CLOEXEC or 0, else -EINVAL. Returns a descriptor, -EMFILE */
  public int epoll_create1(final int flags) {
    if ((flags & ~Epoll.EPOLL_CLOEXEC) != 0) {
      return -Errno.EINVAL;
    }
    final int fd = reserve((flags & Epoll.EPOLL_CLOEXEC) != 0);
    return fd < 0 ? fd : publish(fd, engine.epollSet());
  }

  /**
   * epoll_ctl(2).
   *
   * @param op EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL
   * @param data comes back with each event
   * @return 0; -EEXIST, -ENOENT; -EBADF; -EINVAL when {@code epfd} is no epoll set or the same as
   *     {@code fd}, or for an unknown op; -ELOOP when sets would watch each other in a circle, or
   *     more than four deep
   */
  public int epoll_ctl(
      final int epfd, final int op, final int fd, final int events, final long data) {
    final Pollable target = table.find(fd);
    final Pollable watcher = table.find(epfd);
    if (watcher == null || target == null) {
      return -Errno.EBADF;
    }
    if (watcher == target || !(watcher instanceof EpollSet set)) {
      return -Errno.EINVAL;
    }
    return switch (op) {
      case Epoll.EPOLL_CTL_ADD -> set.add(target, fd, events, data);
      case Epoll.EPOLL_CTL_MOD -> set.modify(target, fd, events, data);
      case Epoll.EPOLL_CTL_DEL -> set.remove(target, fd);
      default -> -Errno.EINVAL;
    };
  }

  /**
   * epoll_wait(2). In INLINE mode it always runs at least one duty cycle.
   *
   * @param maxEvents 1 up to the capacity of {@code events}, else -EINVAL
   * @param timeoutMs milliseconds; 0 does not wait, a negative one waits for ever
   * @return the number of events, 0 when the time is up; -EFAULT without somewhere to put them;
   *     -EINTR
   */
  public int epoll_wait(
      final int epfd, final EpollEvents events, final int maxEvents, final int timeoutMs) {
    final Pollable pollable = table.find(epfd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    if (!(pollable instanceof EpollSet set)) {
      return -Errno.EINVAL;
    }
    final long timeoutNs = TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    return isNull(events) ? -Errno.EFAULT : set.await(events, maxEvents, timeoutNs);
  }

  /** epoll_pwait2(2): as epoll_wait, with a timeout in nanoseconds. There are no signals here. */
  public int epoll_pwait2(
      final int epfd, final EpollEvents events, final int maxEvents, final long timeoutNs) {
    final Pollable pollable = table.find(epfd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    if (!(pollable instanceof EpollSet set)) {
      return -Errno.EINVAL;
    }
    return isNull(events) ? -Errno.EFAULT : set.await(events, maxEvents, timeoutNs);
  }
}
