package io.ustack.posix;

import io.ustack.tcp.Tcp;
import io.ustack.tcp.TcpBinding;
import org.jspecify.annotations.Nullable;

/**
 * What bind(2) told a {@link TcpSocket} on one shard, and the port that it has there. Stack thread.
 *
 * <p>A part of each {@link TcpStackSide}, by inheritance: an object of its own would have a header.
 */
abstract class TcpPlace extends Doorbell {
  final TcpSocket socket;

  private @Nullable TcpBinding binding;

  /** The connection owns the binding, or has the port on another shard. */
  private boolean lent;

  /** What bind was told; 0 for all, or for none. */
  private int boundAddress;

  /** Linux SOCK_BINDPORT_LOCK: bind was told a port, which outlives connections. */
  private boolean portLocked;

  TcpPlace(final TcpSocket socket, final Shard shard) {
    super(shard);
    this.socket = socket;
  }

  /** The port that it holds; null without one. */
  final @Nullable TcpBinding binding() {
    return binding;
  }

  /** Whether the port stays when the connection is over. */
  final boolean outlivesConnection() {
    return portLocked || (binding != null && !lent);
  }

  /**
   * bind(2). Returns 0, or -errno
   *
   * @param locked whether somebody asked for that very port
   */
  final int takePort(final int address, final int port, final boolean locked) {
    final Tcp tcp = shard.stack.tcp();
    final TcpBinding here = tcp.bind(address, port, socket.sharing());
    if (here == null) {
      return -Errno.of(tcp.lastFailure());
    }
    hold(here);
    boundAddress = address;
    portLocked = locked;
    return 0;
  }

  private void hold(final TcpBinding here) {
    binding = here;
    lent = false;
    tell(here.address(), here.port());
  }

  /** Takes a bind back that could not be had on all shards. */
  final void dropPort() {
    portLocked = false;
    boundAddress = 0;
    closePort();
    tell(0, 0);
  }

  /**
   * The socket is connected on another shard, where it has the port. One that bind was told stays
   * taken here, too, as long as the socket is there.
   *
   * @param address the connection's
   */
  final void yieldPort(final int address) {
    if (!portLocked) {
      closePort();
    } else if (binding != null) {
      binding.hold(address);
    }
  }

  /**
   * Sees to it that there is a port to listen on. Returns null where {@link Tcp#lastFailure} says
   * why
   *
   * @param port where another shard listens, or 0
   */
  final @Nullable TcpBinding portToListen(final int port) {
    if (port != 0) {
      boundAddress = (int) (socket.local >> 16);
    }
    final TcpBinding here =
        binding == null ? shard.stack.tcp().bind(boundAddress, port, socket.sharing()) : binding;
    if (here != null) {
      hold(here);
    }
    return here;
  }

  /**
   * Sees to it that there is a port where only an address is bound. Returns false where {@link
   * Tcp#lastFailure} says why
   */
  final boolean isReadyToConnect(final int address, final int port) {
    if (binding == null && boundAddress != 0) {
      binding = shard.stack.tcp().bind(boundAddress, address, port, socket.sharing());
      return binding != null;
    }
    return true;
  }

  /** A connection of this shard owns the port from here on. */
  final void lendPort(final int address, final int port) {
    lent = true;
    tell(address, port);
  }

  /** As that of a listener, whose port a connection has that came in. */
  final void adoptPort(final TcpPlace listener) {
    boundAddress = listener.boundAddress;
    lent = true;
  }

  /**
   * Linux tcp_disconnect: what bind was told stays, but no other port. The connection is gone.
   *
   * @param closed whether the socket is, which wants no port any more
   */
  final void keepBound(final boolean closed) {
    final TcpBinding held = binding;
    if (held != null && !portLocked) {
      held.release();
      binding = null;
    } else if (held != null && lent && !closed) {
      // The connection owned the binding and let go of it.
      binding = shard.stack.tcp().bind(held.address(), held.port(), socket.sharing());
      portLocked = binding != null;
    } else if (held != null) {
      held.hold(held.address());
    }
    lent = false;
    // As Linux, the port that is told is the last one.
    tell(boundAddress, (int) (socket.local & 0xFFFF));
  }

  /** Nobody needs it any more. */
  final void closePort() {
    if (binding != null && !lent) {
      binding.release();
    }
    binding = null;
  }

  private void tell(final int address, final int port) {
    socket.local = (long) address << 16 | port;
  }
}
