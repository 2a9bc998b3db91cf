package io.ustack.tcp;

/**
 * How large a send buffer should be (Linux tcp_sndbuf_expand): twice the congestion window, so that
 * what leaves is not waited for by what may follow. It grows only when what waits in it fills
 * neither window, so that it is what holds the application back (Linux tcp_should_expand_sndbuf
 * asks for the congestion window alone): what waits in it for long is cold when it leaves.
 */
final class SendAutoTuning {
  /** Linux TCP_INIT_CWND: no buffer is tuned for less. */
  private static final int LEAST_SEGMENTS = 10;

  private SendAutoTuning() {}

  /** The peer acknowledged something. */
  static void onAck(final TcpConnection c, final boolean memoryIsTight) {
    final TcpConfig config = c.config();
    if (!config.sendAutoTuning() || memoryIsTight || fillsAWindow(c.sender())) {
      return;
    }
    final long window = Math.max(c.sender().window().cwnd(), LEAST_SEGMENTS * c.sender().mss());
    final int wanted = (int) Math.min(2 * window, config.maxSendBufferBytes());
    if (wanted > c.sendBuffer().capacity()) {
      c.sendBuffer().capacity(wanted);
    }
  }

  private static boolean fillsAWindow(final Sender sender) {
    final int room = Math.min(sender.congestionWindowLeft(), sender.peerWindowLeft());
    return sender.unsent() >= Math.max(room, sender.mss());
  }
}
