package io.ustack.apps.sim;

import io.ustack.tcp.EcnUse;
import io.ustack.tcp.TcpConfig;
import io.ustack.testsupport.sim.FlowPlan;
import io.ustack.testsupport.sim.NetSim;
import io.ustack.testsupport.sim.SharedPath;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is to be simulated. Of algorithms and round trips each flow takes the next one; behind the
 * last the first comes again.
 *
 * @param algorithms congestion control, by name
 * @param roundTripsNs without queues
 * @param flows how many
 * @param bitsPerSecond of the line that all share
 * @param queue in front of it
 * @param mark from where on it marks packets instead; null is never, and TCP without ECN
 * @param loss probability that data vanish
 * @param bytes of each flow; {@link FlowPlan#ENDLESS} is no end
 * @param gapNs between the starts of two flows
 * @param seed of everything random
 * @param tcp the numbers of TCP beside the algorithm
 */
public record SimSetup(
    List<String> algorithms,
    List<Long> roundTripsNs,
    int flows,
    long bitsPerSecond,
    QueueSize queue,
    @Nullable QueueSize mark,
    double loss,
    long bytes,
    long gapNs,
    long seed,
    TcpConfig tcp) {
  /** A full frame. */
  static final int FRAME_BYTES = 1514;

  /** More on its way at once needs more memory than a simulation is worth. */
  private static final double MOST_ON_THE_WAY_BYTES = 4 << 20;

  private static final double MOST_OF_ALL_FLOWS_BYTES = 32 << 20;

  /** What the socket buffers hold at least. */
  private static final int LEAST_BUFFER_BYTES = 1 << 20;

  /** The congestion control of a flow. */
  public String algorithm(final int flow) {
    return algorithms.get(flow % algorithms.size());
  }

  /** The round trip of a flow, without queues. */
  public long roundTripNs(final int flow) {
    return roundTripsNs.get(flow % roundTripsNs.size());
  }

  private long longestRoundTripNs() {
    return roundTripsNs.stream().mapToLong(Long::longValue).max().orElse(0);
  }

  private double productBytes() {
    return bitsPerSecond / 8e9 * longestRoundTripNs();
  }

  /** What the queue holds. */
  public int queueBytes() {
    return queue.bytes(productBytes());
  }

  /** Where it begins to mark; 0 is never. */
  public int markBytes() {
    return mark == null ? 0 : mark.bytes(productBytes());
  }

  /** Why it can't be simulated; null when it can. */
  public @Nullable String complaint() {
    if (flows > NetSim.MOST_FLOWS) {
      return "at most " + NetSim.MOST_FLOWS + " flows";
    }
    final double onTheWay = productBytes() + queueBytes();
    if (onTheWay > MOST_ON_THE_WAY_BYTES || onTheWay * flows > MOST_OF_ALL_FLOWS_BYTES) {
      return "rate x round trip and queue are %.1f MB; a simulation can hold %.1f MB"
          .formatted(
              onTheWay / 1e6,
              Math.min(MOST_ON_THE_WAY_BYTES, MOST_OF_ALL_FLOWS_BYTES / flows) / 1e6);
    }
    return null;
  }

  /** What the socket buffers hold: several times what can be on its way, so they limit no flow. */
  private int bufferBytes() {
    return (int) Math.max(LEAST_BUFFER_BYTES, 4 * (productBytes() + queueBytes()));
  }

  /** Ready to run. */
  public NetSim open() {
    final SharedPath path =
        SharedPath.bottleneck(bitsPerSecond, queueBytes(), longestRoundTripNs())
            .withLoss(loss)
            .withMarks(markBytes());
    final TcpConfig buffers = tcp.withBuffers(bufferBytes(), bufferBytes());
    final List<FlowPlan> plans = new ArrayList<>();
    for (int i = 0; i < flows; i++) {
      final TcpConfig config =
          buffers
              .with()
              .congestionControl(algorithm(i))
              .ecn(mark == null ? tcp.ecn() : EcnUse.ALWAYS)
              .build();
      plans.add(new FlowPlan(config, roundTripNs(i), i * gapNs, bytes));
    }
    return new NetSim(path, plans, seed);
  }
}
