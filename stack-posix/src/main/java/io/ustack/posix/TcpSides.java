package io.ustack.posix;

import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link TcpSocket} is when an engine has several shards: bound and listening on all of
 * them, since a peer may arrive on any; connected on the one where the peer's segments arrive. What
 * was never bound, and everything where there is one shard, is where {@link TcpSocket#stackSide}
 * is. Under the socket's control lock, but for what says otherwise.
 */
final class TcpSides {
  /** How many ports are tried that are free on one shard and may be taken on another. */
  private static final int TRIES = 64;

  private final TcpSocket socket;
  private final TcpStackSide[] sides;
  private final TcpCall[] accepts;

  /** Where accept(2) looks first. */
  private int turn;

  TcpSides(final TcpSocket socket, final TcpStackSide home) {
    this.socket = socket;
    final Shard[] shards = socket.engine.shards;
    sides = new TcpStackSide[shards.length];
    accepts = new TcpCall[shards.length];
    for (int i = 0; i < sides.length; i++) {
      sides[i] = shards[i] == home.shard ? home : new TcpStackSide(socket, shards[i]);
      accepts[i] = new TcpCall(sides[i], TcpCall.Kind.ACCEPT, 0, 0);
    }
  }

  /**
   * The sides on all shards, which are made for it; null where there is one shard. Whoever closes
   * meanwhile rings all of them, or is seen to have closed after this.
   */
  private static @Nullable TcpSides all(final TcpSocket socket) {
    if (socket.sides == null && socket.engine.shards.length > 1) {
      socket.sides = new TcpSides(socket, socket.stackSide);
    }
    return socket.sides;
  }

  /** bind(2): the port of one shard must be free on all. */
  static int bind(final TcpSocket socket, final int address, final int port) {
    final TcpSides all = all(socket);
    if (all == null) {
      return call(socket.stackSide, TcpCall.Kind.BIND, address, port);
    }
    return socket.isClosed() ? -Errno.EBADF : all.alone(() -> all.bind(address, port));
  }

  /** listen(2). The backlog is divided among the shards. */
  static int listen(final TcpSocket socket, final int backlog) {
    final TcpSides all = all(socket);
    if (all == null) {
      return call(socket.stackSide, TcpCall.Kind.LISTEN, backlog, 0);
    }
    return socket.isClosed() ? -Errno.EBADF : all.alone(() -> all.listen(backlog));
  }

  private int alone(final IntSupplier step) {
    socket.engine.ports.lock();
    try {
      return step.getAsInt();
    } finally {
      socket.engine.ports.unlock();
    }
  }

  /**
   * connect(2), on the shard where the answers to the port arrive that the socket is bound to. The
   * others let go of it.
   *
   * @param kind CONNECT or CONNECT_FAST
   */
  static int connect(
      final TcpSocket socket, final TcpCall.Kind kind, final int address, final int port) {
    final TcpSides known = socket.sides;
    if (known != null) {
      return known.connect(kind, address, port);
    }
    final int result = call(socket.stackSide, kind, address, port);
    // Of the ephemeral ports each shard has a part.
    final TcpSides all = result == -Errno.EADDRNOTAVAIL ? all(socket) : null;
    return all == null || socket.isClosed() ? result : all.connect(kind, address, port);
  }

  /** Takes connection and listener away. */
  static void disconnect(final TcpSocket socket) {
    final TcpSides all = socket.sides;
    if (all == null) {
      call(socket.stackSide, TcpCall.Kind.DISCONNECT, 0, 0);
    } else {
      all.callAll(TcpCall.Kind.DISCONNECT);
    }
  }

  /** As {@link Doorbell#ring}, wherever it is. Any thread. */
  static void ring(final TcpSocket socket, final int requests) {
    final TcpSides all = socket.sides;
    if (all == null) {
      socket.stackSide.ring(requests);
    } else {
      for (final TcpStackSide side : all.sides) {
        side.ring(requests);
      }
    }
  }

  /** Whether a connection waits to be accepted. Any thread. */
  static boolean isAcceptable(final TcpSocket socket) {
    final TcpSides all = socket.sides;
    if (all == null) {
      return socket.stackSide.isAcceptable();
    }
    for (final TcpStackSide side : all.sides) {
      if (side.isAcceptable()) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes a connection that waits; null when none does.
   *
   * @param call to be used where there is one shard
   */
  static @Nullable TcpSocket accept(final TcpSocket socket, final TcpCall call) {
    final TcpSides all = socket.sides;
    if (all != null) {
      return all.accept();
    }
    socket.stackSide.shard.call(call);
    return call.takeAccepted();
  }

  private static int call(
      final TcpStackSide side, final TcpCall.Kind kind, final int first, final int second) {
    final TcpCall call = new TcpCall(side, kind, first, second);
    side.shard.call(call);
    return call.result();
  }

  private int port() {
    return (int) (socket.local & 0xFFFF);
  }

  private int bind(final int address, final int port) {
    int result = -Errno.EADDRINUSE;
    for (int tries = 0; tries < TRIES && result == -Errno.EADDRINUSE; tries++) {
      result = call(socket.stackSide, TcpCall.Kind.BIND, address, port);
      if (result != 0) {
        return result;
      }
      final TcpCall.Kind kind = port == 0 ? TcpCall.Kind.BIND_ANY : TcpCall.Kind.BIND;
      result = callOthers(kind, address, port());
      if (result == 0) {
        return 0;
      }
      callAll(TcpCall.Kind.UNBIND);
      if (port != 0) {
        return result;
      }
    }
    return result;
  }

  private int listen(final int backlog) {
    final int part = (int) ((backlog + (long) sides.length - 1) / sides.length);
    int result = -Errno.EADDRINUSE;
    for (int tries = 0; tries < TRIES && result == -Errno.EADDRINUSE; tries++) {
      result = call(socket.stackSide, TcpCall.Kind.LISTEN, part, 0);
      if (result != 0) {
        return result;
      }
      result = callOthers(TcpCall.Kind.LISTEN, part, port());
      if (result == 0) {
        return 0;
      }
      // What bind was told stays, and so the port is not another one the next time.
      callAll(TcpCall.Kind.DISCONNECT);
    }
    return result;
  }

  private int connect(final TcpCall.Kind kind, final int address, final int port) {
    final TcpStackSide home = socket.stackSide;
    TcpStackSide connected = home;
    int result = call(home, kind, address, port);
    for (int i = 0; i < sides.length && result == -Errno.EADDRNOTAVAIL; i++) {
      if (sides[i] != home) {
        connected = sides[i];
        result = call(connected, kind, address, port);
      }
    }
    if (result == 0) {
      socket.stackSide = connected;
      for (final TcpStackSide side : sides) {
        if (side != connected) {
          call(side, TcpCall.Kind.RELEASE, (int) (socket.local >> 16), 0);
        }
      }
      socket.raise(0); // what it was told before it was where it is looked for
    }
    return result;
  }

  private int callOthers(final TcpCall.Kind kind, final int first, final int second) {
    for (final TcpStackSide side : sides) {
      final int result = side == socket.stackSide ? 0 : call(side, kind, first, second);
      if (result != 0) {
        return result;
      }
    }
    return 0;
  }

  /** Has all of them do what can't fail; the one that says the socket's name last. */
  private void callAll(final TcpCall.Kind kind) {
    callOthers(kind, 0, 0);
    call(socket.stackSide, kind, 0, 0);
  }

  /** Takes a connection that waits, of each shard in turn; null when none does. */
  private @Nullable TcpSocket accept() {
    for (int i = 0; i < sides.length; i++) {
      turn = turn + 1 == sides.length ? 0 : turn + 1;
      if (sides[turn].isAcceptable()) {
        sides[turn].shard.call(accepts[turn]);
        final TcpSocket accepted = accepts[turn].takeAccepted();
        if (accepted != null) {
          return accepted;
        }
      }
    }
    return null;
  }
}
