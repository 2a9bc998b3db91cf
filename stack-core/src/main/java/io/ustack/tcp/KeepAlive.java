package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.readiness.Failure;

/**
 * Keep-alive (RFC 9293 3.8.4): who asked for it hears of a peer that is gone while nothing is sent.
 * Off by default. One per stack; a connection's part of it is its main timer, which has nothing
 * else to do while nothing is outstanding.
 */
final class KeepAlive {
  private final Tcp tcp;

  KeepAlive(final Tcp tcp) {
    this.tcp = tcp;
  }

  /** A segment came, or the option was set: the peer is there, and its silence begins anew. */
  void restart(final TcpConnection c, final long nowNs) {
    if (!c.config().keepAlive() || !c.timers().isFree() || !isKept(c.state())) {
      return;
    }
    c.timers().keepAliveProbes = 0;
    c.timers().start(TcpTimers.Kind.KEEP_ALIVE, nowNs + c.config().keepAliveIdleNs());
  }

  private static boolean isKept(final TcpState state) {
    return state.isSynchronized() && state != TcpState.TIME_WAIT;
  }

  /** The peer was silent for long enough to be asked, or to be given up. */
  void onTimer(final TcpConnection c, final long nowNs) {
    final TcpConfig config = c.config();
    if (!config.keepAlive() || !isKept(c.state())) {
      c.timers().keepAliveProbes = 0;
      c.timers().stop();
      return;
    }
    if (isGone(c)) {
      // As Linux: the peer is told, in case that it comes back to life.
      tcp.counters().increment(Counter.TCP_CONNECTIONS_TIMED_OUT);
      c.dieWithReset(Failure.TIMED_OUT);
    } else if (probe(c, nowNs)) {
      // Without a packet the timer stays due, and is asked again.
      tcp.counters().increment(Counter.TCP_KEEP_ALIVE_PROBES_OUT);
      c.timers().keepAliveProbes++;
      c.timers().start(TcpTimers.Kind.KEEP_ALIVE, nowNs + config.keepAliveIntervalNs());
    }
  }

  /** Linux tcp_keepalive_timer: the user timeout replaces the count, but one probe it must be. */
  private static boolean isGone(final TcpConnection c) {
    final TcpConfig config = c.config();
    final int probes = c.timers().keepAliveProbes;
    if (config.userTimeoutNs() == 0) {
      return probes >= config.keepAliveProbes();
    }
    final long silentNs = config.keepAliveIdleNs() + probes * config.keepAliveIntervalNs();
    return probes > 0 && silentNs >= config.userTimeoutNs();
  }

  /** One before what the peer expects, without data: it has to answer (RFC 9293 3.8.4). */
  private boolean probe(final TcpConnection c, final long nowNs) {
    final boolean sent =
        tcp.writer()
            .writeEmpty(
                c, TcpHeader.ACK, c.sender().sndNxt() - 1, c.receiver().windowField(), nowNs);
    if (sent) {
      c.receiver().onAckSent(false);
      c.timers().stopDelayingAck();
    }
    return sent;
  }
}
