package io.ustack.apps.bench.stall;

import io.ustack.stack.StageTimes;
import io.ustack.stack.StageTimes.Stage;
import io.ustack.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Looks at the clock after each step of a loop that never rests, and keeps what lies between two
 * looks that are too far apart. That costs a look at the clock per step, and some 10 us or more
 * after each stall; nothing is allocated within a block. Of one thread, which makes it.
 */
public final class StallWatch {
  /** A gap that is longer is a stall. */
  public static final long LIMIT_NS = 50_000;

  /** So many are kept of a block. */
  private static final int MOST = 512;

  /** Without copies of it at every turn. */
  private static final Stage[] STAGES = Stage.values();

  private final Clock clock;
  private final KernelAccount account;
  private final StageTimes times;
  private final LongSupplier received;
  private final long[] table = new long[MOST * Stall.NUMBERS];

  /** What stages had taken at the last look, and behind them idle cycles. */
  private final long[] stageNs = new long[STAGES.length + 1];

  private long frames;
  private long busyNsBefore;
  private long framesBefore;
  private boolean begun;
  private int count;
  private long more;
  private long firstNs;

  /** The last look at the clock, and the last at the account. */
  private long lastNs;

  private long accountNs;
  private long cpuNs;
  private long delayNs;
  private long switches;
  private long compilerNs;

  StallWatch(
      final Clock clock,
      final KernelAccount account,
      final StageTimes times,
      final LongSupplier received) {
    this.clock = clock;
    this.account = account;
    this.times = times;
    this.received = received;
  }

  /**
   * Of the calling thread.
   *
   * @param times of the stack that the loop drives
   * @param received how many frames that stack has received so far
   */
  public static StallWatch own(final StageTimes times, final LongSupplier received) {
    return new StallWatch(Clock.SYSTEM, KernelAccount.own(), times, received);
  }

  /** A block begins; its first gap is the one behind the first {@link #look}. */
  public void begin() {
    account.findCompilers();
    times.resume();
    begun = false;
    count = 0;
    more = 0;
    busyNsBefore = busyNs();
    framesBefore = received.getAsLong();
    lastNs = clock.nanoTime() - 2 * LIMIT_NS;
  }

  /** The loop has made a step. */
  public void look() {
    final long nowNs = clock.nanoTime();
    if (nowNs - lastNs > LIMIT_NS) {
      lookCloser(nowNs);
    } else {
      lastNs = nowNs;
    }
    for (int i = 0; i < stageNs.length; i++) {
      stageNs[i] = stageNs(i);
    }
    frames = received.getAsLong();
  }

  /** In cycles that had something to do. */
  private long busyNs() {
    long sumNs = 0;
    for (final Stage stage : STAGES) {
      sumNs += times.ns(stage);
    }
    return sumNs;
  }

  private long stageNs(final int stage) {
    return stage == STAGES.length ? times.idleNs() : times.ns(STAGES[stage]);
  }

  /** The look at the account takes its time, which is nobody's stall. */
  private void lookCloser(final long nowNs) {
    account.read();
    if (!begun) {
      begun = true;
      firstNs = nowNs;
    } else if (count == MOST) {
      more++;
    } else {
      keep(nowNs, count++ * Stall.NUMBERS);
    }
    accountNs = nowNs;
    cpuNs = account.cpuNs();
    delayNs = account.delayNs();
    switches = account.switches();
    compilerNs = account.compilerNs();
    lastNs = clock.nanoTime();
  }

  /** The application's stage ends with the next cycle: it is what the others have left. */
  private void keep(final long nowNs, final int at) {
    final int application = Stage.APPLICATION.ordinal();
    long leftNs = nowNs - lastNs;
    int longest = application;
    long longestNs = 0;
    for (int i = 0; i < stageNs.length; i++) {
      final long ns = i == application ? 0 : stageNs(i) - stageNs[i];
      leftNs -= ns;
      if (ns > longestNs) {
        longest = i;
        longestNs = ns;
      }
    }
    if (leftNs > longestNs) {
      longest = application;
      longestNs = leftNs;
    }
    table[at] = lastNs;
    table[at + 1] = nowNs - lastNs;
    table[at + 2] = nowNs - accountNs;
    table[at + 3] = account.cpuNs() - cpuNs;
    table[at + 4] = account.delayNs() - delayNs;
    table[at + 5] = account.knowsSchedule() ? account.switches() - switches : Stall.NOT_KNOWN;
    table[at + 6] = account.compilerNs() - compilerNs;
    table[at + 7] = longest;
    table[at + 8] = longestNs;
    table[at + 9] = received.getAsLong() - frames;
  }

  /** Those of this block so far. */
  public Stalls stalls() {
    if (!begun) {
      return Stalls.NONE;
    }
    final List<Stall> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(Stall.of(table, i * Stall.NUMBERS));
    }
    final long busyNs = busyNs() - busyNsBefore;
    return new Stalls(firstNs, lastNs, busyNs, received.getAsLong() - framesBefore, all, more);
  }
}
