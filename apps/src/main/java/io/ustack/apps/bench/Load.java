package io.ustack.apps.bench;

import org.HdrHistogram.Histogram;

/** The client's side of a cell. */
interface Load extends AutoCloseable {
  /** Begins to connect whatever stays connected; needs the server to run meanwhile. */
  void open();

  /** Whether everything is connected. */
  boolean isOpen();

  /** Waits for events up to {@code timeoutMs} and goes on. */
  void step(int timeoutMs);

  /** Operations completed: requests, connections, or bytes. */
  long operations();

  /** Nanoseconds from the beginning of each operation to its end; whoever reads it resets it. */
  Histogram latency();

  /** Closes its connections. */
  @Override
  void close();
}
