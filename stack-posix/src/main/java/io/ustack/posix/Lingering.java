package io.ustack.posix;

import io.ustack.readiness.ReadinessObserver;
import io.ustack.tcp.TcpConnection;
import org.jspecify.annotations.Nullable;

/**
 * What close(2) waits for with SO_LINGER: a connection that nobody holds any more has its FIN
 * acknowledged, and all data before it, or is over (Linux sk_stream_wait_close). Readable then.
 */
final class Lingering extends Pollable implements ReadinessObserver {
  /** Stack thread. */
  private @Nullable TcpConnection connection;

  private volatile boolean over;

  Lingering(final SocketEngine engine) {
    super(engine);
  }

  /** Waits for the end of the connection of a socket that was closed; not at all for 0. */
  static void await(final TcpSocket socket, final long lingerNs) {
    if (lingerNs != 0) {
      final Lingering lingering = new Lingering(socket.engine);
      socket.stackSide.shard.call(new TcpCall(socket.stackSide, lingering));
      lingering.await(lingerNs);
    }
  }

  /** Begins, with a connection that was closed, or none; stack thread. */
  void over(final @Nullable TcpConnection closed) {
    connection = closed;
    if (closed == null) {
      over = true;
    } else {
      closed.observer(this);
      onReadiness(0);
    }
  }

  @Override
  public void onReadiness(final int bits) {
    if (connection != null && !isFinOutstanding(connection)) {
      over = true;
      connection = null;
      raise(Epoll.READ_KEY);
    }
  }

  /** Linux sk_stream_closing. */
  private static boolean isFinOutstanding(final TcpConnection c) {
    return switch (c.state()) {
      case FIN_WAIT_1, CLOSING, LAST_ACK -> true;
      default -> false;
    };
  }

  @Override
  public int readiness() {
    return over ? Epoll.READ_KEY : 0;
  }

  private void await(final long timeoutNs) {
    engine.execution.await(this, Epoll.READ_KEY, timeoutNs);
    close();
  }

  @Override
  void onClose() {}
}
