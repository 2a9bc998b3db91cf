package io.ustack.tcp;

import io.ustack.tcp.congestion.CongestionControl;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/**
 * A bottleneck with a queue, and flows that share it, without TCP around them: what an algorithm
 * does when everything else is ideal. Time begins at 0.
 */
final class ModelPath {
  static final int MSS = 1448;
  static final long MS = 1_000_000;

  /** Something that happens; what happens at the same time happens in the order it was planned. */
  private record Event(long atNs, long order, Runnable action) implements Comparable<Event> {
    @Override
    public int compareTo(final Event other) {
      return atNs != other.atNs ? Long.compare(atNs, other.atNs) : Long.compare(order, other.order);
    }
  }

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final List<ModelFlow> flows = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(1);
  private final long bytesPerSecond;
  private final long queueBytes;
  private final double loss;
  private long lineFreeNs;
  private long planned;
  long nowNs;
  long drops;
  long mostQueuedBytes;

  ModelPath(final long bytesPerSecond, final long queueBytes, final double loss) {
    this.bytesPerSecond = bytesPerSecond;
    this.queueBytes = queueBytes;
    this.loss = loss;
  }

  /** A flow that always has something to send, from {@code startNs} on. */
  ModelFlow flow(final CongestionControl control, final long propagationNs, final long startNs) {
    final ModelFlow flow = new ModelFlow(this, control, propagationNs);
    flows.add(flow);
    at(startNs, flow::start);
    return flow;
  }

  void at(final long atNs, final Runnable action) {
    events.add(new Event(Math.max(atNs, nowNs), planned++, action));
  }

  void run(final long untilNs) {
    while (!events.isEmpty() && events.peek().atNs <= untilNs) {
      final Event event = events.remove();
      nowNs = event.atNs;
      event.action.run();
    }
    nowNs = untilNs;
  }

  /** When a segment that leaves now has passed the bottleneck; negative when it is lost. */
  long pass() {
    final long queued = Math.max(0, lineFreeNs - nowNs) * bytesPerSecond / 1_000_000_000;
    if (queued + MSS > queueBytes || random.nextDouble() < loss) {
      drops++;
      return -1;
    }
    mostQueuedBytes = Math.max(mostQueuedBytes, queued + MSS);
    lineFreeNs = Math.max(nowNs, lineFreeNs) + MSS * 1_000_000_000L / bytesPerSecond;
    return lineFreeNs;
  }

  /** Jain's index of what the flows got: 1 when all got the same. */
  double fairness() {
    double sum = 0;
    double squares = 0;
    for (final ModelFlow flow : flows) {
      sum += flow.goodBytes();
      squares += (double) flow.goodBytes() * flow.goodBytes();
    }
    return sum * sum / (flows.size() * squares);
  }
}
