package io.ustack.posix;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * Descriptors: numbers for sockets, epoll sets and the like. The lowest free number is given out,
 * from 3 on as in a process that has its standard streams. What has several numbers (dup(2)) is
 * closed with the last of them.
 *
 * <p>A call looks its object up once and works on the object, so a number that is closed and given
 * out anew while a thread still waits in the old object confuses nobody: the old one is closed, and
 * says so. Looking up takes no lock.
 */
final class FdTable {
  private static final int FIRST = 3;
  private static final int SMALLEST = 64;

  private final Lock lock;

  /** Under the lock; 0 once the table is closed. */
  private int limit;

  private volatile AtomicReferenceArray<@Nullable Pollable> slots =
      new AtomicReferenceArray<>(SMALLEST);

  /** One bit per number that is taken, and one per full word of those; under the lock. */
  private long[] taken = new long[SMALLEST >> 6];

  private long[] full = new long[1];

  /** One bit per number with FD_CLOEXEC; under the lock. */
  private long[] closeOnExec = new long[SMALLEST >> 6];

  /** Numbers below {@code limit}. */
  FdTable(final int limit, final Lock lock) {
    this.limit = limit;
    this.lock = lock;
    taken[0] = (1L << FIRST) - 1;
  }

  /** Takes the lowest free number, which names nothing yet. Returns it, or -EMFILE */
  int reserve() {
    lock.lock();
    try {
      final int fd = lowestFree();
      if (fd >= limit) {
        return -Errno.EMFILE;
      }
      take(fd);
      return fd;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a reserved number its meaning. Returns false when the table was closed meanwhile. */
  boolean publish(final int fd, final Pollable pollable) {
    lock.lock();
    try {
      if (limit == 0) {
        return false;
      }
      pollable.descriptors++;
      slots.setRelease(fd, pollable);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Another number for what {@code fd} means, the lowest free one from {@code least} on. Returns
   * it, -EBADF, -EINVAL for a {@code least} that no number can have, -EMFILE
   */
  int duplicate(final int fd, final int least) {
    lock.lock();
    try {
      final Pollable meant = find(fd);
      if (meant == null) {
        return -Errno.EBADF;
      }
      if (least < 0 || least >= limit) {
        return -Errno.EINVAL;
      }
      final int number = lowestFree(least);
      if (number >= limit) {
        return -Errno.EMFILE;
      }
      take(number);
      meant.descriptors++;
      slots.setRelease(number, meant);
      return number;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets {@code target} mean what {@code fd} means, and nothing else any more. Returns {@code
   * target}; -EBADF; -EBUSY when another thread is about to give it a meaning
   */
  int duplicateTo(final int fd, final int target) {
    final Pollable former;
    lock.lock();
    try {
      final Pollable meant = find(fd);
      if (meant == null || target < 0 || target >= limit) {
        return -Errno.EBADF;
      }
      former = find(target);
      if (fd == target) {
        return target;
      }
      if (former == meant) {
        closeOnExec[target >> 6] &= ~(1L << target);
        return target;
      }
      if (former == null) {
        if (isTaken(target)) {
          return -Errno.EBUSY;
        }
        take(target);
      }
      meant.descriptors++;
      slots.setRelease(target, meant);
      closeOnExec[target >> 6] &= ~(1L << target);
      if (former == null || --former.descriptors > 0) {
        return target;
      }
    } finally {
      lock.unlock();
    }
    former.close();
    return target;
  }

  /** Sets or clears FD_CLOEXEC of a number that is taken. */
  void closeOnExec(final int fd, final boolean on) {
    lock.lock();
    try {
      final long bit = 1L << fd;
      closeOnExec[fd >> 6] = on ? closeOnExec[fd >> 6] | bit : closeOnExec[fd >> 6] & ~bit;
    } finally {
      lock.unlock();
    }
  }

  /** Whether a number that is taken has FD_CLOEXEC. */
  boolean isCloseOnExec(final int fd) {
    lock.lock();
    try {
      return (closeOnExec[fd >> 6] & 1L << fd) != 0;
    } finally {
      lock.unlock();
    }
  }

  /** Gives out no more numbers. */
  void close() {
    lock.lock();
    try {
      limit = 0;
    } finally {
      lock.unlock();
    }
  }

  /** Gives a reserved number back. */
  void cancel(final int fd) {
    lock.lock();
    try {
      free(fd);
    } finally {
      lock.unlock();
    }
  }

  /** What the number means, or null. */
  @Nullable Pollable find(final int fd) {
    final AtomicReferenceArray<@Nullable Pollable> current = slots;
    return fd < 0 || fd >= current.length() ? null : current.getAcquire(fd);
  }

  /**
   * Frees the number, and closes what it meant when that has no other. Returns 0; -EBADF when it
   * meant nothing; or what closing says
   */
  int release(final int fd) {
    final Pollable meant;
    final boolean atOnce;
    lock.lock();
    try {
      meant = find(fd);
      if (meant == null) {
        return -Errno.EBADF;
      }
      slots.setRelease(fd, null);
      free(fd);
      if (--meant.descriptors > 0) {
        return 0;
      }
      atOnce = limit == 0; // as at the end of a process nothing waits
    } finally {
      lock.unlock();
    }
    return atOnce ? meant.closeAtOnce() : meant.close();
  }

  /** Numbers below this one may have a meaning. */
  int end() {
    return slots.length();
  }

  private boolean isTaken(final int fd) {
    return fd >> 6 < taken.length && (taken[fd >> 6] & 1L << fd) != 0;
  }

  private void take(final int fd) {
    while (fd >= slots.length()) {
      grow();
    }
    final int word = fd >> 6;
    taken[word] |= 1L << fd;
    if (taken[word] == -1L) {
      full[word >> 6] |= 1L << word;
    }
  }

  /** From {@code least} on; looks at one number after the other. */
  private int lowestFree(final int least) {
    int fd = least;
    while (isTaken(fd)) {
      fd++;
    }
    return fd;
  }

  private int lowestFree() {
    for (int i = 0; i < full.length; i++) {
      if (full[i] != -1L) {
        final int word = (i << 6) + Long.numberOfTrailingZeros(~full[i]);
        return word < taken.length
            ? (word << 6) + Long.numberOfTrailingZeros(~taken[word])
            : word << 6;
      }
    }
    return full.length << 12;
  }

  private void free(final int fd) {
    final int word = fd >> 6;
    taken[word] &= ~(1L << fd);
    full[word >> 6] &= ~(1L << word);
    closeOnExec[word] &= ~(1L << fd);
  }

  private void grow() {
    final AtomicReferenceArray<@Nullable Pollable> old = slots;
    final AtomicReferenceArray<@Nullable Pollable> larger =
        new AtomicReferenceArray<>(old.length() * 2);
    for (int i = 0; i < old.length(); i++) {
      larger.setPlain(i, old.getPlain(i));
    }
    taken = Arrays.copyOf(taken, larger.length() >> 6);
    closeOnExec = Arrays.copyOf(closeOnExec, taken.length);
    full = Arrays.copyOf(full, (taken.length + 63) >> 6);
    slots = larger;
  }

  /** The socket that the number names; null when it names none. */
  @Nullable StackSocket socket(final int fd) {
    return find(fd) instanceof StackSocket socket ? socket : null;
  }

  /** Why a number names no socket: -EBADF or -ENOTSOCK. */
  int notSocket(final int fd) {
    return find(fd) == null ? -Errno.EBADF : -Errno.ENOTSOCK;
  }

  /** What Linux would complain of first: the number, or what is wrong with the other arguments. */
  int firstOf(final int fd, final @Nullable StackSocket socket, final int refusal) {
    return socket == null ? notSocket(fd) : refusal;
  }
}
