package io.ustack.tcp;

import io.ustack.ipv4.LocalAddresses;
import io.ustack.readiness.Failure;

/** What the calls CLOSE and ABORT mean in each state (RFC 9293 3.10.4, 3.10.5). */
final class Closing {
  private Closing() {}

  /**
   * CLOSE: the FIN follows what is in the send buffer.
   *
   * @return false where it does no more than was done
   */
  static boolean queueFin(final TcpConnection c) {
    switch (c.state()) {
      case SYN_RECEIVED -> {}
      case ESTABLISHED -> c.state(TcpState.FIN_WAIT_1);
      case CLOSE_WAIT -> c.state(TcpState.LAST_ACK);
      default -> {
        return false;
      }
    }
    c.sender().queueFin();
    return true;
  }

  /**
   * The device that all but connections to ourselves need is gone.
   *
   * <p>DEVIATION: Linux, connections over a device that was removed: they fail at once, where Linux
   * goes on trying for a quarter of an hour, because another device could take their packets.
   */
  static void onWireGone(final ConnectionTable connections, final LocalAddresses local) {
    for (final TcpConnection c : connections.toArray()) {
      if (!local.isLocal(c.remoteAddress())) {
        c.die(c.state() == TcpState.TIME_WAIT ? Failure.NONE : Failure.NETWORK_DOWN);
      }
    }
  }

  /** ABORT: whether the peer is told by RST. */
  static boolean abortNeedsReset(final TcpConnection c) {
    return switch (c.state()) {
      case SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT -> true;
      // For the RFC the FIN has left in these; ours begin at the call (Linux tcp_disconnect).
      case CLOSING, LAST_ACK -> !c.sender().isFinSent();
      default -> false;
    };
  }
}
