package io.ustack.apps.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One cell's figures: medians over the blocks, and the ratio to a baseline of the blocks beside
 * them.
 *
 * @param mode who is measured
 * @param cpuNsPerOp CPU time of the server's thread per operation; on the pipe that is both ends
 *     together
 * @param bytesAllocatedPerOp heap bytes that this thread allocated per operation
 * @param p50Us median latency in microseconds, 0 where latency is not measured
 * @param baseline who was measured beside it
 * @param ratio operations per second, ours by the baseline's; 0 without one
 * @param doubts why not to trust the figures
 */
record CellResult(
    Cell cell,
    String wire,
    String mode,
    double opsPerSec,
    double cpuNsPerOp,
    double bytesAllocatedPerOp,
    double p50Us,
    double p99Us,
    double p999Us,
    @Nullable String baseline,
    double ratio,
    double lowerQuartile,
    double upperQuartile,
    int blocks,
    List<String> doubts) {
  private static final int FEWEST_BLOCKS = 8;
  private static final double WIDEST = 0.25;

  static CellResult of(
      final Cell cell,
      final String wire,
      final String mode,
      final @Nullable String baseline,
      final Comparison.Measured measured) {
    final List<Block> blocks = measured.ours();
    final double operations = Math.max(1, sum(blocks, Block::operations));
    final Histogram latency = new Histogram(1, 10_000_000_000L, 3);
    blocks.forEach(block -> latency.add(block.latency()));
    final double[] spread =
        baseline == null
            ? blocks.stream().mapToDouble(Block::operationsPerSecond).sorted().toArray()
            : ratios(measured);
    final double middle = quantile(spread, 0.5);
    return new CellResult(
        cell,
        wire,
        mode,
        quantile(blocks.stream().mapToDouble(Block::operationsPerSecond).sorted().toArray(), 0.5),
        sum(blocks, Block::cpuNs) / operations,
        sum(blocks, Block::allocatedBytes) / operations,
        us(latency, 50),
        us(latency, 99),
        us(latency, 99.9),
        baseline,
        baseline == null ? 0 : middle,
        quantile(spread, 0.25) / (baseline == null ? middle : 1),
        quantile(spread, 0.75) / (baseline == null ? middle : 1),
        blocks.size() + measured.theirs().size(),
        doubts(measured, spread));
  }

  private static double[] ratios(final Comparison.Measured measured) {
    final double[] ratios = new double[measured.ours().size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] =
          measured.ours().get(i).operationsPerSecond()
              / measured.theirs().get(i).operationsPerSecond();
    }
    Arrays.sort(ratios);
    return ratios;
  }

  private static List<String> doubts(final Comparison.Measured measured, final double[] spread) {
    final List<String> doubts = new ArrayList<>(measured.doubts());
    if (measured.ours().size() < FEWEST_BLOCKS) {
      doubts.add("only " + measured.ours().size() + " blocks");
    }
    if (quantile(spread, 0.75) - quantile(spread, 0.25) > WIDEST * quantile(spread, 0.5)) {
      doubts.add("the quartiles are far apart");
    }
    final double lost = sum(measured.ours(), Block::lostFrames);
    if (lost > 0) {
      doubts.add("%.0f frames were lost".formatted(lost));
    }
    return doubts;
  }

  private static double sum(final List<Block> blocks, final ToDoubleFunction<Block> what) {
    return blocks.stream().mapToDouble(what).sum();
  }

  private static double us(final Histogram latency, final double percentile) {
    return latency.getTotalCount() == 0 ? 0 : latency.getValueAtPercentile(percentile) / 1e3;
  }

  private static double quantile(final double[] sorted, final double q) {
    return sorted[(int) (q * (sorted.length - 1) + 0.5)];
  }

  /** Whether nothing speaks against the figures. */
  boolean isTrusted() {
    return doubts.isEmpty();
  }

  private double gbitPerSec() {
    return cell.kind().isBulk() ? opsPerSec * 8 / 1e9 : 0;
  }

  /** One readable line. */
  String line() {
    final StringBuilder line = new StringBuilder();
    line.append(String.format(Locale.ROOT, "%-5s %-12s ", wire, cell));
    if (cell.kind().isBulk()) {
      line.append(
          String.format(
              Locale.ROOT,
              "%8.2f Gbit/s  %6.3f ns CPU/byte  %8.4f bytes allocated/kB",
              gbitPerSec(),
              cpuNsPerOp,
              bytesAllocatedPerOp * 1000));
    } else {
      line.append(
          String.format(
              Locale.ROOT,
              "%10.0f %s/s  %7.0f ns CPU/op  %8.3f bytes allocated/op  p50 %.1f us  p99 %.1f us"
                  + "  p99.9 %.1f us",
              opsPerSec,
              cell.kind().unit(),
              cpuNsPerOp,
              bytesAllocatedPerOp,
              p50Us,
              p99Us,
              p999Us));
    }
    if (baseline != null) {
      line.append(
          String.format(
              Locale.ROOT,
              "  %.2f x %s (%.2f, %.2f)",
              ratio,
              baseline,
              lowerQuartile,
              upperQuartile));
    }
    return isTrusted() ? line.toString() : line + "  NOT TRUSTED: " + String.join("; ", doubts);
  }

  /** One JSON object on one line. */
  String json() {
    return String.format(
        Locale.ROOT,
        "{\"cell\":\"%s\",\"wire\":\"%s\",\"mode\":\"%s\",\"conns\":%d,\"opsPerSec\":%.1f,"
            + "\"gbitPerSec\":%.3f,\"p50Us\":%.3f,\"p99Us\":%.3f,\"p999Us\":%.3f,"
            + "\"cpuNsPerOp\":%.3f,\"bytesAllocatedPerOp\":%.4f,\"baseline\":%s,"
            + "\"ratioToBaseline\":%s,\"quartiles\":[%.4f,%.4f],\"blocks\":%d,\"trusted\":%b,"
            + "\"doubts\":[%s]}",
        cell,
        wire,
        mode,
        cell.connections(),
        opsPerSec,
        gbitPerSec(),
        p50Us,
        p99Us,
        p999Us,
        cpuNsPerOp,
        bytesAllocatedPerOp,
        baseline == null ? "null" : '"' + baseline + '"',
        baseline == null ? "null" : String.format(Locale.ROOT, "%.4f", ratio),
        lowerQuartile,
        upperQuartile,
        blocks,
        isTrusted(),
        String.join(",", doubts.stream().map(doubt -> '"' + doubt + '"').toList()));
  }
}
