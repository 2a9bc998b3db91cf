package io.ustack.posix;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/**
 * Descriptors: numbers for sockets and epoll sets. The lowest free number is given out, from 3 on
 * as in a process that has its standard streams.
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
      if (fd >= slots.length()) {
        grow();
      }
      final int word = fd >> 6;
      taken[word] |= 1L << fd;
      if (taken[word] == -1L) {
        full[word >> 6] |= 1L << word;
      }
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
      slots.setRelease(fd, pollable);
      return true;
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

  /** Frees the number and says what it meant; null when it meant nothing. */
  @Nullable Pollable remove(final int fd) {
    lock.lock();
    try {
      final Pollable meant = find(fd);
      if (meant != null) {
        slots.setRelease(fd, null);
        free(fd);
      }
      return meant;
    } finally {
      lock.unlock();
    }
  }

  /** Numbers below this one may have a meaning. */
  int end() {
    return slots.length();
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
  }

  private void grow() {
    final AtomicReferenceArray<@Nullable Pollable> old = slots;
    final AtomicReferenceArray<@Nullable Pollable> larger =
        new AtomicReferenceArray<>(old.length() * 2);
    for (int i = 0; i < old.length(); i++) {
      larger.setPlain(i, old.getPlain(i));
    }
    taken = Arrays.copyOf(taken, larger.length() >> 6);
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
