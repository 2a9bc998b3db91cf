package io.ustack.apps.bench;

import java.nio.ByteBuffer;
import java.util.BitSet;
import org.HdrHistogram.Histogram;

/**
 * Streams, as fast as they go, into the discard port or out of the source port. What counts is what
 * the send buffers took, the rest is in flight; or what was received.
 */
final class BulkLoad implements Load {
  private static final int CHUNK_BYTES = 64 << 10;

  private final Sockets sockets;
  private final boolean down;
  private final int[] descriptors;
  private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
  private final Histogram latency = new Histogram(1, 2, 1);
  private final BitSet connected = new BitSet();
  private long bytes;

  /**
   * @param down whether the server sends
   */
  BulkLoad(final Sockets sockets, final int streams, final boolean down) {
    this.sockets = sockets;
    this.down = down;
    descriptors = new int[streams];
  }

  @Override
  public void open() {
    final int port = down ? BenchService.SOURCE_PORT : BenchService.DISCARD_PORT;
    for (int i = 0; i < descriptors.length; i++) {
      descriptors[i] = sockets.connect(port);
    }
  }

  @Override
  public boolean isOpen() {
    return connected.cardinality() == descriptors.length && bytes > 0;
  }

  @Override
  public void begin(final long nowNs, final long durationNs) {}

  @Override
  public void step(final int timeoutMs) {
    final int ready = sockets.await(timeoutMs);
    for (int i = 0; i < ready; i++) {
      final int descriptor = sockets.ready(i);
      if (!connected.get(descriptor)) {
        connected.set(descriptor);
        expect(descriptor);
      }
      move(descriptor);
    }
  }

  private void expect(final int descriptor) {
    if (down) {
      sockets.expectToRead(descriptor);
    } else {
      sockets.expectToWrite(descriptor);
    }
  }

  private void move(final int descriptor) {
    final int moved =
        down
            ? sockets.receive(descriptor, chunk, CHUNK_BYTES)
            : sockets.send(descriptor, chunk, CHUNK_BYTES);
    if (moved == 0) {
      throw new IllegalStateException("the server closed a connection");
    }
    bytes += Math.max(0, moved);
  }

  @Override
  public long operations() {
    return bytes;
  }

  @Override
  public void close() {
    for (final int descriptor : descriptors) {
      sockets.close(descriptor);
    }
  }

  /** Nothing is recorded: a stream has no latency. */
  @Override
  public Histogram latency() {
    return latency;
  }
}
