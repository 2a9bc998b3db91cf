package io.ustack.apps.bench;

import java.util.Arrays;
import java.util.Locale;

/**
 * Two things measured in blocks in turn (A B B A), so that what else the machine does falls on
 * both: the median time per operation of each, and the median and quartiles of the ratios of
 * neighbours.
 */
record PairedBlocks(
    double ns,
    double baselineNs,
    double lowerQuartile,
    double median,
    double upperQuartile,
    int blocks) {
  private static final long BLOCK_NS = 25_000_000;
  private static final int WARM_UP_ROUNDS = 40;

  /** One of the two. */
  interface Side {
    /** Works for about so long; nanoseconds per operation. */
    double nsPerOperation(long blockNs);
  }

  /** Warms both up, then measures for so many seconds. */
  static PairedBlocks measure(final Side side, final Side baseline, final int seconds) {
    for (int i = 0; i < WARM_UP_ROUNDS; i++) {
      side.nsPerOperation(BLOCK_NS);
      baseline.nsPerOperation(BLOCK_NS);
    }
    final int pairs = 2 * (int) (seconds * 1_000_000_000L / (4 * BLOCK_NS));
    final double[] ofSide = new double[pairs];
    final double[] ofBaseline = new double[pairs];
    final double[] ratios = new double[pairs];
    for (int i = 0; i < pairs; i++) {
      if (i % 2 == 0) {
        ofSide[i] = side.nsPerOperation(BLOCK_NS);
        ofBaseline[i] = baseline.nsPerOperation(BLOCK_NS);
      } else {
        ofBaseline[i] = baseline.nsPerOperation(BLOCK_NS);
        ofSide[i] = side.nsPerOperation(BLOCK_NS);
      }
      ratios[i] = ofSide[i] / ofBaseline[i];
    }
    return new PairedBlocks(
        quantile(ofSide, 0.5),
        quantile(ofBaseline, 0.5),
        quantile(ratios, 0.25),
        quantile(ratios, 0.5),
        quantile(ratios, 0.75),
        2 * pairs);
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
  String json(final String figure, final String baseline) {
    return String.format(
        Locale.ROOT,
        "\"%s\":%.2f,\"baseline\":\"%s\",\"baseline%s\":%.2f,\"ratioToBaseline\":%.4f,"
            + "\"quartiles\":[%.4f,%.4f],\"blocks\":%d",
        figure,
        ns,
        baseline,
        figure.substring(0, 1).toUpperCase(Locale.ROOT) + figure.substring(1),
        baselineNs,
        median,
        lowerQuartile,
        upperQuartile,
        blocks);
  }

  private static double quantile(final double[] values, final double q) {
    final double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (q * (sorted.length - 1) + 0.5)];
  }
}
