package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.measure.JsonLine;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Two things measured in blocks in turn (A B B A), so that what else the machine does falls on
 * both: the median time per operation of each, and the median and quartiles of the ratios of
 * neighbours.
 *
 * @param blocks of both
 * @param doubts why not to trust them
 */
record PairedBlocks(
    double ns,
    double baselineNs,
    double lowerQuartile,
    double median,
    double upperQuartile,
    int blocks,
    List<String> doubts) {
  private static final long BLOCK_NS = PartWatch.LOOK_NS / 4;
  private static final int WARM_UP_ROUNDS = 40;

  /** One of the two. */
  interface Side {
    /** Works for about so long; nanoseconds per operation. */
    double nsPerOperation(long blockNs);
  }

  /**
   * Warms both up, then measures for so many seconds.
   *
   * @param busyThreads how many work at a time
   */
  static PairedBlocks measure(
      final Side side,
      final Side baseline,
      final int busyThreads,
      final int seconds,
      final StopSignal stop)
      throws CommandFailure {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      stop.check();
      side.nsPerOperation(BLOCK_NS);
      baseline.nsPerOperation(BLOCK_NS);
    }
    final int pairs = 2 * (int) (seconds * 1_000_000_000L / (4 * BLOCK_NS));
    final double[] ofSide = new double[pairs];
    final double[] ofBaseline = new double[pairs];
    final PartWatch watch = new PartWatch(busyThreads);
    for (int i = 0; i < pairs; i += 2) {
      stop.check();
      watch.begin();
      ofSide[i] = side.nsPerOperation(BLOCK_NS);
      ofBaseline[i] = baseline.nsPerOperation(BLOCK_NS);
      ofBaseline[i + 1] = baseline.nsPerOperation(BLOCK_NS);
      ofSide[i + 1] = side.nsPerOperation(BLOCK_NS);
      watch.end();
    }
    return of(ofSide, ofBaseline, watch.doubts());
  }

  /** Sums up what neighbours of equal index took. */
  static PairedBlocks of(
      final double[] ofSide, final double[] ofBaseline, final List<String> doubts) {
    final double[] ratios = new double[ofSide.length];
    Arrays.setAll(ratios, i -> ofSide[i] / ofBaseline[i]);
    final double median = quantile(ratios, 0.5);
    final double lower = quantile(ratios, 0.25);
    final double upper = quantile(ratios, 0.75);
    final List<String> all = new ArrayList<>(doubts);
    if (!(median > 0 && upper - lower <= CellResult.WIDEST * median)) { // nor NaN, nor without end
      all.add(CellResult.FAR_APART);
    }
    return new PairedBlocks(
        quantile(ofSide, 0.5),
        quantile(ofBaseline, 0.5),
        lower,
        median,
        upper,
        2 * ratios.length,
        all);
  }

  /** The ratio, its quartiles and how many blocks there were, as part of a readable line. */
  String line() {
    return String.format(
        Locale.ROOT,
        "ratio %.3f (quartiles %.3f, %.3f; %d blocks)",
        median,
        lowerQuartile,
        upperQuartile,
        blocks);
  }

  /**
   * All of it as members of a JSON object.
   *
   * @param figure the key of the time per operation; the baseline's has {@code baseline} before it
   */
  JsonLine json(final JsonLine json, final String figure, final String baseline) {
    final String ofBaseline =
        "baseline" + figure.substring(0, 1).toUpperCase(Locale.ROOT) + figure.substring(1);
    return json.number(figure, ns, 2)
        .text("baseline", baseline)
        .number(ofBaseline, baselineNs, 2)
        .number("ratioToBaseline", median, 4)
        .pair("quartiles", lowerQuartile, upperQuartile, 4)
        .whole("blocks", blocks);
  }

  private static double quantile(final double[] values, final double q) {
    final double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (q * (sorted.length - 1) + 0.5)];
  }
}
