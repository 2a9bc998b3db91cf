package io.ustack.apps.bench;

import io.ustack.readiness.Readiness;
import io.ustack.readiness.ReadinessObserver;
import io.ustack.stack.NetworkStack;
import io.ustack.tcp.TcpBinding;
import io.ustack.tcp.TcpConnection;
import io.ustack.tcp.TcpListener;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;

/**
 * The echo of {@link BenchService} without sockets: the stack's own callbacks say which connection
 * has data, and its buffers are read and written in place. The least that an application inside the
 * stack can do; what {@code epoll} costs is what it costs more than this.
 */
final class CallbackEcho {
  private static final int BACKLOG = 4096;
  private static final int BUFFER_BYTES = 64 << 10;

  private final NetworkStack stack;
  private final TcpListener listener;
  private final ArrayDeque<Connection> readable = new ArrayDeque<>(4096);
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
  private boolean acceptable;

  CallbackEcho(final NetworkStack stack) {
    this.stack = stack;
    final TcpBinding binding = stack.tcp().bind(0, BenchService.ECHO_PORT, false);
    listener =
        Objects.requireNonNull(
            stack
                .tcp()
                .listen(
                    Objects.requireNonNull(binding),
                    BACKLOG,
                    stack.tcp().config(),
                    bits -> acceptable = true));
  }

  /** One duty cycle, and what it brought. */
  void step() {
    final long nowNs = System.nanoTime();
    stack.poll(nowNs);
    if (acceptable) {
      acceptAll();
    }
    for (Connection next = readable.poll(); next != null; next = readable.poll()) {
      next.echo(nowNs);
    }
  }

  private void acceptAll() {
    acceptable = false;
    for (TcpConnection next = listener.accept(); next != null; next = listener.accept()) {
      next.options().noDelay(true);
      next.observer(new Connection(next));
    }
  }

  private final class Connection implements ReadinessObserver {
    private final TcpConnection connection;
    private boolean queued;

    private Connection(final TcpConnection connection) {
      this.connection = connection;
      onReadiness(Readiness.READABLE); // what came before
    }

    @Override
    public void onReadiness(final int bits) {
      if (!queued && (bits & Readiness.READABLE) != 0) {
        queued = true;
        readable.add(this);
      }
    }

    private void echo(final long nowNs) {
      queued = false;
      final int count = connection.receiveBuffer().read(buffer, 0, BUFFER_BYTES);
      if (count > 0) {
        connection.onReceiveBufferRead(nowNs);
        connection.sendBuffer().write(buffer, 0, count);
        connection.onSendBufferWritten(nowNs);
      }
    }
  }
}
