package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Lets the sides of a comparison work in short blocks, in turn as they will be measured, until
 * their compilers have nothing left to do. After each block everybody rests: ends that spin take
 * the processors that the compilers want. The rest is as long as they work. It is warm when in a
 * few rounds no block, with the rest behind it, gave them more than nearly nothing; or when it has
 * taken too long, which the figures then show.
 *
 * <p>In turn, because what a stack does after a rest that was longer than ever is new code, too.
 */
final class WarmUp {
  /** Between two looks at resting compilers. */
  static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);

  /** Looks in turn that find them idle; one may meet a compiler that waits for a processor. */
  static final int IDLE_LOOKS = 2;

  /** Of a look, for compilers that count as idle. */
  private static final double IDLE_MOST = 0.1;

  /** Of a block, for one that gave them nearly nothing: half of what makes figures doubtful. */
  static final double CALM_MOST = CellResult.COMPILING_MOST / 2;

  private final Clock clock;
  private final Pause pause;
  private final StopSignal stop;
  private long leftNs;

  /**
   * How long.
   *
   * @param fewestRounds of a block of each side, whatever the compilers do
   * @param calmRounds one after the other that give the compilers nearly nothing
   * @param mostNs before one cell, rests included; no round begins after it
   * @param mostInAllNs of all cells together; behind it there are the fewest rounds only
   */
  record Limits(int fewestRounds, int calmRounds, long mostNs, long mostInAllNs) {}

  /** Lets time pass. */
  interface Pause {
    void of(long durationNs) throws InterruptedException;
  }

  /** One for a whole run, of which {@code limits} say how much time it has in all. */
  WarmUp(final Limits limits, final Clock clock, final Pause pause, final StopSignal stop) {
    this.clock = clock;
    this.pause = pause;
    this.stop = stop;
    leftNs = limits.mostInAllNs();
  }

  /** With the machine's clock. */
  static WarmUp of(final Limits limits, final StopSignal stop) {
    return new WarmUp(limits, Clock.SYSTEM, TimeUnit.NANOSECONDS::sleep, stop);
  }

  /** Warms sides up on which a cell is open. */
  void run(final List<Contender> sides, final Comparison.Pace pace) throws CommandFailure {
    final Limits limits = pace.warmUp();
    final long beginNs = clock.nanoTime();
    final long mostNs = Math.min(limits.mostNs(), leftNs);
    int calm = 0;
    for (int rounds = 0;
        rounds < limits.fewestRounds()
            || (calm < limits.calmRounds() && clock.nanoTime() - beginNs < mostNs);
        rounds++) {
      boolean isCalm = true;
      for (final Contender side : sides) {
        isCalm &= isCalm(side, pace.blockNs(), beginNs, mostNs);
      }
      calm = isCalm ? calm + 1 : 0;
    }
    leftNs = Math.max(0, leftNs - (clock.nanoTime() - beginNs));
  }

  /** Whether a block and the rest behind it gave its compilers nearly nothing. */
  private boolean isCalm(
      final Contender side, final long blockNs, final long beginNs, final long mostNs)
      throws CommandFailure {
    final List<Long> before = side.compilerNs();
    block(side, blockNs);
    return most(before, rest(side, beginNs, mostNs)) <= CALM_MOST * blockNs;
  }

  private void block(final Contender side, final long blockNs) throws CommandFailure {
    stop.check();
    side.block(blockNs);
  }

  /** Until the compilers are idle, or the time is up; what they have used by then. */
  private List<Long> rest(final Contender side, final long beginNs, final long mostNs)
      throws CommandFailure {
    List<Long> now = side.compilerNs();
    int idle = 0;
    while (idle < IDLE_LOOKS && clock.nanoTime() - beginNs < mostNs && !stop.isRequested()) {
      pause();
      final List<Long> next = side.compilerNs();
      idle = most(now, next) <= IDLE_MOST * LOOK_NS ? idle + 1 : 0;
      now = next;
    }
    return now;
  }

  private void pause() throws CommandFailure {
    try {
      pause.of(LOOK_NS);
    } catch (final InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandFailure("interrupted", e);
    }
  }

  /** What the compilers used meanwhile, in the process in which they used most. */
  private static long most(final List<Long> before, final List<Long> after) {
    long most = 0;
    for (int i = 0; i < after.size(); i++) {
      most = Math.max(most, after.get(i) - before.get(i));
    }
    return most;
  }
}
