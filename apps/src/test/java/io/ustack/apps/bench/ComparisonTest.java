package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final Cell CELL = Cell.parse("rr-1").orElseThrow();

  private final StringBuilder order = new StringBuilder();
  private final StopSignal stop = new StopSignal();
  private final WarmUp warmUp = WarmUp.of(blocks(0), stop);

  private static WarmUp.Limits blocks(final int count) {
    return new WarmUp.Limits(count, 0, 0, 0);
  }

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
      return new Block(1, durationNs, Work.NONE, Work.NONE, 0, new Histogram(3));
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
        new Comparison(
                new Named("A"), new Named("B"), new Comparison.Pace(blocks(2), 1, 4), warmUp, stop)
            .run(CELL);
    assertEquals("open A open B ABABABBAABBA shut A shut B", order.toString());
    assertEquals(4, measured.ours().size());
    assertEquals(4, measured.theirs().size());
  }

  @Test
  void withoutABaselineThereIsOneSide() throws CommandFailure {
    final Comparison.Measured measured =
        new Comparison(new Named("A"), null, new Comparison.Pace(blocks(1), 1, 2), warmUp, stop)
            .run(CELL);
    assertEquals("open A AAA shut A", order.toString());
    assertEquals(2, measured.ours().size());
    assertEquals(0, measured.theirs().size());
  }

  @Test
  void endsBetweenBlocksWhenItIsAsked() {
    stop.request();
    final Comparison comparison =
        new Comparison(new Named("A"), null, new Comparison.Pace(blocks(1), 1, 2), warmUp, stop);
    assertEquals(
        "interrupted", assertThrows(CommandFailure.class, () -> comparison.run(CELL)).getMessage());
    assertEquals("open A ", order.toString());
  }

  /** It dies in its block number {@code lives}. */
  private static final class Mortal implements Contender {
    private int lives;

    Mortal(final int lives) {
      this.lives = lives;
    }

    @Override
    public void open(final Cell cell) {}

    @Override
    public Block block(final long durationNs) throws CommandFailure {
      if (--lives == 0) {
        throw new CommandFailure("the server was killed by signal 9");
      }
      return new Block(1, durationNs, Work.NONE, Work.NONE, 0, new Histogram(3));
    }

    @Override
    public void shut() {}

    @Override
    public void close() {}
  }

  @Test
  void whatWasMeasuredBeforeADeathIsKeptAndMarked() throws CommandFailure {
    final Comparison.Measured measured =
        new Comparison(
                new Mortal(4), new Named("B"), new Comparison.Pace(blocks(1), 1, 8), warmUp, stop)
            .run(CELL);
    assertEquals(2, measured.ours().size());
    assertEquals(2, measured.theirs().size());
    final Subject subject = new Subject(CELL, "memif", "inline", "direct", "17", List.of());
    final CellResult result = CellResult.of(subject, "kernel-nio", measured);
    // Others on the machine may be in it as well.
    assertTrue(
        result.doubts().containsAll(List.of("the server was killed by signal 9", "only 2 blocks")),
        result::line);
  }

  @Test
  void whatDiesBeforeItIsMeasuredIsNoFigure() {
    final Comparison comparison =
        new Comparison(new Mortal(2), null, new Comparison.Pace(blocks(2), 1, 8), warmUp, stop);
    assertThrows(CommandFailure.class, () -> comparison.run(CELL));
  }

  @Test
  void aSecondIsAtLeastTwoBlocks() {
    assertEquals(4, Comparison.Pace.ofSeconds(1).blocks());
    assertEquals(50, Comparison.Pace.ofSeconds(10).blocks());
  }

  /** A figure of four blocks is doubtful in any case. */
  @Test
  void onlyWhatCanBeTrustedIsWorthALongWarmUp() {
    assertEquals(0, Comparison.Pace.ofSeconds(1).warmUp().calmRounds());
    assertEquals(5, Comparison.Pace.ofSeconds(2).warmUp().calmRounds());
    assertTrue(Comparison.Pace.QUICK.warmUp().calmRounds() > 0);
  }
}
