package io.ustack.posix;

import org.jspecify.annotations.Nullable;

/** select(2) in terms of poll(2), as Linux do_select. Made once, used for many calls. */
final class Selection {
  // What fs/select.c counts as readable, writable and exceptional.
  private static final int IN =
      Epoll.READ_KEY | Epoll.EPOLLRDBAND | Epoll.EPOLLHUP | Epoll.EPOLLERR;
  private static final int OUT = Epoll.WRITE_KEY | Epoll.EPOLLWRBAND | Epoll.EPOLLERR;
  private static final int EXCEPT = Epoll.EPOLLPRI;

  private final PollFds fds = new PollFds(16);
  private int count;

  PollFds fds() {
    return fds;
  }

  int count() {
    return count;
  }

  /**
   * Asks about what is in the sets below {@code end}. Returns 0, -EBADF
   *
   * <p>DEVIATION: Linux, select(2) above the largest descriptor: it looks at no bit above its table
   * of descriptors; here they are EBADF as POSIX has it.
   */
  int ask(
      final FdTable table,
      final int end,
      final @Nullable FdSet reads,
      final @Nullable FdSet writes,
      final @Nullable FdSet excepts) {
    count = 0;
    for (int fd = 0; fd < end; fd++) {
      final int events =
          (has(reads, fd) ? IN : 0) | (has(writes, fd) ? OUT : 0) | (has(excepts, fd) ? EXCEPT : 0);
      if (events != 0) {
        if (table.find(fd) == null) {
          return -Errno.EBADF;
        }
        fds.ensure(count + 1);
        fds.set(count++, fd, events);
      }
    }
    return 0;
  }

  /**
   * Leaves in the sets what is true. Returns how many bits that are; -EBADF when a descriptor was
   * closed meanwhile, and the sets are as they were
   */
  int answer(
      final @Nullable FdSet reads, final @Nullable FdSet writes, final @Nullable FdSet excepts) {
    for (int i = 0; i < count; i++) {
      if ((fds.revents(i) & Epoll.POLLNVAL) != 0) {
        return -Errno.EBADF;
      }
    }
    int bits = 0;
    for (int i = 0; i < count; i++) {
      bits += keep(reads, i, IN) + keep(writes, i, OUT) + keep(excepts, i, EXCEPT);
    }
    return bits;
  }

  private static boolean has(final @Nullable FdSet set, final int fd) {
    return set != null && set.isSet(fd);
  }

  private int keep(final @Nullable FdSet set, final int index, final int meaning) {
    final int fd = fds.fd(index);
    if (!has(set, fd) || set == null) {
      return 0;
    }
    if ((fds.revents(index) & meaning) != 0) {
      return 1;
    }
    set.clear(fd);
    return 0;
  }
}
