package io.ustack.posix;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What the threads of {@link SocketStormTest} share. */
final class Storm {
  final Posix posix;
  final AtomicLong bytesEchoed = new AtomicLong();
  final AtomicLong sessions = new AtomicLong();
  private final ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger threads = new AtomicInteger();
  private volatile boolean over;

  Storm(final Posix posix) {
    this.posix = posix;
  }

  /** Clients finish what they are at, and begin nothing more. */
  void end() {
    over = true;
  }

  boolean isOver() {
    return over || !failures.isEmpty();
  }

  void fail(final Throwable failure) {
    failures.add(failure);
  }

  /**
   * Starts a thread whose failure is the storm's: every other one is virtual, where the JVM has
   * such.
   */
  Thread start(final String name, final Runnable body) {
    final Runnable guarded =
        () -> {
          try {
            body.run();
          } catch (final Throwable e) {
            fail(e);
          }
        };
    return threads.getAndIncrement() % 2 == 0
        ? Threads.startVirtual(name, guarded)
        : Threads.start(name, guarded);
  }

  /** Throws the first failure, with the others behind it. */
  void check() {
    final Throwable first = failures.poll();
    if (first != null) {
      final AssertionError error = new AssertionError(failures.size() + " more", first);
      failures.forEach(error::addSuppressed);
      throw error;
    }
  }

  /** The byte at a position of the stream that belongs to {@code seed}. */
  static byte byteAt(final int seed, final long position) {
    return (byte) (seed + position * 31 + (position >> 8));
  }

  static void fill(
      final byte[] data, final int offset, final int length, final int seed, final long position) {
    for (int i = 0; i < length; i++) {
      data[offset + i] = byteAt(seed, position + i);
    }
  }

  /** A byte lost, doubled or moved shows here. */
  static void check(
      final byte[] data, final int offset, final int length, final int seed, final long position) {
    for (int i = 0; i < length; i++) {
      if (data[offset + i] != byteAt(seed, position + i)) {
        throw new AssertionError("wrong byte at " + (position + i) + " of " + seed);
      }
    }
  }
}
