package io.ustack.tcp;

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
