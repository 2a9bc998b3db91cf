package io.ustack.apps.bench.stall;

/**
 * Something that a JVM has done to its threads, from its log.
 *
 * @param name as the JVM calls it
 * @param calledNs when it was asked for, System.nanoTime; threads may have run on since
 * @param beginNs when all threads had stopped for it
 * @param endNs when they could go on
 */
public record JvmEvent(Kind kind, String name, long calledNs, long beginNs, long endNs) {
  /** What kind of thing. */
  public enum Kind {
    /** A safepoint in which garbage was collected. */
    COLLECTION,
    /** Another safepoint. */
    SAFEPOINT,
    /** Something that single threads do, or are kept waiting for: they need not all stop. */
    HANDSHAKE,
    /** Compiled code that may not be entered any more. */
    DEOPTIMISATION
  }

  /** For how much of that time the threads had stopped. */
  long stoppedNs(final long fromNs, final long toNs) {
    return common(fromNs, toNs, beginNs);
  }

  /** The same, from the moment that it was asked for. */
  long aroundNs(final long fromNs, final long toNs) {
    return common(fromNs, toNs, calledNs);
  }

  /** Whether it ended then. */
  boolean isIn(final long fromNs, final long toNs) {
    return endNs - fromNs >= 0 && endNs - toNs <= 0;
  }

  private long common(final long fromNs, final long toNs, final long sinceNs) {
    final long last = Math.min(toNs - fromNs, endNs - fromNs);
    return Math.max(0, last - Math.max(0, sinceNs - fromNs));
  }
}
