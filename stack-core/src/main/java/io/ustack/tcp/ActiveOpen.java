package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.ipv4.Path;
import io.ustack.ipv4.PortAllocator;
import io.ustack.readiness.Failure;
import io.ustack.readiness.ReadinessObserver;
import org.jspecify.annotations.Nullable;

/** connect(2), the active open of RFC 9293 3.10.1. One per stack. */
final class ActiveOpen implements PortAllocator.PortsInUse {
  private final Tcp tcp;

  ActiveOpen(final Tcp tcp) {
    this.tcp = tcp;
  }

  /** As {@link Tcp#connect}. */
  @Nullable TcpConnection open(
      final @Nullable TcpBinding binding,
      final int remoteAddress,
      final int remotePort,
      final TcpConfig config,
      final ReadinessObserver observer,
      final long nowNs) {
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
    if (tcp.connectionTable().find(local, localPort, remote, remotePort) != null) {
      return fail(Failure.ADDRESS_NOT_AVAILABLE);
    }
    final int iss = tcp.newIss(local, localPort, remote, remotePort, nowNs);
    final TcpConnection connection =
        new TcpConnection(tcp, path, localPort, remotePort, config, observer, iss);
    tcp.add(connection);
    tcp.counters().increment(Counter.TCP_ACTIVE_OPENS);
    connection.openActive(binding);
    if (binding != null) {
      binding.heldAddress = local;
    }
    return connection;
  }

  private @Nullable TcpConnection fail(final Failure failure) {
    tcp.lastFailure(failure);
    return null;
  }

  @Override
  public boolean inUse(
      final int localAddress, final int localPort, final int remoteAddress, final int remotePort) {
    // A port that would connect to itself (RFC 9293 3.5, figure 8) is only for who asks for it: who
    // tries a port of this host that nobody has wants to be refused.
    return tcp.ports().isBound(localPort)
        || (localPort == remotePort && localAddress == remoteAddress)
        || tcp.connectionTable().find(localAddress, localPort, remoteAddress, remotePort) != null;
  }
}
