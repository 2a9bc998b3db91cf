package io.ustack.buffer;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes the rings that share it may hold in all. A ring asks before it grows; so much that
 * nobody is left with nothing it gets beyond the limit, too ({@link ByteRing}).
 *
 * <p>Any thread; asked when a ring grows or ends, not per packet.
 */
public final class MemoryBudget {
  private final long limitBytes;
  private final AtomicLong usedBytes = new AtomicLong();

  /** Storage that rings have given back; nobody uses it. */
  final SpareStorage spare = new SpareStorage();

  /** A budget of {@code limitBytes}, of which nothing is used. */
  public MemoryBudget(final long limitBytes) {
    if (limitBytes < 0) {
      throw new IllegalArgumentException("limit " + limitBytes);
    }
    this.limitBytes = limitBytes;
  }

  /** Bytes that the rings hold now. */
  public long used() {
    return usedBytes.get();
  }

  /** Bytes that can still be had; negative when more is in use than the limit. */
  public long left() {
    return limitBytes - used();
  }

  /** More than seven eighths are used: who needs no memory now should give back what it has. */
  public boolean isTight() {
    return used() > limitBytes - (limitBytes >> 3);
  }

  /** Takes so many bytes, or none when that would pass the limit. */
  boolean take(final int bytes) {
    final boolean granted = usedBytes.addAndGet(bytes) <= limitBytes;
    if (!granted) {
      give(bytes);
    }
    return granted;
  }

  /** Takes so many bytes, limit or not. */
  void takeAnyway(final int bytes) {
    usedBytes.addAndGet(bytes);
  }

  void give(final int bytes) {
    usedBytes.addAndGet(-bytes);
  }
}
