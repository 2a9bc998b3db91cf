package io.ustack.apps.bench;

/** The client's side of a cell. */
interface Load extends AutoCloseable {
  /** Connects whatever stays connected; needs the server to run meanwhile. */
  void open();

  /** Whether {@link #open} is complete. */
  boolean isOpen();

  /** Waits for events up to {@code timeoutMs} and goes on. */
  void step(int timeoutMs);

  /** Operations completed: requests, connections, or bytes sent. */
  long operations();

  /** Closes its connections. */
  @Override
  void close();
}
