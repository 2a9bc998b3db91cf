package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;

/** Runs a load on the calling thread: until it is open, and block by block. */
final class LoadLoop {
  private static final long OPEN_LIMIT_NS = 60_000_000_000L;

  /** What an open loop may take longer; who waits then is counted as unanswered. */
  private static final long OVERTIME_NS = 1_000_000_000L;

  private final Load load;
  private final Runnable step;
  private final int stepsPerLook;

  /**
   * A loop that has not begun.
   *
   * @param step a step of the load, and of whatever else this thread drives
   * @param stepsPerLook how many of them are made between two looks at the clock
   */
  LoadLoop(final Load load, final Runnable step, final int stepsPerLook) {
    this.load = load;
    this.step = step;
    this.stepsPerLook = stepsPerLook;
  }

  /** Connects everything. */
  void open() throws CommandFailure {
    load.open();
    final long deadlineNs = System.nanoTime() + OPEN_LIMIT_NS;
    while (!load.isOpen()) {
      step.run();
      if (System.nanoTime() - deadlineNs > 0) {
        throw new CommandFailure("the connections do not open");
      }
    }
  }

  /** Works for so long; what this thread cost is in it, and no lost frames. */
  Block block(final long durationNs) {
    load.latency().reset();
    final WorkMeter meter = new WorkMeter();
    final long before = load.operations();
    final long beginNs = System.nanoTime();
    load.begin(beginNs, durationNs);
    long nowNs = beginNs;
    while (nowNs - beginNs < durationNs
        || (load.owes() && nowNs - beginNs < durationNs + OVERTIME_NS)) {
      for (int i = 0; i < stepsPerLook; i++) {
        step.run();
      }
      nowNs = System.nanoTime();
    }
    final Work work = meter.work();
    final long unanswered = load.end(nowNs);
    return new Block(
        load.operations() - before,
        nowNs - beginNs,
        work,
        Work.NONE,
        0,
        load.latency().copy(),
        unanswered);
  }

  void close() {
    load.close();
  }
}
