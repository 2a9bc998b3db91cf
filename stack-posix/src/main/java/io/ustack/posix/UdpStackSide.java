package io.ustack.posix;

import io.ustack.readiness.Failure;
import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.udp.Udp;
import io.ustack.udp.UdpEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * The half of a {@link UdpSocket} that lives on the stack thread. Its methods run on the stack
 * thread; its fields are written there only and read anywhere.
 */
final class UdpStackSide extends Doorbell implements ReadinessObserver {
  // Requests, in the order in which they are served.
  static final int OPTIONS = 1;
  static final int WRITTEN = 1 << 1;
  static final int CLOSE = 1 << 2;

  private final UdpSocket socket;
  private volatile @Nullable UdpEndpoint endpoint;
  private boolean closed;

  UdpStackSide(final UdpSocket socket) {
    super(socket.engine.stack.errors());
    this.socket = socket;
  }

  /** Null before bind, connect or the first send. Any thread. */
  @Nullable UdpEndpoint endpoint() {
    return endpoint;
  }

  int bind(final int address, final int port) {
    if (closed) {
      return -Errno.EBADF;
    }
    if (endpoint != null) {
      // Linux inet_bind: the address first.
      return socket.engine.isOurs(address) ? -Errno.EINVAL : -Errno.EADDRNOTAVAIL;
    }
    final Udp udp = socket.engine.stack.udp();
    final UdpEndpoint bound = udp.bind(address, port, socket.sharing(), this);
    if (bound == null) {
      return -Errno.of(udp.lastFailure());
    }
    applyOptions(bound);
    if (socket.sendBufferBytes != 0) {
      bound.sendCapacity(socket.sendBufferBytes); // not published yet, so nobody produces
    }
    bound.errors().keep((socket.asked & ReceiveControl.ERRORS) != 0);
    endpoint = bound;
    tellNames(bound);
    return 0;
  }

  /**
   * What sending and connecting do to a socket that nobody bound. Returns 0; -EAGAIN when no port
   * is free (Linux inet_autobind)
   */
  int bindAny() {
    final int result = endpoint == null ? bind(SocketOption.INADDR_ANY, 0) : 0;
    return result == -Errno.EADDRINUSE ? -Errno.EAGAIN : result;
  }

  int connect(final int address, final int port) {
    final int outcome = bindAny();
    final UdpEndpoint bound = endpoint;
    if (outcome != 0 || bound == null) {
      return outcome;
    }
    if (!socket.broadcast && bound.isBroadcast(address)) {
      return -Errno.EACCES;
    }
    final Failure failure = bound.connect(address, port);
    tellNames(bound);
    return -Errno.of(failure);
  }

  int disconnect() {
    final UdpEndpoint bound = endpoint;
    if (bound != null) {
      bound.disconnect();
      tellNames(bound);
    }
    return 0;
  }

  /** IP_MTU (ip(7)). */
  int pathMtu(final long nowNs) {
    final UdpEndpoint bound = endpoint;
    final int mtuBytes = bound == null ? 0 : bound.pathMtuBytes(nowNs);
    return mtuBytes == 0 ? -Errno.ENOTCONN : mtuBytes;
  }

  private void tellNames(final UdpEndpoint bound) {
    socket.local = UdpSocket.name(bound.localAddress(), bound.localPort());
    socket.remote =
        bound.isConnected()
            ? UdpSocket.CONNECTED | UdpSocket.name(bound.remoteAddress(), bound.remotePort())
            : 0;
  }

  @Override
  void serve(final int request, final long nowNs) {
    final UdpEndpoint bound = endpoint;
    if (request == CLOSE) {
      closed = true;
    }
    if (bound != null) {
      switch (request) {
        case OPTIONS -> applyOptions(bound);
        case WRITTEN -> bound.onSendBufferWritten(nowNs);
        case CLOSE -> bound.close();
        default -> throw new AssertionError("request " + request);
      }
    }
  }

  private void applyOptions(final UdpEndpoint bound) {
    if (socket.receiveBufferBytes != 0) {
      bound.receiveCapacity(socket.receiveBufferBytes);
    }
  }

  @Override
  public void onReadiness(final int bits) {
    final UdpEndpoint bound = endpoint;
    if ((bits & Readiness.FAILED) != 0 && bound != null) {
      // The error before the wake-up.
      socket.fail(Errno.of(bound.takeFailure()));
      socket.raise(0);
      return;
    }
    final int reading = (bits & Readiness.READABLE) != 0 ? Epoll.READ_KEY : 0;
    final int writing = (bits & Readiness.WRITABLE) != 0 ? UdpSocket.WRITE_KEY : 0;
    socket.raise(reading | writing);
  }
}
