package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Path;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import org.jspecify.annotations.Nullable;

/** What a segment does to a listener: RFC 9293 3.10.7.2. One per stack. */
final class PassiveOpen {
  private final Tcp tcp;

  PassiveOpen(final Tcp tcp) {
    this.tcp = tcp;
  }

  /**
   * Processes one segment whose header is valid. The packet stays with the caller.
   *
   * @param old a connection in TIME_WAIT that gives way to a valid SYN
   */
  void onSegment(
      final TcpListener listener,
      final @Nullable TcpConnection old,
      final TcpSegment segment,
      final long nowNs) {
    if (segment.has(TcpHeader.RST)) {
      tcp.counters().drop(DropReason.TCP_LISTEN_NOT_SYN);
      return;
    }
    if (segment.has(TcpHeader.ACK)) {
      tcp.onSegmentToNobody(segment, DropReason.TCP_LISTEN_NOT_SYN, nowNs);
      return;
    }
    if (!segment.has(TcpHeader.SYN) || segment.has(TcpHeader.FIN) || segment.sourcePort == 0) {
      // SYN and FIN together: nobody opens and closes at once (Linux drops them too).
      tcp.counters().drop(DropReason.TCP_LISTEN_NOT_SYN);
      return;
    }
    if (!listener.admitsSyn(tcp.counters())) {
      return;
    }
    if (old == null) {
      open(listener, segment, tcp.newIss(segment, nowNs), nowNs);
      return;
    }
    old.die(Failure.NONE);
    open(listener, segment, old.successorIss(), nowNs);
  }

  private void open(
      final TcpListener listener, final TcpSegment syn, final int iss, final long nowNs) {
    if (tcp.isFull()) {
      tcp.counters().drop(DropReason.TCP_CONNECTION_LIMIT);
      return;
    }
    final Path path = tcp.pathBack(syn);
    if (path == null) {
      tcp.counters().drop(DropReason.IPV4_NO_ROUTE);
      return;
    }
    final TcpConnection connection =
        new TcpConnection(
            tcp,
            path,
            syn.destinationPort,
            syn.sourcePort,
            listener.config(),
            ReadinessObserver.NONE,
            iss);
    tcp.add(connection);
    tcp.counters().increment(Counter.TCP_PASSIVE_OPENS);
    listener.onHandshakeStarted();
    connection.receiver().segmentsIn = 1;
    tcp.handshake().openPassive(connection, listener, syn, tcp.parseOptions(syn), nowNs);
  }
}
