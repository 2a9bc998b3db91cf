package io.ustack.posix;

import org.jspecify.annotations.Nullable;

/** {@link Posix}: descriptors come, change and go. */
abstract class DescriptorCalls {
  final SocketEngine engine;
  final FdTable table;

  DescriptorCalls(final SocketEngine engine, final int descriptors) {
    this.engine = engine;
    table = new FdTable(descriptors, engine.execution.newLock());
  }

  /**
   * socket(2).
   *
   * @param domain AF_INET, else -EAFNOSUPPORT
   * @param type SOCK_STREAM or SOCK_DGRAM, with SOCK_NONBLOCK and SOCK_CLOEXEC or without; -EINVAL,
   *     -ESOCKTNOSUPPORT
   * @param protocol 0 or what goes with the type, else -EPROTONOSUPPORT
   * @return the lowest free descriptor, or -EMFILE
   */
  public int socket(final int domain, final int type, final int protocol) {
    final int refusal = SocketKind.refuse(domain, type, protocol);
    if (refusal != 0) {
      return refusal;
    }
    final int fd = reserve((type & SocketOption.SOCK_CLOEXEC) != 0);
    if (fd < 0) {
      return fd;
    }
    final StackSocket socket = SocketKind.isStream(type) ? engine.tcpSocket() : engine.udpSocket();
    socket.nonBlocking((type & SocketOption.SOCK_NONBLOCK) != 0);
    return publish(fd, socket);
  }

  /**
   * socketpair(2): two ends that are connected, for threads of this process; no frame comes of it.
   *
   * @param domain AF_UNIX, which can be had in pairs only; -EOPNOTSUPP for AF_INET
   * @param type SOCK_STREAM, SOCK_DGRAM or SOCK_SEQPACKET, with SOCK_NONBLOCK and SOCK_CLOEXEC or
   *     without
   * @param fds receives two descriptors
   * @return 0; -EFAULT without room for two; -EMFILE; and as {@link #socket}
   */
  public int socketpair(
      final int domain, final int type, final int protocol, final int @Nullable [] fds) {
    final int refusal = SocketKind.refusePair(domain, type, protocol);
    if (refusal != 0) {
      return refusal;
    }
    if (fds == null || fds.length < 2) {
      return -Errno.EFAULT;
    }
    final LocalSocket end = LocalSocket.pair(engine, SocketKind.typeOf(type));
    final int one = open(end, type);
    final int two = one < 0 ? one : open(end.peer(), type);
    if (two < 0) {
      close(one);
      return two;
    }
    fds[0] = one;
    fds[1] = two;
    return 0;
  }

  /**
   * eventfd(2): a counter of 64 bits, moved by read and write as eight bytes in the machine's
   * order. Also in INLINE mode any thread may write to it, to wake the one that waits.
   *
   * @param initial the count; unsigned
   * @param flags EFD_SEMAPHORE, EFD_NONBLOCK, EFD_CLOEXEC; else -EINVAL
   * @return the lowest free descriptor, or -EMFILE
   */
  public int eventfd(final int initial, final int flags) {
    final int known = SocketOption.EFD_SEMAPHORE | SocketOption.O_NONBLOCK | SocketOption.O_CLOEXEC;
    if ((flags & ~known) != 0) {
      return -Errno.EINVAL;
    }
    final boolean semaphore = (flags & SocketOption.EFD_SEMAPHORE) != 0;
    return open(new EventFd(engine, initial, semaphore), flags);
  }

  /**
   * timerfd_create(2). read gives the number of expirations, eight bytes in the machine's order.
   *
   * <p>DEVIATION: Linux, timerfd_create(2) with CLOCK_REALTIME and the alarm clocks: -EINVAL, the
   * one clock is the stack's.
   *
   * @param clock CLOCK_MONOTONIC or CLOCK_BOOTTIME: either is the clock that the stack runs on
   * @param flags TFD_NONBLOCK, TFD_CLOEXEC; else -EINVAL
   * @return the lowest free descriptor, -EINVAL, -EMFILE
   */
  public int timerfd_create(final int clock, final int flags) {
    final boolean known =
        clock == SocketOption.CLOCK_MONOTONIC || clock == SocketOption.CLOCK_BOOTTIME;
    if (!known || (flags & ~(SocketOption.O_NONBLOCK | SocketOption.O_CLOEXEC)) != 0) {
      return -Errno.EINVAL;
    }
    return open(new TimerFd(engine), flags);
  }

  /**
   * timerfd_settime(2).
   *
   * @param flags TFD_TIMER_ABSTIME; TFD_TIMER_CANCEL_ON_SET, which does nothing with a clock that
   *     is never set
   * @param valueNs nanoseconds until it expires, or when on the stack's clock; 0 disarms it
   * @param intervalNs nanoseconds between expirations after the first; 0 for none
   * @param old receives what was set before
   * @return 0; -EBADF; -EINVAL of another kind of descriptor, for other flags or negative times;
   *     -EIO
   */
  public int timerfd_settime(
      final int fd,
      final int flags,
      final long valueNs,
      final long intervalNs,
      final @Nullable TimerSpec old) {
    final int known = SocketOption.TFD_TIMER_ABSTIME | SocketOption.TFD_TIMER_CANCEL_ON_SET;
    if ((flags & ~known) != 0 || valueNs < 0 || intervalNs < 0) {
      return -Errno.EINVAL;
    }
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    return pollable instanceof TimerFd timer
        ? timer.set(flags, valueNs, intervalNs, old)
        : -Errno.EINVAL;
  }

