package io.ustack.apps.bench;

import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;

/**
 * The latency of what began in one block: of what had its answer there, and a lower bound for what
 * shows by its age that it belongs to the tail. Left out, the slowest of all would be.
 */
final class BlockLatency {
  private static final long MOST_NS = 100_000_000_000L;

  /** Whoever has waited for longer than so many of those that were answered is in the tail. */
  private static final double TAIL_PERCENTILE = 99.9;

  private final Histogram ns = new Histogram(1, MOST_NS, 3);
  private long begunNs;

  /** A block begins. */
  void begin(final long nowNs) {
    begunNs = nowNs;
  }

  /**
   * One has its answer; what began before the block waited while nobody worked, and is left out.
   */
  void answered(final long sinceNs, final long nowNs) {
    if (isOfThisBlock(sinceNs)) {
      record(nowNs - sinceNs);
    }
  }

  /**
   * The block has ended. Records the age of those that wait and are older than 99.9 % of what was
   * answered. Those that are younger say nothing: most of them are as fast as the others.
   *
   * @param sinceNs since when each of those waits that have no answer
   * @return how many were recorded
   */
  long end(final long nowNs, final LongStream sinceNs) {
    final long boundNs = ns.getTotalCount() == 0 ? 0 : ns.getValueAtPercentile(TAIL_PERCENTILE);
    return record(nowNs, sinceNs, boundNs);
  }

  /**
   * The same for an open loop, in which everything that was due has been waited for: whatever has
   * no answer by then is in the tail.
   */
  long endOfAll(final long nowNs, final LongStream sinceNs) {
    return record(nowNs, sinceNs, 0);
  }

  private long record(final long nowNs, final LongStream sinceNs, final long boundNs) {
    final long[] waiting =
        sinceNs.filter(since -> isOfThisBlock(since) && nowNs - since > boundNs).toArray();
    for (final long since : waiting) {
      record(nowNs - since);
    }
    return waiting.length;
  }

  private boolean isOfThisBlock(final long sinceNs) {
    return sinceNs - begunNs >= 0;
  }

  private void record(final long latencyNs) {
    ns.recordValue(Math.min(MOST_NS, Math.max(1, latencyNs)));
  }

  /** Nanoseconds; whoever reads it resets it. */
  Histogram histogram() {
    return ns;
  }
}
