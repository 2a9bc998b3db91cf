package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.time.ManualClock;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class WarmUpTest {
  private static final long MS = 1_000_000;
  private static final long BLOCK_NS = 200 * MS;
  private static final long LONG_NS = 30_000 * MS;

  private final ManualClock clock = new ManualClock(Long.MAX_VALUE - BLOCK_NS); // it wraps
  private final StopSignal stop = new StopSignal();
  private final Side side = new Side();
  private int looks;

  /** Two processes: the second has something to compile. */
  private final class Side implements Contender {
    private int blocks;
    private long compiledNs;
    private long backlogNs;

    /** Of a processor, for the compilers while the ends work. */
    private double share = 0.5;

    /** New code in each block. */
    private long newNs;

    /** More of it in this block. */
    private int phase = -1;

    private long ofPhaseNs;

    @Override
    public void open(final Cell cell) {}

    @Override
    public Block block(final long durationNs) {
      backlogNs += newNs + (blocks == phase ? ofPhaseNs : 0);
      blocks++;
      pass(durationNs, (long) (share * durationNs));
      return new Block(1, durationNs, Work.NONE, Work.NONE, 0, new Histogram(3));
    }

    private void pass(final long durationNs, final long compilersNs) {
      clock.advance(durationNs);
      final long done = Math.min(backlogNs, compilersNs);
      backlogNs -= done;
      compiledNs += done;
    }

    @Override
    public List<Long> compilerNs() {
      return List.of(7L, compiledNs);
    }

    @Override
    public void shut() {}

    @Override
    public void close() {}
  }

  private WarmUp warmUp(final WarmUp.Limits limits) {
    return new WarmUp(
        limits,
        clock,
        durationNs -> {
          looks++;
          side.pass(durationNs, durationNs);
        },
        stop);
  }

  private void run(final WarmUp.Limits limits) throws CommandFailure {
    warmUp(limits).run(List.of(side), new Comparison.Pace(limits, BLOCK_NS, 8));
  }

  private static WarmUp.Limits limits(final int fewest, final int calm, final long mostNs) {
    return new WarmUp.Limits(fewest, calm, mostNs, Long.MAX_VALUE);
  }

  /** Of half a second of work the block does a fifth; the rest takes as long as the rest of it. */
  @Test
  void aSideRestsForAsLongAsItsCompilersWork() throws CommandFailure {
    side.backlogNs = 500 * MS;
    run(limits(1, 3, LONG_NS));
    assertEquals(4, side.blocks);
    assertEquals(40 + 4 * WarmUp.IDLE_LOOKS, looks);
  }

  @Test
  void aSideThatIsWarmHasTheFewestBlocks() throws CommandFailure {
    run(limits(5, 3, LONG_NS));
    assertEquals(5, side.blocks);
  }

  @Test
  void calmBlocksAreCountedInTurn() throws CommandFailure {
    side.phase = 2;
    side.ofPhaseNs = 100 * MS;
    run(limits(1, 3, LONG_NS));
    assertEquals(2 + 1 + 3, side.blocks);
  }

  /** What is compiled in the rest was left over by the block. */
  @Test
  void theRestCounts() throws CommandFailure {
    side.share = 0;
    side.backlogNs = 50 * MS;
    run(limits(1, 1, LONG_NS));
    assertEquals(2, side.blocks);
  }

  @Test
  void nearlyNothingIsHalfOfWhatMakesAFigureDoubtful() throws CommandFailure {
    assertTrue(2 * WarmUp.CALM_MOST <= CellResult.COMPILING_MOST);
    side.newNs = (long) (WarmUp.CALM_MOST * BLOCK_NS);
    run(limits(1, 4, LONG_NS));
    assertEquals(4, side.blocks);
  }

  @Test
  void compilersThatNeverRestAreGivenUp() throws CommandFailure {
    side.newNs = 6 * MS;
    run(limits(1, 1, 2000 * MS));
    assertEquals(10, side.blocks + looks / 20, "all of two seconds, in blocks and looks");
    assertTrue(side.blocks > 7, () -> "" + side.blocks);
  }

  /** A rest, too, ends with the time. */
  @Test
  void aLongRestIsGivenUp() throws CommandFailure {
    side.backlogNs = 60_000 * MS;
    run(limits(1, 1, 2000 * MS));
    assertEquals(1, side.blocks);
    assertEquals(180, looks);
  }

  @Test
  void sidesAndCellsShareATime() throws CommandFailure {
    side.newNs = 100 * MS;
    final WarmUp.Limits limits = new WarmUp.Limits(2, 1, 2000 * MS, 3000 * MS);
    final WarmUp warmUp = warmUp(limits);
    final int[] blocks = new int[4];
    for (int i = 0; i < blocks.length; i++) {
      side.blocks = 0;
      warmUp.run(List.of(side), new Comparison.Pace(limits, BLOCK_NS, 8));
      blocks[i] = side.blocks;
    }
    assertTrue(blocks[0] > 6 && blocks[1] > 3 && blocks[1] < 6, () -> "" + blocks[0] + blocks[1]);
    assertEquals(2, blocks[2]);
    assertEquals(2, blocks[3]);
  }

  /** One is calm from the beginning: it goes on in turn with the other. */
  @Test
  void sidesTakeTurns() throws CommandFailure {
    final Side other = new Side();
    side.backlogNs = 500 * MS;
    final WarmUp.Limits limits = limits(1, 3, LONG_NS);
    warmUp(limits).run(List.of(side, other), new Comparison.Pace(limits, BLOCK_NS, 8));
    assertEquals(4, side.blocks);
    assertEquals(4, other.blocks);
    side.blocks = 0;
    other.blocks = 0;
    other.backlogNs = 6 * MS;
    warmUp(limits).run(List.of(side, other), new Comparison.Pace(limits, BLOCK_NS, 8));
    assertEquals(4, side.blocks);
  }

  @Test
  void endsWhenItIsAsked() {
    stop.request();
    assertThrows(CommandFailure.class, () -> run(limits(1, 1, LONG_NS)));
    assertEquals(0, side.blocks);
  }

  /** As those of the kernel's ends are, which {@code nsenter} starts. */
  @Test
  void compilersBehindAnotherProcessAreSeen() throws CommandFailure {
    final List<String> shell = List.of("sh", "-c", "\"$@\"; true", "sh");
    final List<String> command = Build.own().command(64, "pipe", new Fields());
    try (EndProcess end = EndProcess.start("pipe end", EndProcess.ANY_CORE, shell, command, stop)) {
      end.expect(BenchEnd.READY, List.of());
      assertTrue(end.compilerNs() > 0);
    }
  }

  /** The evidence of another process is that of the doubt. */
  @Test
  void compilersOfAProcessAreSeen() {
    final long pid = ProcessHandle.current().pid();
    final long before = Work.compilerNs(ThreadTimes.of(pid));
    assertTrue(before > 0 && before <= Work.compilerNs(ThreadTimes.now()), () -> before + " ns");
    assertEquals(0, Work.compilerNs(ThreadTimes.of(0)));
  }
}