  /** timerfd_gettime(2). Returns 0; -EBADF; -EINVAL of another kind; -EFAULT; -EIO */
  public int timerfd_gettime(final int fd, final @Nullable TimerSpec now) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    if (!(pollable instanceof TimerFd timer)) {
      return -Errno.EINVAL;
    }
    return now == null ? -Errno.EFAULT : timer.get(now);
  }

  /** A number for what was just made, with the flags that all of them take. */
  private int open(final Pollable pollable, final int flags) {
    final int fd = reserve((flags & SocketOption.O_CLOEXEC) != 0);
    if (fd < 0) {
      return fd;
    }
    pollable.nonBlocking((flags & SocketOption.O_NONBLOCK) != 0);
    return publish(fd, pollable);
  }

  /**
   * close(2): the descriptor is free at once. With the last one a connection ends in the
   * background. Returns 0, -EBADF
   */
  public int close(final int fd) {
    return table.release(fd);
  }

  /**
   * dup(2): another number for the same socket or set, which is closed with its last number.
   * Returns the lowest free descriptor, -EBADF, -EMFILE
   */
  public int dup(final int fd) {
    return table.duplicate(fd, 0);
  }

  /**
   * dup2(2): lets {@code target} mean what {@code fd} means; what it meant before is closed.
   * Returns {@code target}, -EBADF, -EBUSY
   */
  public int dup2(final int fd, final int target) {
    return table.duplicateTo(fd, target);
  }

  /** dup3(2): as dup2, with O_CLOEXEC or 0. Also -EINVAL for other flags and equal numbers */
  public int dup3(final int fd, final int target, final int flags) {
    if ((flags & ~SocketOption.O_CLOEXEC) != 0 || fd == target) {
      return -Errno.EINVAL;
    }
    return closeOnExec(table.duplicateTo(fd, target), flags != 0);
  }

  /**
   * fcntl(2): F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD and F_SETFD (FD_CLOEXEC), F_GETFL (O_RDWR, and what
   * was set) and F_SETFL (O_NONBLOCK; O_APPEND, O_NOATIME and, of sockets, O_ASYNC are kept and
   * told again, as on Linux: sendfile refuses O_APPEND, the rest has no effect). Returns a
   * descriptor, flags or 0; -EINVAL, also of O_DIRECT; -EBADF, -EMFILE
   */
  public int fcntl(final int fd, final int command, final int argument) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    switch (command) {
      case SocketOption.F_DUPFD -> {
        return table.duplicate(fd, argument);
      }
      case SocketOption.F_DUPFD_CLOEXEC -> {
        return closeOnExec(table.duplicate(fd, argument), true);
      }
      case SocketOption.F_GETFD -> {
        return table.isCloseOnExec(fd) ? SocketOption.FD_CLOEXEC : 0;
      }
      case SocketOption.F_SETFD -> table.closeOnExec(fd, (argument & SocketOption.FD_CLOEXEC) != 0);
      case SocketOption.F_GETFL -> {
        return pollable.statusFlags();
      }
      case SocketOption.F_SETFL -> {
        if ((argument & SocketOption.O_DIRECT) != 0) {
          return -Errno.EINVAL;
        }
        // As Linux setfl. The signal of O_ASYNC has no receiver: F_SETOWN is not here.
        final int async = pollable instanceof StackSocket ? SocketOption.O_ASYNC : 0;
        pollable.statusFlags(argument, SocketOption.O_APPEND | SocketOption.O_NOATIME | async);
      }
      default -> {
        return -Errno.EINVAL;
      }
    }
    return 0;
  }

  /**
   * ioctl(2): FIONBIO, FIOCLEX, FIONCLEX; and what is asked comes back as the result: FIONREAD,
   * SIOCOUTQ, and of TCP SIOCOUTQNSD and SIOCATMARK.
   *
   * @param argument of FIONBIO: 0 or not
   * @return 0 or the number; -EBADF; -ENOTTY for another request, or one of another kind of
   *     descriptor; -EINVAL of a socket in the wrong state
   */
  public int ioctl(final int fd, final int request, final int argument) {
    final Pollable pollable = table.find(fd);
    if (pollable == null) {
      return -Errno.EBADF;
    }
    switch (request) {
      case SocketOption.FIONBIO -> pollable.nonBlocking(argument != 0);
      case SocketOption.FIOCLEX -> table.closeOnExec(fd, true);
      case SocketOption.FIONCLEX -> table.closeOnExec(fd, false);
      default -> {
        return pollable.inquire(request);
      }
    }
    return 0;
  }

  /** Takes a number. Returns it, -EMFILE */
  final int reserve(final boolean closeOnExec) {
    return closeOnExec(table.reserve(), closeOnExec);
  }

  private int closeOnExec(final int fd, final boolean on) {
    if (fd >= 0 && on) {
      table.closeOnExec(fd, true);
    }
    return fd;
  }

  /** Gives a reserved number its meaning. Returns it, or -EMFILE when the table was closed. */
  final int publish(final int fd, final Pollable pollable) {
    if (table.publish(fd, pollable)) {
      return fd;
    }
    pollable.close();
    return -Errno.EMFILE;
  }

  /** Callers without a null checker pass null all the same. */
  static boolean isNull(final @Nullable Object argument) {
    return argument == null;
  }
}
