package io.ustack.dpdk;

import java.util.concurrent.TimeUnit;

/**
 * Carries a port through resets of its device: asks the threads of its queues to keep off, sets it
 * up again, lets them go on; and knows when that is no use. One thread.
 */
final class PortReset {
  /** Resets that are dealt with within a minute; with one more somebody should look for a cause. */
  static final int MOST_A_MINUTE = 5;

  /** How often it is tried to set the port up: who resets a device may take his time. */
  static final int TRIES = 10;

  /** How long stacks are waited for: one in whose thread a handler is busy may take its time. */
  static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(30);

  private static final long MINUTE_NS = TimeUnit.MINUTES.toNanos(1);

  private final Target target;
  private final long[] beganNs = new long[MOST_A_MINUTE];
  private long askedNs;
  private int resets;
  private int failedTries;
  private boolean underWay;
  private String failure = "";

  /** The port. */
  interface Target {
    /** Asks for quiet; whether no thread uses a queue until {@link #resume}. */
    boolean quieten();

    /**
     * Resets the device and gives it back what it has forgotten; all queues are quiet.
     *
     * @throws DpdkException when that fails, maybe half-way: it may be tried again
     */
    void setUpAgain() throws DpdkException;

    /** Queues may be used again. */
    void resume();
  }

  /** Where a reset is after a step. */
  enum Step {
    /** Threads still use queues: soon the next step. */
    WAITS,
    /** It could not be set up: the next step in a second. */
    FAILED_ONCE,
    /** The port runs. */
    DONE,
    /** The port is lost; {@link #failure} says why. */
    LOST
  }

  PortReset(final Target target) {
    this.target = target;
  }

  /** Whether a reset has begun that needs more steps. */
  boolean isUnderWay() {
    return underWay;
  }

  /** Goes on with the reset that is under way, or begins one. */
  Step step(final long nowNs) {
    if (!underWay && !begin(nowNs)) {
      return Step.LOST;
    }
    if (!target.quieten()) {
      return waited(nowNs);
    }
    try {
      target.setUpAgain();
    } catch (final DpdkException e) {
      failure =
          "the NIC was reset, and to set it up again has failed "
              + TRIES
              + " times ("
              + e.getMessage()
              + "): start again";
      return ++failedTries < TRIES ? Step.FAILED_ONCE : Step.LOST;
    }
    target.resume();
    underWay = false;
    return Step.DONE;
  }

  private Step waited(final long nowNs) {
    if (nowNs - askedNs < PATIENCE_NS) {
      return Step.WAITS;
    }
    failure = "the NIC was reset, and a stack on it does not look at its port: start again";
    abandon();
    return Step.LOST;
  }

  private boolean begin(final long nowNs) {
    final int slot = resets % MOST_A_MINUTE;
    if (resets >= MOST_A_MINUTE && nowNs - beganNs[slot] < MINUTE_NS) {
      failure =
          "the NIC was reset more than "
              + MOST_A_MINUTE
              + " times in a minute: find out who does that, then start again";
      return false;
    }
    beganNs[slot] = nowNs;
    askedNs = nowNs;
    resets++;
    failedTries = 0;
    underWay = true;
    return true;
  }

  /** Nobody will ask again: a reset that still waits for quiet is called off. */
  void abandon() {
    if (underWay && failedTries == 0) {
      target.resume();
      underWay = false;
    }
  }

  /** Why the port is lost, and what to do about it. */
  String failure() {
    return failure;
  }
}
