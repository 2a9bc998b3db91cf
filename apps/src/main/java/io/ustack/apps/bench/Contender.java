package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;

/**
 * A server and who asks it, over some wire: one side of a comparison. Between blocks it rests and
 * costs no CPU, so that another one can be measured.
 */
interface Contender extends AutoCloseable {
  /** Connects what the cell needs. */
  void open(Cell cell) throws CommandFailure;

  /** Works for so long. */
  Block block(long durationNs) throws CommandFailure;

  /** Closes what {@link #open} opened. */
  void shut() throws CommandFailure;

  /** The version of the JDK that it runs on; empty when it runs on none. */
  default String jdk() {
    return System.getProperty("java.version");
  }

  /** Ends whatever runs. */
  @Override
  void close();
}
