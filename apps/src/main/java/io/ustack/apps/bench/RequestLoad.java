package io.ustack.apps.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.HdrHistogram.Histogram;

/**
 * Request and response: each of {@code n} connections sends a message when the answer to the last
 * one is there.
 */
final class RequestLoad implements Load {
  private static final int OPENING_AT_ONCE = 256;

  private final Sockets sockets;
  private final int connections;
  private final int messageBytes;
  private final ByteBuffer buffer;
  private final Histogram latency = new Histogram(1, 10_000_000_000L, 3);
  private int[] received = new int[64];
  private long[] sentAtNs = new long[64];
  private final int[] descriptors;
  private int begun;
  private int connected;
  private long operations;

  RequestLoad(final Sockets sockets, final int connections, final int messageBytes) {
    this.sockets = sockets;
    this.connections = connections;
    this.messageBytes = messageBytes;
    descriptors = new int[connections];
    buffer = ByteBuffer.allocateDirect(messageBytes);
  }

  @Override
  public void open() {
    while (begun < connections && begun - connected < OPENING_AT_ONCE) {
      final int descriptor = sockets.connect(BenchService.ECHO_PORT);
      descriptors[begun++] = descriptor;
      if (descriptor >= received.length) {
        received = Arrays.copyOf(received, 2 * descriptor);
        sentAtNs = Arrays.copyOf(sentAtNs, 2 * descriptor);
      }
    }
  }

  @Override
  public boolean isOpen() {
    return connected == connections;
  }

  @Override
  public void step(final int timeoutMs) {
    final int ready = sockets.await(timeoutMs);
    final long nowNs = System.nanoTime();
    for (int i = 0; i < ready; i++) {
      final int descriptor = sockets.ready(i);
      if (sockets.isWritable(i)) {
        connected++;
        sockets.expectToRead(descriptor);
        send(descriptor, nowNs);
        open();
      } else {
        receive(descriptor, nowNs);
      }
    }
  }

  private void send(final int descriptor, final long nowNs) {
    received[descriptor] = 0;
    sentAtNs[descriptor] = nowNs;
    if (sockets.send(descriptor, buffer, messageBytes) != messageBytes) {
      throw new IllegalStateException("a connection did not take a request");
    }
  }

  private void receive(final int descriptor, final long nowNs) {
    final int count = sockets.receive(descriptor, buffer, messageBytes);
    if (count == 0) {
      throw new IllegalStateException("the server closed a connection");
    }
    received[descriptor] += Math.max(0, count);
    if (received[descriptor] >= messageBytes) {
      operations++;
      latency.recordValue(Math.max(1, nowNs - sentAtNs[descriptor]));
      send(descriptor, nowNs);
    }
  }

  @Override
  public long operations() {
    return operations;
  }

  @Override
  public void close() {
    for (int i = 0; i < begun; i++) {
      sockets.close(descriptors[i]);
    }
  }

  @Override
  public Histogram latency() {
    return latency;
  }
}
