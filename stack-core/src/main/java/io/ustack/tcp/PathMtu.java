package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.ipv4.PathMtuObserver;

/**
 * Path MTU discovery (RFC 1191): routers that need to fragment our segments say so, and shorter
 * ones go instead. One per stack; what was learnt is the path's.
 */
final class PathMtu implements PathMtuObserver {
  private final Tcp tcp;

  PathMtu(final Tcp tcp) {
    this.tcp = tcp;
  }

  @Override
  public void onTooBig(
      final int mtuBytes,
      final int localAddress,
      final int localPort,
      final int remoteAddress,
      final int remotePort,
      final int quotedSequence,
      final long nowNs) {
    final TcpConnection connection =
        tcp.connectionTable().find(localAddress, localPort, remoteAddress, remotePort);
    if (connection != null) {
      onTooBig(connection, mtuBytes, quotedSequence, nowNs);
    }
  }

  /** RFC 5927 4.1: only what is in flight can have been too big; anybody may have said it. */
  private void onTooBig(
      final TcpConnection c, final int mtuBytes, final int quotedSeq, final long nowNs) {
    final Sender sender = c.sender();
    if (!c.state().isSynchronized()
        || Seq.lt(quotedSeq, sender.sndUna())
        || Seq.geq(quotedSeq, sender.sndNxt())) {
      tcp.counters().increment(Counter.TCP_ICMP_OUT_OF_WINDOW);
      return;
    }
    if (mtuBytes >= c.path().pathMtuBytes(nowNs)) {
      return;
    }
    c.path().learnMtu(mtuBytes, nowNs);
    final int mss = Handshake.mssOfPath(c, nowNs);
    if (mss < sender.mss()) {
      tcp.counters().increment(Counter.TCP_PATH_MTU_LOWERED);
      sender.window().smss(mss);
      markTooLong(sender);
      c.wantToEmit();
    }
  }

  /**
   * What is longer than the path takes is lost, but not to congestion (Linux
   * tcp_simple_retransmit). In the state LOSS nothing else is made of it.
   */
  private static void markTooLong(final Sender sender) {
    final RetransmitQueue queue = sender.outstanding();
    for (int p = queue.first(); p != queue.end(); p++) {
      if (queue.payloadLength(p) > sender.mss() && !queue.isSacked(p)) {
        queue.markLost(p);
      }
    }
    final RecoveryState r = sender.makeRecoveryState();
    if (r.state != CongestionState.LOSS) {
      r.state = CongestionState.LOSS;
      r.highSeq = sender.sndNxt();
      r.suspectsTimeout = false;
    }
  }
}
