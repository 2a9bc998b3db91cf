package io.ustack.apps.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;

/**
 * Connections per second: connect, 64 bytes there, 64 bytes back, reset. The reset is what close
 * does while the answer is unread; it keeps both ends free of TIME_WAIT, as the peers' figures have
 * it.
 */
final class ConnectLoad implements Load {
  private static final int MESSAGE_BYTES = 64;

  private final Sockets sockets;
  private final int parallel;
  private final BlockLatency latency = new BlockLatency();
  private final ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);

  /** By descriptor; 0 for one that is not ours. */
  private long[] begunAtNs = new long[64];

  private long operations;

  ConnectLoad(final Sockets sockets, final int parallel) {
    this.sockets = sockets;
    this.parallel = parallel;
  }

  @Override
  public void open() {
    for (int i = 0; i < parallel; i++) {
      connect(System.nanoTime());
    }
  }

  @Override
  public boolean isOpen() {
    return operations >= parallel;
  }

  private void connect(final long nowNs) {
    final int descriptor = sockets.connect(BenchService.ECHO_PORT);
    if (descriptor >= begunAtNs.length) {
      begunAtNs = Arrays.copyOf(begunAtNs, 2 * descriptor);
    }
    begunAtNs[descriptor] = nowNs;
  }

  @Override
  public void begin(final long nowNs, final long durationNs) {
    latency.begin(nowNs);
  }

  @Override
  public void step(final int timeoutMs) {
    final int ready = sockets.await(timeoutMs);
    final long nowNs = System.nanoTime();
    for (int i = 0; i < ready; i++) {
      final int descriptor = sockets.ready(i);
      if (sockets.isWritable(i)) {
        sockets.expectToRead(descriptor);
        if (sockets.send(descriptor, message, MESSAGE_BYTES) != MESSAGE_BYTES) {
          throw new IllegalStateException("a connection did not take a request");
        }
      } else {
        receive(descriptor, nowNs);
      }
    }
  }

  /** All but a byte of the answer: what is unread makes the close a reset. */
  private void receive(final int descriptor, final long nowNs) {
    final int count = sockets.receive(descriptor, message, MESSAGE_BYTES - 1);
    if (count == 0) {
      throw new IllegalStateException("the server closed a connection");
    }
    if (count > 0) {
      latency.answered(begunAtNs[descriptor], nowNs);
      begunAtNs[descriptor] = 0;
      sockets.close(descriptor);
      operations++;
      connect(nowNs);
    }
  }

  @Override
  public long end(final long nowNs) {
    return latency.end(nowNs, LongStream.of(begunAtNs).filter(since -> since != 0));
  }

  @Override
  public long operations() {
    return operations;
  }

  @Override
  public void close() {
    for (int descriptor = 0; descriptor < begunAtNs.length; descriptor++) {
      if (begunAtNs[descriptor] != 0) {
        sockets.close(descriptor);
      }
    }
  }

  @Override
  public Histogram latency() {
    return latency.histogram();
  }
}
