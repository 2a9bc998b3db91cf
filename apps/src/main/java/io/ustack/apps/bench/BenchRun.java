package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Measures what a plan says, and hands over each result as soon as it is there. */
final class BenchRun {
  private final BenchPlan plan;
  private final StopSignal stop;
  private final Consumer<Result> results;
  private final WarmUp warmUp;

  BenchRun(final BenchPlan plan, final StopSignal stop, final Consumer<Result> results) {
    this.plan = plan;
    this.stop = stop;
    this.results = results;
    warmUp = WarmUp.of(plan.pace().warmUp(), stop);
  }

  /** Everything. */
  void run() throws CommandFailure {
    final Build compared = plan.other();
    if (compared != null) {
      compared.prepare(stop);
      compared.checkKnows(plan.cells());
    }
    for (final BenchPlan.Stage stage : plan.stages()) {
      final List<Cell> moving =
          stage.cells().stream().filter(cell -> cell.kind() != Cell.Kind.IDLE).toList();
      if (!moving.isEmpty()) {
        try (Sides sides = Sides.open(plan, stage.place(), stop)) {
          for (final Cell cell : moving) {
            measure(sides, stage.place(), cell);
          }
        }
      }
      for (final Cell cell : stage.cells()) {
        if (cell.kind() == Cell.Kind.IDLE) {
          weigh(cell);
        }
      }
    }
  }

  private void measure(final Sides sides, final Place place, final Cell cell)
      throws CommandFailure {
    final Rate rate = plan.rate();
    if (rate == null || !cell.kind().isRequests() || cell.ratePerSec() > 0) {
      measure(sides, place, cell, plan.pace());
    } else if (rate.isShare()) {
      final CellResult closed = measure(sides, place, cell, Comparison.Pace.QUICK);
      // Whose rate is doubtful, half of it is, too.
      final List<String> doubts =
          closed.doubts().stream().map(doubt -> "the closed loop before it: " + doubt).toList();
      measure(sides, place, cell.at(rate.of(closed.opsPerSec())), plan.pace(), doubts);
    } else {
      measure(sides, place, cell.at(rate.perSec()), plan.pace());
    }
  }

  private CellResult measure(
      final Sides sides, final Place place, final Cell cell, final Comparison.Pace pace)
      throws CommandFailure {
    return measure(sides, place, cell, pace, List.of());
  }

  private CellResult measure(
      final Sides sides,
      final Place place,
      final Cell cell,
      final Comparison.Pace pace,
      final List<String> doubts)
      throws CommandFailure {
    final Comparison.Measured measured =
        new Comparison(sides.contender(), sides.baseline(), pace, warmUp, stop).run(cell);
    final boolean memif = place == Place.MEMIF;
    final Subject subject =
        new Subject(
            cell,
            place.label(),
            memif ? lower(plan.mode()) : "inline",
            memif ? lower(plan.transport()) : "",
            sides.contender().jdk(),
            sides.notes());
    final CellResult result =
        CellResult.of(
            subject,
            sides.baselineName(),
            measured.doubted(doubts).doubted(memif ? Cores.doubts(plan.busyThreads()) : List.of()),
            sides.contender().events());
    results.accept(result);
    if (measured.broken() != null) {
      throw measured.broken();
    }
    return result;
  }

  private static String lower(final Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private void weigh(final Cell cell) throws CommandFailure {
    final IdleResult ours = new IdleProcess(plan.build(), stop).weigh(cell);
    final Build other = plan.other();
    results.accept(
        other == null ? ours : ours.beside(other.name(), new IdleProcess(other, stop).weigh(cell)));
  }
}
