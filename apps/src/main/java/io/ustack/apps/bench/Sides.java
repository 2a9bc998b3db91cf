package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.Mode;
import io.ustack.apps.StopSignal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who is measured in a place, and who beside it.
 *
 * @param baselineName as results name it
 * @param notes what results have to say of them
 */
record Sides(
    Contender contender,
    @Nullable Contender baseline,
    @Nullable String baselineName,
    List<String> notes)
    implements AutoCloseable {

  private static final String FORWARDING_CORE = "1";
  private static final int HEAP_MB = 1024;

  /** Half of it is for buffers, and a request that waits holds some 4 kB at each end. */
  private static final int LARGE_HEAP_MB = 2048;

  private static final int MANY_CONNECTIONS = 50_000;

  static Sides open(final BenchPlan plan, final Place place, final StopSignal stop)
      throws CommandFailure {
    return switch (place) {
      case PIPE -> pipe(plan, stop);
      case MEMIF -> memif(plan, stop);
      case NULL -> forward(plan, stop);
    };
  }

  private static Sides pipe(final BenchPlan plan, final StopSignal stop) throws CommandFailure {
    final Build other = plan.other();
    return together(
        pipe(plan, plan.build(), stop),
        other == null ? null : () -> pipe(plan, other, stop),
        other == null ? null : other.name(),
        List.of());
  }

  private static Contender pipe(final BenchPlan plan, final Build build, final StopSignal stop)
      throws CommandFailure {
    return OneProcess.start(
        build, stop, heapMb(plan.cells()), "pipe", EndProcess.ANY_CORE, new Fields());
  }

  /** Of a process with both ends of a pipe. */
  static int heapMb(final List<Cell> cells) {
    final boolean many =
        cells.stream()
            .anyMatch(
                cell -> cell.kind() != Cell.Kind.IDLE && cell.connections() > MANY_CONNECTIONS);
    return many ? LARGE_HEAP_MB : HEAP_MB;
  }

  private static Sides memif(final BenchPlan plan, final StopSignal stop) throws CommandFailure {
    final Build other = plan.other();
    if (other != null) {
      return together(
          memif(plan, plan.build(), stop, "a"),
          () -> memif(plan, other, stop, "b"),
          other.name(),
          List.of());
    }
    return together(
        memif(plan, plan.build(), stop, "a"),
        plan.kernel() ? () -> KernelContender.start(plan.build(), stop, plan.tso()) : null,
        plan.kernel() ? KernelContender.NAME : null,
        List.of());
  }

  /** The socket is in the abstract namespace, of which nothing can be left behind. */
  private static Contender memif(
      final BenchPlan plan, final Build build, final StopSignal stop, final String which)
      throws CommandFailure {
    final String socket = "ustack-bench-" + ProcessHandle.current().pid() + which;
    final Fields settings =
        Wire.MEMIF
            .at(socket)
            .with("mode", plan.mode())
            .with("transport", plan.transport())
            .with(Wire.ACCOUNT, plan.account())
            .with(Wire.STALLS, plan.stalls());
    final int threads = plan.mode() == Mode.DEDICATED ? 2 : 1;
    return TwoProcesses.start(build, stop, settings, threads, List.of(), List.of());
  }

  private static Sides forward(final BenchPlan plan, final StopSignal stop) throws CommandFailure {
    final NullMemory memory = NullMemory.ofThisMachine();
    final Build other = plan.other();
    final Contender forwarder = forward(plan.build(), memory, stop);
    if (other != null) {
      return together(
          forwarder, () -> forward(other, memory, stop), other.name(), List.of(memory.label()));
    }
    final Optional<Path> testpmd = TestpmdContender.program();
    if (testpmd.isEmpty()) {
      return new Sides(forwarder, null, null, List.of(memory.label(), TestpmdContender.MISSING));
    }
    return together(
        forwarder,
        () -> TestpmdContender.start(testpmd.get(), memory, stop),
        TestpmdContender.NAME,
        List.of(memory.label()));
  }

  private static Contender forward(
      final Build build, final NullMemory memory, final StopSignal stop) throws CommandFailure {
    final Fields settings = new Fields().with("memory", memory);
    return OneProcess.start(build, stop, HEAP_MB, "forward", FORWARDING_CORE, settings);
  }

  /** Starts a contender. */
  private interface Start {
    Contender contender() throws CommandFailure;
  }

  /** The second, once the first is there; none is left when that fails. */
  private static Sides together(
      final Contender first,
      final @Nullable Start second,
      final @Nullable String name,
      final List<String> notes)
      throws CommandFailure {
    boolean complete = false;
    try {
      final Contender baseline = second == null ? null : second.contender();
      complete = true;
      return new Sides(first, baseline, name, notes);
    } finally {
      if (!complete) {
        first.close();
      }
    }
  }

  @Override
  public void close() {
    contender.close();
    if (baseline != null) {
      baseline.close();
    }
  }
}
