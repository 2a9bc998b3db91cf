package io.ustack.apps.bench;

import java.util.Arrays;

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

  private static double quantile(final double[] values, final double q) {
    final double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) (q * (sorted.length - 1) + 0.5)];
  }
}
