package io.ustack.testsupport.sim;

import io.ustack.tcp.TcpConfig;

/**
 * One connection of a {@link NetSim}, from a client of its own to the server.
 *
 * @param config TCP at both ends
 * @param roundTripNs how long the way there and back takes beside the shared path
 * @param startNs when the client connects
 * @param bytes what it sends before it closes; {@link #ENDLESS} is no end
 */
public record FlowPlan(TcpConfig config, long roundTripNs, long startNs, long bytes) {
  /** It has always more to send. */
  public static final long ENDLESS = Long.MAX_VALUE;

  public FlowPlan {
    if (roundTripNs < 0 || startNs < 0 || bytes < 0) {
      throw new IllegalArgumentException("a flow has no negative times and no negative bytes");
    }
  }

  /** It starts at once and sends so much. */
  public static FlowPlan of(final TcpConfig config, final long bytes) {
    return new FlowPlan(config, 0, 0, bytes);
  }
}
