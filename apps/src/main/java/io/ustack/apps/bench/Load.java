package io.ustack.apps.bench;

import org.HdrHistogram.Histogram;

/** The client's side of a cell. */
interface Load extends AutoCloseable {
  /** Begins to connect whatever stays connected; needs the server to run meanwhile. */
  void open();

  /** Whether everything is connected. */
  boolean isOpen();

  /**
   * A block of so long begins. What was asked before it has waited while nobody worked: its latency
   * says nothing and is not recorded.
   */
  void begin(long nowNs, long durationNs);

  /** Whether the block can't end yet: in an open loop, something that is due has no answer. */
  default boolean owes() {
    return false;
  }

  /** Waits for events up to {@code timeoutMs} and goes on. */
  void step(int timeoutMs);

  /**
   * The block has ended. Records in {@link #latency} how long those have waited so far that have no
   * answer, as far as that says something of the tail.
   *
   * @return how many were recorded so
   */
  default long end(final long nowNs) {
    return 0;
  }

  /** Operations completed: requests, connections, or bytes. */
  long operations();

  /** Nanoseconds from the beginning of each operation to its end; whoever reads it resets it. */
  Histogram latency();

  /** Closes its connections. */
  @Override
  void close();
}
