package io.ustack.posix;

import io.ustack.link.FlowShare;
import io.ustack.udp.ErrorInfo;
import io.ustack.udp.UdpEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link UdpSocket} is: on every shard of its engine, since a peer may arrive on any. What
 * is sent to a peer leaves on the shard where its answers arrive, so datagrams between two ends
 * stay in order, and errors come back to who sent.
 */
final class UdpSides {
  /** How many ports are tried that are free on one shard and may be taken on another. */
  private static final int TRIES = 64;

  private final UdpSocket socket;
  private final UdpStackSide[] sides;

  /** Where {@link #readable} looks first; under the receiving lock. */
  private int turn;

  UdpSides(final UdpSocket socket) {
    this.socket = socket;
    final Shard[] shards = socket.engine.shards;
    sides = new UdpStackSide[shards.length];
    for (int i = 0; i < sides.length; i++) {
      sides[i] = new UdpStackSide(socket, shards[i]);
    }
  }

  /** The one that chooses ports, and that is asked where all are the same. */
  UdpStackSide first() {
    return sides[0];
  }

  // ---- Under the control lock

  private static int call(
      final UdpStackSide side, final UdpCall.Kind kind, final int address, final int port) {
    final UdpCall call = new UdpCall(side, kind, address, port);
    side.shard.call(call);
    return call.result();
  }

  /** bind(2): the port of one shard must be free on all. */
  int bind(final int address, final int port) {
    final UdpCall.Kind others = port == 0 ? UdpCall.Kind.BIND_UNLOCKED : UdpCall.Kind.BIND;
    return spread(UdpCall.Kind.BIND, others, UdpCall.Kind.UNBIND, address, port);
  }

  /** Sees to it that there is a port. Returns 0, or -EAGAIN when none is free */
  int bindAny() {
    final UdpCall.Kind any = UdpCall.Kind.BIND_ANY;
    return isBound() ? 0 : spread(any, any, UdpCall.Kind.DISCONNECT, 0, 0);
  }

  private int spread(
      final UdpCall.Kind kind,
      final UdpCall.Kind others,
      final UdpCall.Kind undo,
      final int address,
      final int port) {
    socket.engine.ports.lock();
    try {
      return spreadAlone(kind, others, undo, address, port);
    } finally {
      socket.engine.ports.unlock();
    }
  }

  private int spreadAlone(
      final UdpCall.Kind kind,
      final UdpCall.Kind others,
      final UdpCall.Kind undo,
      final int address,
      final int port) {
    int result = 0;
    for (int tries = 0; tries < TRIES; tries++) {
      final int chosen = call(first(), kind, address, port);
      if (chosen != 0) {
        return chosen;
      }
      result = callOthers(others, address, (int) (socket.local & 0xFFFF));
      if (result == 0) {
        return 0;
      }
      callAll(undo, 0, 0);
      if (port != 0) {
        break;
      }
    }
    return result;
  }

  /** connect(2): all hear that peer only. */
  int connect(final int address, final int port) {
    final int bound = bindAny();
    return bound == 0 ? callAll(UdpCall.Kind.CONNECT, address, port) : bound;
  }

  int disconnect() {
    return callAll(UdpCall.Kind.DISCONNECT, 0, 0);
  }

  /** IP_MTU: what is known where the answers of the peer arrive. */
  int pathMtu() {
    final long peer = socket.remote;
    return call(towards((int) (peer >> 16), (int) (peer & 0xFFFF)), UdpCall.Kind.PATH_MTU, 0, 0);
  }

  private int callAll(final UdpCall.Kind kind, final int address, final int port) {
    final int result = call(first(), kind, address, port);
    return result == 0 ? callOthers(kind, address, port) : result;
  }

  private int callOthers(final UdpCall.Kind kind, final int address, final int port) {
    for (int i = 1; i < sides.length; i++) {
      final int result = call(sides[i], kind, address, port);
      if (result != 0) {
        return result;
      }
    }
    return 0;
  }

  // ---- Any thread

