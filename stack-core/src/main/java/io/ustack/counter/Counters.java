package io.ustack.counter;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The counters of one shard. One thread adds, any thread reads: no lock, no read-modify-write on
 * shared state; a reader may see a value that is a moment old.
 */
public final class Counters {
  private final AtomicLongArray values = new AtomicLongArray(Counter.values().length);
  private final AtomicLongArray drops = new AtomicLongArray(DropReason.values().length);

  /** Counts one. Stack thread only. */
  public void increment(final Counter counter) {
    add(counter, 1);
  }

  /** Counts {@code amount}. Stack thread only. */
  public void add(final Counter counter, final long amount) {
    final int slot = counter.ordinal();
    values.setOpaque(slot, values.getPlain(slot) + amount);
  }

  /** Counts one drop. Stack thread only; the caller releases the packet. */
  public void drop(final DropReason reason) {
    final int slot = reason.ordinal();
    drops.setOpaque(slot, drops.getPlain(slot) + 1);
  }

  /** The value now. Any thread. */
  public long value(final Counter counter) {
    return values.getOpaque(counter.ordinal());
  }

  /** The number of drops for this reason. Any thread. */
  public long value(final DropReason reason) {
    return drops.getOpaque(reason.ordinal());
  }

  /** All drops. Any thread. */
  public long drops() {
    long sum = 0;
    for (int i = 0; i < drops.length(); i++) {
      sum += drops.getOpaque(i);
    }
    return sum;
  }
}
