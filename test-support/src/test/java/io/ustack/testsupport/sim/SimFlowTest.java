package io.ustack.testsupport.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.link.Faults;
import io.ustack.tcp.TcpConfig;
import io.ustack.testsupport.trace.ConnectionTrace;
import io.ustack.testsupport.trace.StreamTrace;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What a simulation tells of its flows. */
class SimFlowTest {
  private static final long MS = 1_000_000;
  private static final long RATE = 8_000_000;
  private static final SharedPath PATH = SharedPath.bottleneck(RATE, 40_000, 20 * MS);

  private static FlowPlan plan(final long startMs, final long bytes) {
    return new FlowPlan(TcpConfig.DEFAULT, 20 * MS, startMs * MS, bytes);
  }

  @Test
  void aFlowThatFitsIntoTheBufferClosesToo() {
    // All of it is written before the handshake is over; the FIN must come all the same.
    try (NetSim sim = new NetSim(PATH, List.of(plan(0, 1000)), 1)) {
      sim.runToEnd();
      assertEquals(1000, sim.flows().get(0).receivedBytes());
    }
    try (NetSim sim = new NetSim(PATH, List.of(plan(0, 0)), 1)) {
      sim.runToEnd();
    }
  }

  @Test
  void flowsBeginWhenTheyAreToldAndTellTheirTime() {
    try (NetSim sim = new NetSim(PATH, List.of(plan(0, 100_000), plan(500, 100_000)), 1)) {
      sim.runToEnd();
      final SimFlow late = sim.flows().get(1);
      final StreamTrace sent = outgoing(late);
      // ARP and the handshake take a round trip each, and each up to 1.5 ms of jitter.
      assertTrue(sent.sent().atNs(0) >= 540 * MS, "" + sent.sent().atNs(0));
      assertTrue(sent.sent().atNs(0) < 545 * MS, "" + sent.sent().atNs(0));
      // 100 kB take 100 ms of the line at least, and start with ten segments.
      assertTrue(late.durationNs(sim.elapsedNs()) > 120 * MS);
      assertTrue(late.durationNs(sim.elapsedNs()) < 300 * MS);
      assertTrue(late.isComplete() && !late.hasFailed());
    }
  }

  @Test
  void theTraceIsWhatTheCountersSay() {
    final SharedPath lossy = PATH.withLoss(0.02);
    try (NetSim sim = new NetSim(lossy, List.of(plan(0, 2_000_000)), 3)) {
      sim.runToEnd();
      final SimFlow flow = sim.flows().get(0);
      final StreamTrace stream = outgoing(flow);
      assertEquals(2_000_000, stream.bytes());
      assertEquals(2_000_000, stream.sent().last(0));
      assertEquals(2_000_000, stream.acknowledged().last(0));
      assertEquals(0, Objects.requireNonNull(flow.trace()).incoming().bytes());
      final long repeated = flow.count(Counter.TCP_RETRANSMITTED_SEGMENTS);
      assertTrue(repeated > 10);
      assertEquals(repeated, stream.repeated().offered());
    }
  }

  @Test
  void samplesShowTheWindowAtTheirMoment() {
    try (NetSim sim = new NetSim(PATH, List.of(plan(0, FlowPlan.ENDLESS)), 1)) {
      sim.sampleEvery(10 * MS);
      sim.run(1000 * MS);
      final SimFlow flow = sim.flows().get(0);
      assertEquals(1000 * MS, sim.elapsedNs());
      assertEquals(14_480, flow.window().value(0), "ten segments of 1448 bytes");
      assertEquals(0, flow.window().atNs(0) % (10 * MS));
      assertTrue(flow.window().count() >= 96 && flow.window().count() <= 98);
      final long last = flow.roundTrip().last(0);
      assertTrue(last >= 20 * MS && last < 70 * MS, "with at most 40 ms of queue: " + last);
    }
  }

  @Test
  void everythingFollowsFromTheSeed() {
    final SharedPath lossy = PATH.withLoss(0.01);
    final List<FlowPlan> plans = List.of(plan(0, 300_000), plan(10, 300_000));
    assertEquals(figures(lossy, plans, 5), figures(lossy, plans, 5));
    assertNotEquals(figures(lossy, plans, 5), figures(lossy, plans, 6));
  }

  private static String figures(
      final SharedPath path, final List<FlowPlan> plans, final long seed) {
    try (NetSim sim = new NetSim(path, plans, seed)) {
      sim.runToEnd();
      return sim.elapsedNs() + " " + sim.path() + " " + sim.flows();
    }
  }

  @Test
  void aPathThatLetsNothingThroughIsSaidToBeOne() {
    final SharedPath cut = SharedPath.bothWays(Faults.NONE.withLoss(1));
    final List<FlowPlan> plans = List.of(FlowPlan.of(TcpConfig.DEFAULT, 1000));
    try (NetSim sim = new NetSim(cut, plans, 1)) {
      assertThrows(IllegalStateException.class, sim::runToEnd);
      assertTrue(sim.flows().get(0).hasFailed());
      assertTrue(sim.isOver());
    }
    try (NetSim sim = new NetSim(cut, plans, 1)) {
      sim.run(1000 * MS);
      assertFalse(sim.isOver());
      assertEquals(0, sim.flows().get(0).receivedBytes());
      assertEquals(1000 * MS, sim.flows().get(0).durationNs(sim.elapsedNs()));
    }
  }

  @Test
  void jainsIndex() {
    final List<FlowPlan> plans = List.of(plan(0, 30_000), plan(0, 10_000));
    try (NetSim sim = new NetSim(PATH, plans, 1)) {
      assertEquals(1, Fairness.jain(sim.flows()), "nobody has anything");
      sim.runToEnd();
      assertEquals(16.0 / (2 * 10), Fairness.jain(sim.flows()), 1e-9);
    }
  }

  private static StreamTrace outgoing(final SimFlow flow) {
    final ConnectionTrace trace = Objects.requireNonNull(flow.trace());
    return trace.outgoing();
  }
}
