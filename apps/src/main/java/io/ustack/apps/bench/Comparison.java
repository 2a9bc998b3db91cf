package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A contender, and a baseline beside it, in blocks in turn (A B B A): what else the machine does
 * falls on both, and neighbours are compared. Without a baseline: one block after the other.
 */
final class Comparison {
  private static final long BLOCK_NS = TimeUnit.MILLISECONDS.toNanos(200);

  private final Contender contender;
  private final @Nullable Contender baseline;
  private final Pace pace;
  private final StopSignal stop;

  /** Five seconds; where the compilers are not done by then, the figure says so. */
  private static final int MOST_WARM_UP_BLOCKS = 25;

  /**
   * How long it takes.
   *
   * @param warmUpBlocks of each side before the first that counts
   * @param blockNs one block
   * @param blocks of each side, even
   */
  record Pace(int warmUpBlocks, long blockNs, int blocks) {
    /** As few blocks as a figure can be trusted for, shorter ones, and little to warm up. */
    static final Pace QUICK = new Pace(5, BLOCK_NS / 4 * 3, 8);

    /**
     * So many measured seconds, in blocks of a fifth of one; and half of that to warm up, two
     * seconds at least and five at most.
     */
    static Pace ofSeconds(final int seconds) {
      return new Pace(
          Math.min(MOST_WARM_UP_BLOCKS, Math.max(10, 5 * seconds / 2)),
          BLOCK_NS,
          2 * Math.max(1, 5 * seconds / 2));
    }
  }

  Comparison(
      final Contender contender,
      final @Nullable Contender baseline,
      final Pace pace,
      final StopSignal stop) {
    this.contender = contender;
    this.baseline = baseline;
    this.pace = pace;
    this.stop = stop;
  }

  /**
   * Opens the cell on both sides, measures, and shuts it. What breaks in the middle leaves the
   * blocks that were measured before, if there are any.
   */
  Measured run(final Cell cell) throws CommandFailure {
    open(contender, cell);
    if (baseline != null) {
      open(baseline, cell);
    }
    final Witness witness = new Witness();
    final List<Block> ours = new ArrayList<>();
    final List<Block> theirs = new ArrayList<>();
    try {
      measure(witness, ours, theirs);
      contender.shut();
      if (baseline != null) {
        baseline.shut();
      }
    } catch (final CommandFailure e) {
      if (stop.isRequested() || ours.isEmpty() || (baseline != null && theirs.isEmpty())) {
        throw e;
      }
      return new Measured(ours, theirs, witness.doubts(), e);
    }
    return new Measured(ours, theirs, witness.doubts(), null);
  }

  private void measure(final Witness witness, final List<Block> ours, final List<Block> theirs)
      throws CommandFailure {
    for (int i = 0; i < pace.blocks(); i++) {
      if (baseline == null) {
        ours.add(block(contender, witness));
      } else if (i % 2 == 0) {
        ours.add(block(contender, witness));
        theirs.add(block(baseline, witness));
      } else {
        theirs.add(block(baseline, witness));
        ours.add(block(contender, witness));
      }
    }
  }

  private void open(final Contender side, final Cell cell) throws CommandFailure {
    side.open(cell);
    for (int i = 0; i < pace.warmUpBlocks(); i++) {
      block(side);
    }
  }

  private Block block(final Contender side) throws CommandFailure {
    if (stop.isRequested()) {
      throw new CommandFailure("interrupted");
    }
    return side.block(pace.blockNs());
  }

  private Block block(final Contender side, final Witness witness) throws CommandFailure {
    witness.begin();
    final Block block = block(side);
    witness.end();
    return block;
  }

  /**
   * The blocks of both, in the order in which they are neighbours, what speaks against them, and
   * why there are no more.
   */
  record Measured(
      List<Block> ours, List<Block> theirs, List<String> doubts, @Nullable CommandFailure broken) {
    /** The same with another doubt. */
    Measured doubted(final String doubt) {
      final List<String> all = new ArrayList<>(doubts);
      all.add(doubt);
      return new Measured(ours, theirs, all, broken);
    }

    /** Of how many blocks of ours the neighbour is there. */
    int pairs() {
      return Math.min(ours.size(), theirs.size());
    }
  }
}
