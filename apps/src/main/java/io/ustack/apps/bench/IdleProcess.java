package io.ustack.apps.bench;

import com.sun.management.OperatingSystemMXBean;
import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.measure.Witness;
import java.lang.management.ManagementFactory;
import java.util.List;

/** Weighs idle connections in a process of its own, whose heap is large enough for them. */
final class IdleProcess {
  private static final int LEAST_MB = 512;

  /** More than both ends of a connection need, and what a collector needs to move them. */
  private static final int BYTES_PER_CONNECTION = 8192;

  /** Three collections of four leave a twentieth of the heap where it is, dead or not. */
  private static final String EVERYTHING_DEAD_GOES = "-XX:MarkSweepAlwaysCompactCount=1";

  private final Build build;
  private final StopSignal stop;

  IdleProcess(final Build build, final StopSignal stop) {
    this.build = build;
    this.stop = stop;
  }

  IdleResult weigh(final Cell cell) throws CommandFailure {
    final List<String> command =
        build.command(heapMb(cell.connections()), "idle", new Fields(), EVERYTHING_DEAD_GOES);
    try (EndProcess end =
        EndProcess.start("idle end", EndProcess.ANY_CORE, List.of(), command, stop)) {
      final String jdk = end.expectReady(List.of()).text("jdk");
      final Witness witness = new Witness();
      witness.begin();
      end.tell("weigh " + cell.connections());
      final Fields weight = end.expect("weight", List.of());
      witness.end();
      return IdleResult.of(
          new Subject(cell, "pipe", "inline", "", jdk, List.of()), weight, witness.doubts());
    }
  }

  private static int heapMb(final int connections) throws CommandFailure {
    final long needed = LEAST_MB + (((long) connections * BYTES_PER_CONNECTION) >> 20);
    final long machine =
        ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize()
            >> 20;
    if (needed > machine / 4 * 3) {
      throw new CommandFailure(
          "idle-"
              + connections
              + " wants a heap of "
              + needed
              + " MB, and this machine has "
              + machine
              + " MB: ask for fewer connections");
    }
    return (int) needed;
  }
}
