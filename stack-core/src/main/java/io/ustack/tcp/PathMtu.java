package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.PathMtuObserver;

/**
 * Path MTU discovery: routers that need to fragment our segments say so, and shorter ones go
 * instead (RFC 1191); where they don't, {@link MtuSearch} finds out (RFC 4821). One per stack; what
 * was learnt is the path's, what was tried is the connection's.
 */
final class PathMtu implements PathMtuObserver {
  /** After so many timeouts the path itself is in doubt (Linux tcp_retries1). */
  private static final int DOUBTFUL_TIMEOUTS = 3;

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
    if (mtuBytes < c.path().pathMtuBytes(nowNs)) {
      c.path().learnMtu(mtuBytes, nowNs);
    }
    final int mss = Handshake.mssOfPath(c, nowNs);
    final MtuSearch search = MtuSearch.of(sender);
    final int longest = Math.max(sender.mss(), search == null ? 0 : search.probeBytes());
    if (mss < longest) {
      tcp.counters().increment(Counter.TCP_PATH_MTU_LOWERED);
      MtuSearch.make(sender);
      follow(c, nowNs);
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
      r.onTooLong(sender.sndNxt());
    }
  }

  /**
   * The peer's SYN told its MSS.
   *
   * @param agreedMss what both ends take
   * @return the MSS to begin with
   */
  static int firstMss(final TcpConnection c, final int agreedMss, final long nowNs) {
    final int pathMss = Handshake.mssOfPath(c, nowNs);
    final boolean searches = c.config().mtuProbing() == MtuProbing.ALWAYS;
    if (pathMss >= agreedMss && !searches) {
      return agreedMss;
    }
    final MtuSearch search = new MtuSearch(agreedMss);
    c.sender().makeRecoveryState().mtuSearch = search;
    if (searches) {
      search.start(nowNs);
    }
    return search.mss(pathMss);
  }

  /** RFC 1191 6.3: what the network said has its time, and then longer segments go again. */
  void follow(final TcpConnection c, final long nowNs) {
    final MtuSearch search = MtuSearch.of(c.sender());
    if (search != null) {
      c.sender().window().smss(search.mss(Handshake.mssOfPath(c, nowNs)));
    }
  }

  /** What is outstanding timed out, not for the first time in a row: a black hole? */
  void onTimeout(final TcpConnection c, final long nowNs) {
    final Sender sender = c.sender();
    final RetransmitQueue queue = sender.queue();
    final int again = sender.rtt().timeouts() - DOUBTFUL_TIMEOUTS;
    if (again < 0
        || queue == null
        || queue.isEmpty()
        || c.config().mtuProbing() == MtuProbing.OFF) {
      return;
    }
    final int floor = Handshake.mssOf(c, Path.MIN_MTU_BYTES);
    final int stuck = queue.payloadLength(queue.first());
    if (stuck > floor && MtuSearch.make(sender).lower(again > 0, floor, stuck, nowNs)) {
      tcp.counters().increment(Counter.TCP_BLACK_HOLES);
      follow(c, nowNs);
    }
  }

  /** What leaves in place of {@code length} bytes of new data: that, a probe, or nothing yet. */
  int nextLength(final TcpConnection c, final int length, final long nowNs) {
    final MtuSearch search = MtuSearch.of(c.sender());
    return search == null || length < c.sender().mss()
        ? length
        : search.nextLength(c.sender(), Handshake.mssOfPath(c, nowNs), nowNs);
  }

  /** New data of {@code length} bytes left. */
  void onSent(final TcpConnection c, final int length) {
    final MtuSearch search = MtuSearch.of(c.sender());
    if (search != null && length > c.sender().mss()) {
      tcp.counters().increment(Counter.TCP_MTU_PROBES_OUT);
      search.onProbeSent(length, c.sender().sndNxt());
    }
  }

  /** Something outstanding left once more. */
  void onRetransmitted(final TcpConnection c) {
    final MtuSearch search = MtuSearch.of(c.sender());
    if (search != null) {
      search.onRetransmission();
    }
  }
}
