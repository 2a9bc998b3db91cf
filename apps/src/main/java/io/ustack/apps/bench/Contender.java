package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.bench.stall.JvmEvent;
import java.util.List;

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

  /**
   * CPU time that the JIT compilers have used so far, of each of its processes in a fixed order;
   * empty when there are none.
   */
  default List<Long> compilerNs() {
    return List.of();
  }

  /**
   * What the JVMs of its ends, server and client, have done to their threads so far; empty where
   * nobody looks for stalls.
   */
  default List<List<JvmEvent>> events() throws CommandFailure {
    return List.of();
  }

  /** Ends whatever runs. */
  @Override
  void close();
}
