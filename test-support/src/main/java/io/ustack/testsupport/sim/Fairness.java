package io.ustack.testsupport.sim;

import java.util.List;

/** How evenly flows share. */
public final class Fairness {
  private Fairness() {}

  /**
   * Jain's index of what the flows received: 1 when all got the same, 1/n when one of n got all.
   */
  public static double jain(final List<SimFlow> flows) {
    double sum = 0;
    double squares = 0;
    for (final SimFlow flow : flows) {
      sum += flow.receivedBytes();
      squares += (double) flow.receivedBytes() * flow.receivedBytes();
    }
    return squares == 0 ? 1 : sum * sum / (flows.size() * squares);
  }
}
