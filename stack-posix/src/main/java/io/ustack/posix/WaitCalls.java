package io.ustack.posix;

/** {@link Posix}: waiting for many. */
abstract class WaitCalls extends DataCalls {
  WaitCalls(final SocketEngine engine, final int descriptors) {
    super(engine, descriptors);
  }

  /** epoll_create1(2) with EPOLL_CLOEXEC or 0, else -EINVAL. Returns a descriptor, -EMFILE */
  public int epoll_create1(final int flags) {
    if ((flags & ~Epoll.EPOLL_CLOEXEC) != 0) {
      return -Errno.EINVAL;
    }
    final int fd = table.reserve();
    return fd < 0 ? fd : publish(fd, engine.epollSet());
  }

  /**
   * epoll_ctl(2).
   *
   * @param op EPOLL_CTL_ADD, EPOLL_CTL_MOD or EPOLL_CTL_DEL
   * @param data comes back with each event
   * @return 0; -EEXIST, -ENOENT; -EBADF; -EINVAL when {@code epfd} is no epoll set or the same as
   *     {@code fd}, or for an unknown op; -EPERM when {@code fd} is another epoll set
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
      case Epoll.EPOLL_CTL_ADD -> set.add(target, events, data);
      case Epoll.EPOLL_CTL_MOD -> set.modify(target, events, data);
      case Epoll.EPOLL_CTL_DEL -> set.remove(target);
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
    return isNull(events) ? -Errno.EFAULT : set.await(events, maxEvents, timeoutMs);
  }
}
