package io.ustack.apps.bench;

import io.ustack.apps.bench.stall.JvmEvent;
import io.ustack.apps.bench.stall.StallTable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One cell's figures: medians over the blocks, and the ratio to a baseline of the blocks beside
 * them.
 *
 * @param cpuNsPerOp CPU time of the server's threads per operation; on the pipe that is both ends
 *     together
 * @param bytesAllocatedPerOp heap bytes that these threads allocated per operation
 * @param clientCpuNsPerOp the same of the client's threads; 0 where one thread is both ends
 * @param work of the server's process in all measured blocks
 * @param clientWork of the client's
 * @param latency of all measured blocks in nanoseconds; empty where latency is not measured
 * @param unanswered how many of these had no answer when their block ended
 * @param baseline who was measured beside it
 * @param ratio operations per second, ours by the baseline's; 0 without one
 * @param lowerQuartile of the ratios; without a baseline of the rates, by the median
 * @param blocks of both sides
 * @param doubts why not to trust the figures
 * @param stalls of the server and of the client, by cause; empty where nobody looked for them
 */
record CellResult(
    Subject subject,
    double opsPerSec,
    double cpuNsPerOp,
    double bytesAllocatedPerOp,
    double clientCpuNsPerOp,
    Work work,
    Work clientWork,
    Histogram latency,
    long unanswered,
    @Nullable Baseline baseline,
    double ratio,
    double lowerQuartile,
    double upperQuartile,
    int blocks,
    List<String> doubts,
    List<StallTable> stalls)
    implements Result {
  /** Of each side; with fewer a figure is doubtful. */
  static final int FEWEST_BLOCKS = 8;

  /** Of the quartiles, by the median. */
  static final double WIDEST = 0.25;

  static final String FAR_APART = "the quartiles are far apart";
  private static final double KEPT_LEAST = 0.98;

  /** Of a closed loop's operations; with more p99.9 is of requests that nobody waited for. */
  private static final double UNANSWERED_MOST = 0.001;

  /** The share of the time that compilers may work. */
  static final double COMPILING_MOST = 0.05;

  /** Who was measured beside it, and what it did. */
  record Baseline(String name, double opsPerSec, double cpuNsPerOp, Histogram latency) {}

  /**
   * Sums up, without stalls.
   *
   * @param baseline the name of who was measured beside it
   */
  static CellResult of(
      final Subject subject, final @Nullable String baseline, final Comparison.Measured measured) {
    return of(subject, baseline, measured, List.of());
  }

  /**
   * Sums up.
   *
   * @param events of the JVMs of server and client; empty where nobody looked for stalls
   */
  static CellResult of(
      final Subject subject,
      final @Nullable String baseline,
      final Comparison.Measured measured,
      final List<List<JvmEvent>> events) {
    final List<Block> blocks = measured.ours();
    final double operations = Math.max(1, sum(blocks, Block::operations));
    final double[] spread = baseline == null ? rates(blocks) : ratios(measured);
    final double middle = quantile(spread, 0.5);
    final Work work = Work.sum(blocks.stream().map(Block::work).toList());
    final Work clientWork = Work.sum(blocks.stream().map(Block::clientWork).toList());
    return new CellResult(
        subject,
        quantile(rates(blocks), 0.5),
        work.cpuNs() / operations,
        work.allocatedBytes() / operations,
        clientWork.cpuNs() / operations,
        work,
        clientWork,
        latency(blocks),
        blocks.stream().mapToLong(Block::unanswered).sum(),
        baseline == null ? null : baseline(baseline, measured.theirs()),
        baseline == null ? 0 : middle,
        quantile(spread, 0.25) / (baseline == null ? middle : 1),
        quantile(spread, 0.75) / (baseline == null ? middle : 1),
        blocks.size() + measured.theirs().size(),
        doubts(subject.cell(), baseline, measured, spread),
        events.isEmpty()
            ? List.of()
            : List.of(
                StallTable.of(work.stalls(), events.get(0)),
                StallTable.of(clientWork.stalls(), events.get(1))));
  }

  private static Baseline baseline(final String name, final List<Block> blocks) {
    return new Baseline(
        name,
        quantile(rates(blocks), 0.5),
        Work.sum(blocks.stream().map(Block::work).toList()).cpuNs()
            / Math.max(1, sum(blocks, Block::operations)),
        latency(blocks));
  }

  private static Histogram latency(final List<Block> blocks) {
    final Histogram latency = new Histogram(1, 100_000_000_000L, 3);
    blocks.forEach(block -> latency.add(block.latency()));
    return latency;
  }

  private static double[] rates(final List<Block> blocks) {
    return blocks.stream().mapToDouble(Block::operationsPerSecond).sorted().toArray();
  }

  private static double[] ratios(final Comparison.Measured measured) {
    final double[] ratios = new double[measured.pairs()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] =
          measured.ours().get(i).operationsPerSecond()
              / measured.theirs().get(i).operationsPerSecond();
    }
    Arrays.sort(ratios);
    return ratios;
  }

  private static List<String> doubts(
      final Cell cell,
      final @Nullable String baseline,
      final Comparison.Measured measured,
      final double[] spread) {
    final List<String> doubts = new ArrayList<>(measured.doubts());
    if (measured.broken() != null) {
      doubts.add(String.valueOf(measured.broken().getMessage()));
    }
    if (measured.ours().size() < FEWEST_BLOCKS) {
      doubts.add("only " + measured.ours().size() + " blocks");
    }
    final double median = quantile(spread, 0.5);
    if (!(median > 0 && quantile(spread, 0.75) - quantile(spread, 0.25) <= WIDEST * median)) {
      doubts.add(FAR_APART);
    }
    doubts.addAll(doubts(cell, measured.ours()));
    if (baseline != null) {
      doubts(cell, measured.theirs()).forEach(doubt -> doubts.add(baseline + ": " + doubt));
    }
    return doubts;
  }

  /** What one side's blocks say against themselves. */
  private static List<String> doubts(final Cell cell, final List<Block> blocks) {
    final List<String> doubts = new ArrayList<>();
    final double lost = sum(blocks, Block::lostFrames);
    if (lost > 0) {
      doubts.add("%.0f frames were lost".formatted(lost));
    }
    final double answered = quantile(rates(blocks), 0.5);
    if (answered < KEPT_LEAST * cell.ratePerSec()) {
      doubts.add("only %.0f of %d requests a second".formatted(answered, cell.ratePerSec()));
    }
    final double unanswered = sum(blocks, Block::unanswered);
    final double most = cell.ratePerSec() > 0 ? 0 : UNANSWERED_MOST;
    if (unanswered > most * sum(blocks, Block::operations)) {
      doubts.add(
          "%.0f %s had no answer when their block ended".formatted(unanswered, cell.kind().unit()));
    }
    if (compiling(blocks) > COMPILING_MOST) {
      doubts.add("the code was still being compiled");
    }
    return doubts;
  }

  /** The share of the time that compilers worked in a process. */
  private static double compiling(final List<Block> blocks) {
    final double elapsedNs = Math.max(1, sum(blocks, Block::elapsedNs));
    final Work both = Work.sum(blocks.stream().map(Block::work).toList());
    final Work client = Work.sum(blocks.stream().map(Block::clientWork).toList());
    return Math.max(both.compilerNs(), client.compilerNs()) / elapsedNs;
  }

  private static double sum(final List<Block> blocks, final ToDoubleFunction<Block> what) {
    return blocks.stream().mapToDouble(what).sum();
  }

  private static double quantile(final double[] sorted, final double q) {
    return sorted[(int) (q * (sorted.length - 1) + 0.5)];
  }

  /** What was measured in nanoseconds, per operation. */
  Map<String, Double> perOp(final Map<String, Long> ns) {
    final double operations = work.cpuNs() / cpuNsPerOp;
    final Map<String, Double> each = new TreeMap<>();
    ns.forEach((name, all) -> each.put(name, all / operations));
    return each;
  }

  /** A percentile in microseconds, 0 where latency is not measured. */
  static double us(final Histogram latency, final double percentile) {
    return latency.getTotalCount() == 0 ? 0 : latency.getValueAtPercentile(percentile) / 1e3;
  }

  Cell cell() {
    return subject.cell();
  }

  double gbitPerSec() {
    return cell().kind().isBulk() ? opsPerSec * 8 / 1e9 : 0;
  }

  @Override
  public String line() {
    return CellText.line(this);
  }

  @Override
  public String json() {
    return CellText.json(this);
  }
}
