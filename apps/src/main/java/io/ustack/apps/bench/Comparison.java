package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.measure.Witness;
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
  private final WarmUp warmUp;
  private final StopSignal stop;

  /**
   * How long it takes.
   *
   * @param warmUp of each side before the first block that counts
   * @param blockNs one block
   * @param blocks of each side, even
   */
  record Pace(WarmUp.Limits warmUp, long blockNs, int blocks) {
    /** As few blocks as a figure can be trusted for, shorter ones, and less time to warm up. */
    static final Pace QUICK =
        new Pace(
            new WarmUp.Limits(3, 2, TimeUnit.SECONDS.toNanos(8), TimeUnit.SECONDS.toNanos(60)),
            BLOCK_NS / 4 * 3,
            8);

    /** Two seconds of each side, of which the last is to be calm; forty until there is one. */
    private static final WarmUp.Limits USUAL =
        new WarmUp.Limits(10, 5, TimeUnit.SECONDS.toNanos(40), Long.MAX_VALUE);

    /** Just the two seconds, for figures that are of too few blocks to be trusted anyway. */
    private static final WarmUp.Limits SHORT = new WarmUp.Limits(10, 0, 0, Long.MAX_VALUE);

    /** So many measured seconds, in blocks of a fifth of one. */
    static Pace ofSeconds(final int seconds) {
      final int blocks = 2 * Math.max(1, 5 * seconds / 2);
      return new Pace(blocks < CellResult.FEWEST_BLOCKS ? SHORT : USUAL, BLOCK_NS, blocks);
    }
  }

  Comparison(
      final Contender contender,
      final @Nullable Contender baseline,
      final Pace pace,
      final WarmUp warmUp,
      final StopSignal stop) {
    this.contender = contender;
    this.baseline = baseline;
    this.pace = pace;
    this.warmUp = warmUp;
    this.stop = stop;
  }

  /**
   * Opens the cell on both sides, measures, and shuts it. What breaks in the middle leaves the
   * blocks that were measured before, if there are any.
   */
  Measured run(final Cell cell) throws CommandFailure {
    final List<Contender> sides =
        baseline == null ? List.of(contender) : List.of(contender, baseline);
    for (final Contender side : sides) {
      side.open(cell);
    }
    warmUp.run(sides, pace);
    final Witness witness = new Witness();
    final List<Block> ours = new ArrayList<>();
    final List<Block> theirs = new ArrayList<>();
    try {
      measure(witness, ours, theirs);
      for (final Contender side : sides) {
        side.shut();
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

  private Block block(final Contender side) throws CommandFailure {
    stop.check();
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
    /** The same with more doubts. */
    Measured doubted(final List<String> more) {
      final List<String> all = new ArrayList<>(doubts);
      all.addAll(more);
      return new Measured(ours, theirs, all, broken);
    }

    /** Of how many blocks of ours the neighbour is there. */
    int pairs() {
      return Math.min(ours.size(), theirs.size());
    }
  }
}
