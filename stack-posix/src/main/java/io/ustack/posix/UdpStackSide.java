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
  private volatile boolean bound;
  private boolean closed;

  /** What bind was told; 0 for all, or for none. */
  private int boundAddress;

  /** Linux SOCK_BINDPORT_LOCK: bind was told a port, which outlives the peer. */
  private boolean portLocked;

  UdpStackSide(final UdpSocket socket, final Shard shard) {
    super(shard);
    this.socket = socket;
  }

  /** Null before bind, connect or the first send. Any thread. */
  @Nullable UdpEndpoint endpoint() {
    return endpoint;
  }

  /** Whether it has a port. Any thread. */
  boolean isBound() {
    return bound;
  }

  /**
   * Takes an address and a port.
   *
   * @param locked whether somebody asked for that very port
   */
  int bind(final int address, final int port, final boolean locked) {
    if (closed) {
      return -Errno.EBADF;
    }
    if (bound) {
      // Linux inet_bind: the address first.
      return socket.engine.isOurs(address) ? -Errno.EINVAL : -Errno.EADDRNOTAVAIL;
    }
    final int result = take(address, port);
    if (result == 0) {
      boundAddress = address;
      portLocked = locked;
    }
    return result;
  }

  private int take(final int address, final int port) {
    final Udp udp = shard.stack.udp();
    final UdpEndpoint old = endpoint;
    if (old != null) {
      if (!udp.rebind(old, address, port, socket.sharing())) {
        return -Errno.of(udp.lastFailure());
      }
      bound = true;
      tellNames(old);
      return 0;
    }
    final UdpEndpoint made = udp.bind(address, port, socket.sharing(), this);
    if (made == null) {
      return -Errno.of(udp.lastFailure());
    }
    applyOptions(made);
    if (socket.sendBufferBytes != 0) {
      made.sendCapacity(socket.sendBufferBytes); // not published yet, so nobody produces
    }
    made.errors().keep((socket.asked & ReceiveControl.ERRORS) != 0);
    endpoint = made;
    bound = true;
    tellNames(made);
    return 0;
  }

  /**
   * What sending and connecting do to a socket that nobody bound. Returns 0; -EAGAIN when no port
   * is free (Linux inet_autobind)
   *
   * @param port that of another shard, or 0
   */
  int bindAny(final int port) {
    if (closed) {
      return -Errno.EBADF;
    }
    final int result = bound ? 0 : take(boundAddress, port);
    return result == -Errno.EADDRINUSE ? -Errno.EAGAIN : result;
  }

  int connect(final int address, final int port) {
    final UdpEndpoint open = endpoint;
    if (closed || open == null || !bound) {
      return -Errno.EBADF; // closed since it got a port
    }
    if (!socket.broadcast && open.isBroadcast(address)) {
      return -Errno.EACCES;
    }
    final Failure failure = open.connect(address, port);
    tellNames(open);
    return -Errno.of(failure);
  }

  /** Linux __udp_disconnect: what bind was told stays, but no other port. */
  int disconnect() {
    final UdpEndpoint open = endpoint;
    if (open == null || !bound) {
      return 0;
    }
    if (portLocked) {
      open.disconnect();
      tellNames(open);
      return 0;
    }
    release(open);
    return 0;
  }

  /** Takes a bind back that could not be had on all shards. */
  int unbind() {
    final UdpEndpoint open = endpoint;
    if (open != null && bound) {
      boundAddress = SocketOption.INADDR_ANY;
      portLocked = false;
      release(open);
    }
    return 0;
  }

  private void release(final UdpEndpoint open) {
    bound = false;
    // DEVIATION: Linux, a port that is given back with datagrams still to send: they leave with
    // that port or, once there is another, with the other.
    shard.stack.udp().unbind(open, boundAddress);
    socket.local = UdpSocket.name(boundAddress, 0);
    socket.remote = 0;
  }

  /** IP_MTU (ip(7)). */
  int pathMtu(final long nowNs) {
    final UdpEndpoint open = endpoint;
    final int mtuBytes = open == null ? 0 : open.pathMtuBytes(nowNs);
    return mtuBytes == 0 ? -Errno.ENOTCONN : mtuBytes;
  }

  private void tellNames(final UdpEndpoint open) {
    socket.local = UdpSocket.name(open.localAddress(), open.localPort());
    socket.remote =
        open.isConnected()
            ? UdpSocket.CONNECTED | UdpSocket.name(open.remoteAddress(), open.remotePort())
            : 0;
  }

  @Override
  void serve(final int request, final long nowNs) {
    final UdpEndpoint open = endpoint;
    if (request == CLOSE) {
      closed = true;
    }
    if (open != null) {
      switch (request) {
        case OPTIONS -> applyOptions(open);
        case WRITTEN -> open.onSendBufferWritten(nowNs);
        case CLOSE -> open.close();
        default -> throw new AssertionError("request " + request);
      }
    }
  }

  private void applyOptions(final UdpEndpoint open) {
    if (socket.receiveBufferBytes != 0) {
      open.receiveCapacity(socket.receiveBufferBytes);
    }
  }

  @Override
  public void onReadiness(final int bits) {
    final UdpEndpoint open = endpoint;
    if ((bits & Readiness.FAILED) != 0 && open != null) {
      // The error before the wake-up.
      socket.fail(Errno.of(open.takeFailure()));
      socket.raise(0);
      return;
    }
    final int reading = (bits & Readiness.READABLE) != 0 ? Epoll.READ_KEY : 0;
    final int writing = (bits & Readiness.WRITABLE) != 0 ? UdpSocket.WRITE_KEY : 0;
    socket.raise(reading | writing);
  }
}
