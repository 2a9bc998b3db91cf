package io.ustack.posix;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What poll(2) is asked about and what it found, its array of {@code struct pollfd}: made once,
 * used for every call. One thread at a time.
 */
public final class PollFds extends Awaitable {
  /** What is reported whether asked or not, poll(2). */
  private static final int ALWAYS = Epoll.EPOLLERR | Epoll.EPOLLHUP;

  private static final int WRITES = Epoll.WRITE_KEY | Epoll.EPOLLWRBAND;

  private int[] fds;
  private int[] events;
  private int[] revents;

  /** What the descriptors mean, during a call. */
  private @Nullable Pollable[] pollables;

  private int count;

  /** Room for {@code capacity} descriptors, all of them -1, which is none. */
  public PollFds(final int capacity) {
    fds = new int[capacity];
    events = new int[capacity];
    revents = new int[capacity];
    pollables = new @Nullable Pollable[capacity];
    Arrays.fill(fds, -1);
  }

  /** How many descriptors fit. */
  public int capacity() {
    return fds.length;
  }

  /**
   * Asks about one.
   *
   * @param fd a descriptor; a negative one is passed over
   * @param wanted {@code EPOLLIN}, {@code EPOLLOUT}, ...: the numbers of poll(2) are the same
   */
  public void set(final int index, final int fd, final int wanted) {
    fds[index] = fd;
    events[index] = wanted;
    revents[index] = 0;
  }

  /** The descriptor at {@code index}. */
  public int fd(final int index) {
    return fds[index];
  }

  /** What is asked about it. */
  public int events(final int index) {
    return events[index];
  }

  /**
   * What the last call found of it: what was asked and is true, EPOLLERR, EPOLLHUP, or {@link
   * Epoll#POLLNVAL} for what is no descriptor.
   */
  public int revents(final int index) {
    return revents[index];
  }

  /** More room where it is needed; what was asked stays. */
  void ensure(final int capacity) {
    if (capacity > fds.length) {
      final int size = Math.max(capacity, 2 * fds.length);
      fds = Arrays.copyOf(fds, size);
      events = Arrays.copyOf(events, size);
      revents = Arrays.copyOf(revents, size);
      pollables = Arrays.copyOf(pollables, size);
    }
  }

  // ---- During a call

  /** Looks up what the first {@code number} descriptors mean. */
  void begin(final FdTable table, final int number) {
    count = number;
    for (int i = 0; i < count; i++) {
      pollables[i] = table.find(fds[i]);
    }
  }

  /** Lets go of what they meant. */
  void end() {
    Arrays.fill(pollables, 0, count, null);
    count = 0;
  }

  /** Notes what is true now. Returns of how many descriptors anything is */
  int look() {
    int found = 0;
    for (int i = 0; i < count; i++) {
      found(i, now(i));
      if (revents[i] != 0) {
        found++;
      }
    }
    return found;
  }

  /** Notes what is true of the descriptor at {@code index}. */
  void found(final int index, final int bits) {
    revents[index] = bits;
  }

  private int now(final int index) {
    if (fds[index] < 0) {
      return 0;
    }
    final Pollable pollable = pollables[index];
    return pollable == null || pollable.isClosed()
        ? Epoll.POLLNVAL
        : pollable.readiness() & (events[index] | ALWAYS);
  }

  @Override
  boolean isReady(final int anything) {
    for (int i = 0; i < count; i++) {
      if (now(i) != 0) {
        return true;
      }
    }
    return false;
  }

  @Override
  void enter(final int anything, final Thread self) {
    for (int i = 0; i < count; i++) {
      final Pollable pollable = pollables[i];
      if (pollable != null && reads(i)) {
        pollable.enterSharing(Epoll.READ_KEY, self);
      }
      if (pollable != null && writes(i)) {
        pollable.enterSharing(Epoll.WRITE_KEY, self);
      }
    }
  }

  @Override
  void leave(final int anything, final Thread self) {
    for (int i = 0; i < count; i++) {
      final Pollable pollable = pollables[i];
      if (pollable != null && reads(i)) {
        pollable.leaveSharing(Epoll.READ_KEY, self);
      }
      if (pollable != null && writes(i)) {
        pollable.leaveSharing(Epoll.WRITE_KEY, self);
      }
    }
  }

  private boolean writes(final int index) {
    return (events[index] & WRITES) != 0;
  }

  /** Errors and the end are told to readers and writers: who asks for neither waits with those. */
  private boolean reads(final int index) {
    return (events[index] & ~WRITES) != 0 || !writes(index);
  }
}
