package io.ustack.counter;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The counters of one shard. One thread adds, any thread reads: no lock, no read-modify-write on
 * shared state; a reader may see a value that is a moment old.
 *
 * <p>The stack thread writes plainly, which on 64 bits is whole; what it writes to sockets and
 * links in each cycle keeps the writes from being held back.
 */
public final class Counters {
  private static final VarHandle VALUES = MethodHandles.arrayElementVarHandle(long[].class);

  /** Empty places before and behind, so that nothing else lies in their cache lines. */
  private static final int SLACK = 128 / Long.BYTES;

  private final long[] values = new long[SLACK + Counter.values().length + SLACK];
  private final long[] drops = new long[SLACK + DropReason.values().length + SLACK];

  /** What several have counted together, now; a copy of the caller's. Any thread. */
  public static Counters sum(final Iterable<Counters> several) {
    final Counters sum = new Counters();
    for (final Counters each : several) {
      for (final Counter counter : Counter.values()) {
        sum.add(counter, each.value(counter));
      }
      for (final DropReason reason : DropReason.values()) {
        sum.drops[SLACK + reason.ordinal()] += each.value(reason);
      }
    }
    return sum;
  }

  /** Counts one. Stack thread only. */
  public void increment(final Counter counter) {
    add(counter, 1);
  }

  /** Counts {@code amount}. Stack thread only. */
  public void add(final Counter counter, final long amount) {
    values[SLACK + counter.ordinal()] += amount;
  }

  /** Counts one drop. Stack thread only; the caller releases the packet. */
  public void drop(final DropReason reason) {
    drops[SLACK + reason.ordinal()]++;
  }

  /** The value now. Any thread. */
  public long value(final Counter counter) {
    return (long) VALUES.getOpaque(values, SLACK + counter.ordinal());
  }

  /** The number of drops for this reason. Any thread. */
  public long value(final DropReason reason) {
    return (long) VALUES.getOpaque(drops, SLACK + reason.ordinal());
  }

  /** All drops. Any thread. */
  public long drops() {
    long sum = 0;
    for (int i = 0; i < drops.length; i++) {
      sum += (long) VALUES.getOpaque(drops, i);
    }
    return sum;
  }
}
