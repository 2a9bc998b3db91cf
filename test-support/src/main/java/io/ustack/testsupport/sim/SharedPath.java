package io.ustack.testsupport.sim;

import io.ustack.link.Faults;

/**
 * What all flows of a {@link NetSim} pass.
 *
 * @param towardsServer what happens to data
 * @param towardsClients what happens to acknowledgments
 * @param jitterNs by at most so much data are late at random where flows begin that have a round
 *     trip of their own. Without it, in step with one another, the same flow would find the queue
 *     full again and again (Floyd and Jacobson, "On Traffic Phase Effects")
 * @param heldFrames the most frames on their way at one place
 */
public record SharedPath(
    Faults towardsServer, Faults towardsClients, long jitterNs, int heldFrames) {
  private static final int FEWEST_HELD_FRAMES = 512;
  private static final int FRAME_BYTES = 1514;

  /** The same in both directions. */
  public static SharedPath bothWays(final Faults faults) {
    return new SharedPath(faults, faults, 0, FEWEST_HELD_FRAMES);
  }

  /**
   * A line with a queue in front of it for data; acknowledgments find no hindrance.
   *
   * @param queueBytes what the queue holds; what finds it full is dropped
   * @param roundTripNs the longest of all flows, which says how much can be on its way
   */
  public static SharedPath bottleneck(
      final long bitsPerSecond, final int queueBytes, final long roundTripNs) {
    final Faults line = Faults.NONE.withLine(bitsPerSecond, queueBytes);
    final double onItsWay = queueBytes + bitsPerSecond / 8e9 * roundTripNs;
    // Slow start has up to twice as much outstanding before it hears of a drop.
    final int frames = (int) (3 * onItsWay / FRAME_BYTES);
    final long frameNs = FRAME_BYTES * 8_000_000_000L / bitsPerSecond;
    return new SharedPath(line, Faults.NONE, frameNs, Math.max(FEWEST_HELD_FRAMES, frames));
  }

  /** This, and some of the data vanish. */
  public SharedPath withLoss(final double probability) {
    return new SharedPath(
        towardsServer.withLoss(probability), towardsClients, jitterNs, heldFrames);
  }

  /** This, and packets are marked that find more than so many bytes waiting (RFC 3168). */
  public SharedPath withMarks(final int markBytes) {
    return new SharedPath(
        towardsServer.withMarkingFrom(markBytes), towardsClients, jitterNs, heldFrames);
  }
}
