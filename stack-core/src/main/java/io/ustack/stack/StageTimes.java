package io.ustack.stack;

import io.ustack.time.Clock;

/**
 * Where the time of a shard's thread goes: nanoseconds per stage of the duty cycle, for who wants
 * an account ({@link NetworkStack#measure}). A stage is charged for the time since the one before
 * it ended, so the stages of all cycles together are all the time there was.
 *
 * <p>Cycles that found nothing to do are charged as a whole, and with the time before them, to
 * {@link #idleNs}: a thread that spins while it waits costs nobody anything. Stack thread only.
 */
public final class StageTimes {
  /** A stage, in the order in which a cycle goes through them. */
  public enum Stage {
    /** Between two cycles: the application, its calls, and epoll where it runs INLINE. */
    APPLICATION,
    /** Commands of other threads, packets that come back, the look at the memory. */
    COMMANDS,
    /** The link's receive burst. */
    RECEIVE,
    /** What came, from the Ethernet header up to the readiness of sockets. */
    INPUT,
    /** The timer wheel. */
    TIMERS,
    /** What leaves, from the sender down to the Ethernet header. */
    EMIT,
    /** The link's transmit burst. */
    TRANSMIT
  }

  private final Clock clock;
  private final long[] ns = new long[Stage.values().length];
  private final long[] cycleNs = new long[Stage.values().length];
  private long lastNs;
  private long idleNs;
  private long cycles;
  private long idleCycles;

  /** Nothing yet. */
  public StageTimes(final Clock clock) {
    this.clock = clock;
    lastNs = clock.nanoTime();
  }

  /** What has passed since the last cycle is nobody's: its thread did something else. */
  public void resume() {
    lastNs = clock.nanoTime();
  }

  /** The stage has ended. */
  void end(final Stage stage) {
    final long nowNs = clock.nanoTime();
    cycleNs[stage.ordinal()] += nowNs - lastNs;
    lastNs = nowNs;
  }

  /** The cycle has ended, and did so much work. */
  void endCycle(final int work) {
    long allNs = 0;
    for (int i = 0; i < ns.length; i++) {
      ns[i] += work == 0 ? 0 : cycleNs[i];
      allNs += cycleNs[i];
      cycleNs[i] = 0;
    }
    cycles++;
    if (work == 0) {
      idleCycles++;
      idleNs += allNs;
    }
  }

  /** Nanoseconds in this stage, of cycles that had work to do. */
  public long ns(final Stage stage) {
    return ns[stage.ordinal()];
  }

  /** Nanoseconds of cycles that found nothing to do. */
  public long idleNs() {
    return idleNs;
  }

  /** Duty cycles, with the idle ones. */
  public long cycles() {
    return cycles;
  }

  /** Duty cycles that found nothing to do. */
  public long idleCycles() {
    return idleCycles;
  }
}
