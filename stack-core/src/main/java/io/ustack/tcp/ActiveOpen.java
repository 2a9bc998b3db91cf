package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.PortAllocator;
import io.ustack.link.FlowShare;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import org.jspecify.annotations.Nullable;

/**
 * connect(2), the active open of RFC 9293 3.10.1. One per stack.
 *
 * <p>DEVIATION: Linux, tcp_tw_reuse = 2: TIME_WAIT gives way everywhere, as with 1, not on loopback
 * only ({@code TcpConfig.reuseTimeWaits}): 28,000 ports a minute towards one server are too few for
 * a proxy. Only with timestamps on both sides.
 */
final class ActiveOpen implements PortAllocator.PortsInUse {
  /** How long a TIME_WAIT must have been quiet before its port is chosen again, as on Linux. */
  private static final long QUIET_NS = 1_000_000_000L;

  private final Tcp tcp;
  private final FlowShare flows;

  // What inUse needs to know of the connection that asks for a port.
  private TcpConfig asking;
  private long askedAtNs;

  ActiveOpen(final Tcp tcp, final FlowShare flows) {
    this.tcp = tcp;
    this.flows = flows;
    asking = tcp.config();
  }

  /**
   * As {@link Tcp#connect} and {@link Tcp#connectFast}.
   *
   * @param fast whether the SYN may bring data
   */
  @Nullable TcpConnection open(
      final @Nullable TcpBinding binding,
      final int remoteAddress,
      final int remotePort,
      final TcpConfig config,
      final ReadinessObserver observer,
      final boolean fast,
      final long nowNs) {
    tcp.congestionControls().require(config.congestionControl());
    asking = config;
    askedAtNs = nowNs;
    if (tcp.isFull()) {
      return fail(Failure.NO_RESOURCES);
    }
    final Path path = tcp.path(binding == null ? 0 : binding.address(), remoteAddress);
    if (path == null) {
      return fail(Failure.NETWORK_UNREACHABLE);
    }
    final int local = path.localAddress();
    final int remote = path.remoteAddress();
    final int localPort =
        binding == null ? tcp.ephemeralPort(local, remote, remotePort, this) : binding.port();
    if (localPort == 0) {
      return fail(Failure.PORTS_EXHAUSTED);
    }
    if (!flows.arrivesHere(local, localPort, remote, remotePort)) {
      return fail(Failure.ADDRESS_NOT_AVAILABLE); // the answer would come to another shard
    }
    final TcpConnection old = tcp.connectionTable().find(local, localPort, remote, remotePort);
    if (old != null && !TimeWait.yieldsToOurs(old, config, 0, nowNs)) {
      return fail(Failure.ADDRESS_NOT_AVAILABLE);
    }
    final int iss =
        old == null ? tcp.newIss(local, localPort, remote, remotePort, nowNs) : succeed(old);
    final TcpConnection connection =
        new TcpConnection(tcp, path, localPort, remotePort, config, observer, iss);
    tcp.add(connection);
    tcp.counters().increment(Counter.TCP_ACTIVE_OPENS);
    final FastOpenCookie cookie =
        fast && config.fastOpen() ? tcp.fastOpenCache().cookie(remote, nowNs) : null;
    if (cookie != null) {
      connection.offer().tryFastOpen(cookie);
    }
    connection.openActive(binding);
    if (binding != null) {
      binding.hold(local);
    }
    return connection;
  }

  /** The new connection takes the place of {@code old}; returns its ISS. */
  private int succeed(final TcpConnection old) {
    tcp.counters().increment(Counter.TCP_TIME_WAITS_REUSED);
    old.die(Failure.NONE);
    return TimeWait.successorIss(old);
  }

  private @Nullable TcpConnection fail(final Failure failure) {
    tcp.lastFailure(failure);
    return null;
  }

  @Override
  public boolean inUse(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    // A port that would connect to itself (RFC 9293 3.5, figure 7) is only for who asks for it: who
    // tries a port of this host that nobody has wants to be refused.
    if (tcp.ports().isBound(localPort)
        || (localPort == remotePort && localAddress == remoteAddress)) {
      return true;
    }
    final TcpConnection old =
        tcp.connectionTable().find(localAddress, localPort, remoteAddress, remotePort);
    return old != null && !TimeWait.yieldsToOurs(old, asking, QUIET_NS, askedAtNs);
  }
}
