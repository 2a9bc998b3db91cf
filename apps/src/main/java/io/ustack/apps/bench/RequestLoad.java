package io.ustack.apps.bench;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Request and response on {@code n} connections, which begin when all are there. In a closed loop
 * each sends a message when the answer to the last one is there; in an open loop those that are
 * free send what is due.
 */
final class RequestLoad implements Load {
  private static final int OPENING_AT_ONCE = 256;

  private final Sockets sockets;
  private final int connections;
  private final int messageBytes;
  private final @Nullable Schedule schedule;
  private final ByteBuffer buffer;
  private final BlockLatency latency = new BlockLatency();

  /** Of the answer that a connection waits for; all of it while it waits for nothing. */
  private int[] received = new int[64];

  /** When the request was sent that a connection waits for; in an open loop, when it was due. */
  private long[] sentAtNs = new long[64];

  private final int[] descriptors;

  /** A queue of connections that wait for nothing, in an open loop. */
  private final int[] free;

  private int firstFree;
  private int freeCount;
  private int begun;
  private int connected;
  private long operations;

  /**
   * @param schedule when requests are due in an open loop; null: a closed loop
   */
  RequestLoad(
      final Sockets sockets,
      final int connections,
      final int messageBytes,
      final @Nullable Schedule schedule) {
    this.sockets = sockets;
    this.connections = connections;
    this.messageBytes = messageBytes;
    this.schedule = schedule;
    descriptors = new int[connections];
    free = new int[connections];
    buffer = ByteBuffer.allocateDirect(messageBytes);
  }

  @Override
  public void open() {
    while (begun < connections && begun - connected < OPENING_AT_ONCE) {
      final int descriptor = sockets.connect(BenchService.echoPort(begun));
      descriptors[begun++] = descriptor;
      if (descriptor >= received.length) {
        received = Arrays.copyOf(received, 2 * descriptor);
        sentAtNs = Arrays.copyOf(sentAtNs, 2 * descriptor);
      }
      received[descriptor] = messageBytes;
    }
  }

  @Override
  public boolean isOpen() {
    return connected == connections;
  }

  @Override
  public void begin(final long nowNs, final long durationNs) {
    latency.begin(nowNs);
    if (schedule != null) {
      schedule.begin(nowNs, durationNs);
    }
  }

  @Override
  public boolean owes() {
    return schedule != null && (schedule.hasMore() || freeCount < connections);
  }

  @Override
  public void step(final int timeoutMs) {
    // What waits for events can't send what becomes due meanwhile.
    final int ready = sockets.await(schedule == null ? timeoutMs : 0);
    final long nowNs = System.nanoTime();
    for (int i = 0; i < ready; i++) {
      final int descriptor = sockets.ready(i);
      if (sockets.isWritable(i)) {
        sockets.expectToRead(descriptor);
        connected++;
        open();
        if (isOpen()) {
          beginAll(nowNs);
        }
      } else {
        receive(descriptor, nowNs);
      }
    }
    if (schedule != null) {
      sendWhatIsDue(schedule);
    }
  }

  /** Not before all are connected: many that ask leave little time for those that connect. */
  private void beginAll(final long nowNs) {
    for (final int descriptor : descriptors) {
      next(descriptor, nowNs);
    }
  }

  private void sendWhatIsDue(final Schedule due) {
    while (freeCount > 0 && due.isDue(System.nanoTime())) {
      final int descriptor = free[firstFree];
      firstFree = (firstFree + 1) % connections;
      freeCount--;
      send(descriptor, due.take());
    }
  }

  /** A connection waits for nothing any more. */
  private void next(final int descriptor, final long nowNs) {
    if (schedule == null) {
      send(descriptor, nowNs);
    } else {
      free[(firstFree + freeCount++) % connections] = descriptor;
    }
  }

  private void send(final int descriptor, final long fromNs) {
    received[descriptor] = 0;
    sentAtNs[descriptor] = fromNs;
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
      latency.answered(sentAtNs[descriptor], nowNs);
      next(descriptor, nowNs);
    }
  }

  @Override
  public long end(final long nowNs) {
    final LongStream underWay =
        IntStream.of(descriptors)
            .filter(descriptor -> received[descriptor] < messageBytes)
            .mapToLong(descriptor -> sentAtNs[descriptor]);
    return schedule == null
        ? latency.end(nowNs, underWay)
        : latency.endOfAll(nowNs, LongStream.concat(underWay, schedule.takeAll()));
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
    return latency.histogram();
  }
}
