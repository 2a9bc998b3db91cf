package io.ustack.apps.replay;

import io.ustack.apps.EventLoop;
import io.ustack.posix.Posix;
import io.ustack.posix.SocketAddress4;
import io.ustack.posix.SocketOption;
import io.ustack.tcp.TcpInfo;
import io.ustack.tcp.TcpState;
import io.ustack.testsupport.trace.ConnectionTrace;
import io.ustack.testsupport.trace.Samples;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The congestion windows of the connections that an event loop serves. Only while somebody holds a
 * socket can it be asked.
 */
final class WindowWatch {
  private final Posix posix;
  private final EventLoop loop;
  private final int mostConnections;
  private final TcpInfo info = new TcpInfo();
  private final SocketAddress4 local = new SocketAddress4();
  private final SocketAddress4 remote = new SocketAddress4();
  private final Map<Ends, Samples> windows = new LinkedHashMap<>();

  private record Ends(int localPort, int remoteAddress, int remotePort) {}

  WindowWatch(final Posix posix, final EventLoop loop, final int mostConnections) {
    this.posix = posix;
    this.loop = loop;
    this.mostConnections = mostConnections;
  }

  /** Asks everybody. */
  void look(final long atNs) {
    loop.forEachDescriptor(fd -> ask(fd, atNs));
  }

  private void ask(final int fd, final long atNs) {
    final int answer = posix.getsockopt(fd, SocketOption.IPPROTO_TCP, SocketOption.TCP_INFO, info);
    if (answer < 0
        || info.state == TcpState.LISTEN
        || info.state == TcpState.CLOSED
        || posix.getsockname(fd, local) < 0
        || posix.getpeername(fd, remote) < 0) {
      return;
    }
    final Ends ends = new Ends(local.port(), remote.address(), remote.port());
    if (windows.size() == mostConnections && !windows.containsKey(ends)) {
      return;
    }
    final Samples window = windows.computeIfAbsent(ends, unseen -> new Samples());
    window.add(atNs, info.sndCwndBytes);
  }

  /** A connection's window in bytes; null when nobody held its socket. */
  @Nullable Samples of(final ConnectionTrace connection) {
    return windows.get(
        new Ends(connection.localPort(), connection.remoteAddress(), connection.remotePort()));
  }
}
