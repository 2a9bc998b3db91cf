package io.ustack.tcp;

import io.ustack.ipv4.PortSharing;
import org.jspecify.annotations.Nullable;

/**
 * Which local ports are held, by sockets that bound them and by connections: the rules of bind(2),
 * EADDRINUSE, as Linux has them.
 */
final class TcpPorts {
  private static final int PORTS = 1 << 16;

  private final @Nullable TcpBinding[] bindings = new TcpBinding[PORTS];
  private final @Nullable TcpConnection[] connections = new TcpConnection[PORTS];

  /**
   * Holds a port.
   *
   * @param address 0 for every address
   * @param sharing SO_REUSEADDR and SO_REUSEPORT
   * @return null when another socket holds it: EADDRINUSE
   */
  @Nullable TcpBinding bind(final int address, final int port, final PortSharing sharing) {
    for (TcpBinding b = bindings[port]; b != null; b = b.next) {
      if (overlap(b.heldAddress, address) && !sharing.agreesWith(b.sharing(), b.listening)) {
        return null;
      }
    }
    final TcpBinding binding = new TcpBinding(this, address, port, sharing);
    binding.next = bindings[port];
    bindings[port] = binding;
    return binding;
  }

  /**
   * Whether another binding of the same port already listens on an overlapping address, and they
   * don't share it.
   */
  boolean hasOtherListener(final TcpBinding binding) {
    for (TcpBinding b = bindings[binding.port()]; b != null; b = b.next) {
      if (b != binding
          && b.listening
          && overlap(b.heldAddress, binding.heldAddress)
          && !binding.sharing().agreesWith(b.sharing(), true)) {
        return true;
      }
    }
    return false;
  }

  /** Whether one socket can't be told from the other: 0 is every address. */
  static boolean overlap(final int one, final int other) {
    return one == other || one == 0 || other == 0;
  }

  /** Whether any socket has bound the port. */
  boolean isBound(final int port) {
    return bindings[port] != null;
  }

  /** Whether any connection has the local port. */
  boolean hasConnections(final int port) {
    return connections[port] != null;
  }

  void release(final TcpBinding binding) {
    final TcpBinding first = bindings[binding.port()];
    if (first == binding) {
      bindings[binding.port()] = binding.next;
      return;
    }
    for (TcpBinding b = first; b != null; b = b.next) {
      if (b.next == binding) {
        b.next = binding.next;
        return;
      }
    }
  }

  /**
   * Whether a connection keeps others off the port: it holds it for as long as it lives, TIME_WAIT
   * included, unless both sides share it (Linux inet_csk_bind_conflict).
   */
  boolean isHeldByConnection(final int address, final int port, final PortSharing sharing) {
    for (TcpConnection c = connections[port]; c != null; c = c.nextOnPort) {
      if (overlap(c.localAddress(), address)
          && !sharing.agreesWith(PortSharing.ofBits(c.sharingBits), false)) {
        return true;
      }
    }
    return false;
  }

  /** The first of the connections with this local port; the others follow it. */
  @Nullable TcpConnection connections(final int port) {
    return connections[port];
  }

  void add(final TcpConnection connection) {
    final TcpConnection first = connections[connection.localPort()];
    connection.nextOnPort = first;
    if (first != null) {
      first.previousOnPort = connection;
    }
    connections[connection.localPort()] = connection;
  }

  void remove(final TcpConnection connection) {
    final TcpConnection next = connection.nextOnPort;
    final TcpConnection previous = connection.previousOnPort;
    if (previous == null) {
      connections[connection.localPort()] = next;
    } else {
      previous.nextOnPort = next;
    }
    if (next != null) {
      next.previousOnPort = previous;
    }
    connection.nextOnPort = null;
    connection.previousOnPort = null;
  }
}
