package io.ustack.tcp;

import io.ustack.ipv4.LocalAddresses;
import io.ustack.readiness.Failure;

/** All connections of a stack, for what happens to them together at the end. Stack thread only. */
public final class AllConnections {
  private final ConnectionTable connections;

  AllConnections(final ConnectionTable connections) {
    this.connections = connections;
  }

  /**
   * The device that all but connections to ourselves need is gone.
   *
   * <p>DEVIATION: Linux, connections over a device that was removed: they fail at once, where Linux
   * goes on trying for a quarter of an hour, because another device could take their packets.
   */
  public void onWireGone(final LocalAddresses local) {
    for (final TcpConnection c : connections.toArray()) {
      if (!local.isLocal(c.remoteAddress())) {
        c.die(c.state() == TcpState.TIME_WAIT ? Failure.NONE : Failure.NETWORK_DOWN);
      }
    }
  }

  /**
   * How many still have something to tell their peers, or to hear that it has arrived. Not those in
   * FIN_WAIT_2 and TIME_WAIT: their peers have everything.
   */
  public int unfinished() {
    int count = 0;
    for (final TcpConnection c : connections.toArray()) {
      count += isUnfinished(c) ? 1 : 0;
    }
    return count;
  }

  private static boolean isUnfinished(final TcpConnection c) {
    return c.state() != TcpState.FIN_WAIT_2 && c.state() != TcpState.TIME_WAIT;
  }

  /** Resets those that are unfinished; the segments leave with the next emissions. */
  public void reset(final long nowNs) {
    for (final TcpConnection c : connections.toArray()) {
      if (isUnfinished(c)) {
        c.abort(nowNs);
      }
    }
  }
}