  /** Whether it has a port, on all shards. */
  boolean isBound() {
    for (final UdpStackSide side : sides) {
      if (!side.isBound()) {
        return false;
      }
    }
    return true;
  }

  /** As {@link Doorbell#ring}, of all of them. */
  void ring(final int requests) {
    for (final UdpStackSide side : sides) {
      side.ring(requests);
    }
  }

  /** Where what is sent there has to leave. */
  UdpStackSide towards(final int address, final int port) {
    if (sides.length == 1) {
      return sides[0];
    }
    final long name = socket.local;
    final int bound = (int) (name >> 16);
    final int local = bound == SocketOption.INADDR_ANY ? socket.engine.address() : bound;
    final FlowShare flows = first().shard.stack.link().flows();
    return sides[flows.owner(local, (int) (name & 0xFFFF), address, port)];
  }

  boolean isReadable() {
    for (final UdpStackSide side : sides) {
      final UdpEndpoint endpoint = side.endpoint();
      if (endpoint != null && endpoint.isReadable()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a datagram to whomever would be taken. */
  boolean isWritable() {
    boolean writable = true;
    for (final UdpStackSide side : sides) {
      final UdpEndpoint endpoint = side.endpoint();
      writable &= endpoint == null || endpoint.isWritable(); // who says no, tells
    }
    return writable;
  }

  /** Whether MSG_ERRQUEUE has something. */
  boolean hasErrors() {
    return withErrors() != null;
  }

  /** The first one whose error queue is not empty; null when there is none. */
  @Nullable UdpEndpoint withErrors() {
    for (final UdpStackSide side : sides) {
      final UdpEndpoint endpoint = side.endpoint();
      if (endpoint != null && !endpoint.errors().isEmpty()) {
        return endpoint;
      }
    }
    return null;
  }

  /** Linux sock_dequeue_err_skb: whether an ICMP error waits, which {@code info} tells then. */
  boolean firstIcmp(final ErrorInfo info) {
    for (final UdpStackSide side : sides) {
      final UdpEndpoint endpoint = side.endpoint();
      if (endpoint != null && endpoint.errors().firstIcmp(info)) {
        return true;
      }
    }
    return false;
  }

  /** SIOCOUTQ. */
  int queuedBytes() {
    int bytes = 0;
    for (final UdpStackSide side : sides) {
      final UdpEndpoint endpoint = side.endpoint();
      bytes += endpoint == null ? 0 : endpoint.queuedBytes();
    }
    return bytes;
  }

  /** From now on what is received may stay in its packets. Under the receiving lock. */
  void keepIncoming() {
    for (final UdpStackSide side : sides) {
      final UdpEndpoint endpoint = side.endpoint();
      if (endpoint != null) {
        endpoint.keepIncoming(side.shard.lent);
      }
    }
  }

  /** IP_RECVERR. Under the receiving lock. */
  void keepErrors(final boolean on) {
    for (final UdpStackSide side : sides) {
      final UdpEndpoint endpoint = side.endpoint();
      if (endpoint != null) {
        endpoint.errors().keep(on);
      }
    }
  }

  /** SO_SNDBUF, of all but one, which is sized by who knows what is pending there. */
  void sendCapacity(final int bytes, final UdpStackSide but) {
    for (final UdpStackSide side : sides) {
      final UdpEndpoint endpoint = side.endpoint();
      if (endpoint != null && side != but) {
        endpoint.sendCapacity(bytes, 0);
      }
    }
  }

  /**
   * The side whose oldest datagram is next: of those that have some, in turn; the same one until
   * {@link #taken}. Under the receiving lock.
   */
  UdpStackSide readable() {
    for (int i = 0; i < sides.length; i++) {
      final UdpEndpoint endpoint = sides[turn].endpoint();
      if (endpoint != null && endpoint.isReadable()) {
        return sides[turn];
      }
      advance();
    }
    return sides[turn];
  }

  /** The datagram of {@link #readable} was taken. Under the receiving lock. */
  void taken() {
    advance();
  }

  private void advance() {
    turn = turn + 1 == sides.length ? 0 : turn + 1;
  }
}
