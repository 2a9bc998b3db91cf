package io.ustack.tcp;

/**
 * TCP_DEFER_ACCEPT (tcp(7)): a handshake that came in through such a listener is done when data
 * comes, or when the SYN-ACK has timed out so often (Linux tcp_check_req, syn_ack_recalc).
 */
final class DeferAccept {
  private DeferAccept() {}

  /** Whether an ACK that would end the handshake is ignored, since nothing comes with it. */
  static boolean ignores(final TcpConnection c, final TcpSegment ack) {
    final TcpListener listener = c.listener();
    if (listener == null || ack.length() > 0 || timeouts(c) >= listener.deferAccept()) {
      return false;
    }
    if (c.isOpenedFast()) {
      return false; // its data came with the SYN
    }
    c.opening().acknowledged = true;
    return true;
  }

  /** Whether a SYN-ACK that timed out is not repeated: its ACK was here, only the data was not. */
  static boolean restsAtTimeout(final TcpConnection c) {
    final TcpListener listener = c.listener();
    // The last one is: its answer opens the connection, with data or without.
    return listener != null && c.opening().acknowledged && timeouts(c) < listener.deferAccept() - 1;
  }

  /** How often the SYN-ACK of a handshake is repeated. */
  static int retryLimit(final TcpConnection c) {
    final TcpListener listener = c.listener();
    final int usual = c.config().synAckRetries();
    return listener != null && c.opening().acknowledged
        ? Math.max(usual, listener.deferAccept())
        : usual;
  }

  private static int timeouts(final TcpConnection c) {
    return c.sender().rtt().timeouts();
  }
}
