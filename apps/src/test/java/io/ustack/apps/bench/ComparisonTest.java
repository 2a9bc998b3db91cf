package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final Cell CELL = Cell.parse("rr-1").orElseThrow();

  private final StringBuilder order = new StringBuilder();
  private final StopSignal stop = new StopSignal();

  /** Says its name in each block. */
  private final class Named implements Contender {
    private final String name;

    Named(final String name) {
      this.name = name;
    }

    @Override
    public void open(final Cell cell) {
      order.append("open ").append(name).append(' ');
    }

    @Override
    public Block block(final long durationNs) {
      order.append(name);
      return new Block(1, durationNs, 1, 0, 0, new Histogram(3));
    }

    @Override
    public void shut() {
      order.append(" shut ").append(name);
    }

    @Override
    public void close() {}
  }

  @Test
  void neighboursTakeTurnsInBeginning() throws CommandFailure {
    final Comparison.Measured measured =
        new Comparison(new Named("A"), new Named("B"), new Comparison.Pace(2, 1, 4), stop)
            .run(CELL);
    assertEquals("open A AAopen B BBABBAABBA shut A shut B", order.toString());
    assertEquals(4, measured.ours().size());
    assertEquals(4, measured.theirs().size());
  }

  @Test
  void withoutABaselineThereIsOneSide() throws CommandFailure {
    final Comparison.Measured measured =
        new Comparison(new Named("A"), null, new Comparison.Pace(1, 1, 2), stop).run(CELL);
    assertEquals("open A AAA shut A", order.toString());
    assertEquals(2, measured.ours().size());
    assertEquals(0, measured.theirs().size());
  }

  @Test
  void endsBetweenBlocksWhenItIsAsked() {
    stop.request();
    final Comparison comparison =
        new Comparison(new Named("A"), null, new Comparison.Pace(1, 1, 2), stop);
    assertEquals(
        "interrupted", assertThrows(CommandFailure.class, () -> comparison.run(CELL)).getMessage());
    assertEquals("open A ", order.toString());
  }

  @Test
  void aSecondIsAtLeastTwoBlocks() {
    assertEquals(4, Comparison.Pace.ofSeconds(1).blocks());
    assertEquals(50, Comparison.Pace.ofSeconds(10).blocks());
    assertEquals(25, Comparison.Pace.ofSeconds(10).warmUpBlocks());
  }
}
