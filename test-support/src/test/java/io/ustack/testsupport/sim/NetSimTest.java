package io.ustack.testsupport.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.counter.Counter;
import io.ustack.link.FaultCounts;
import io.ustack.link.Faults;
import io.ustack.tcp.EcnUse;
import io.ustack.tcp.TcpConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** Transfers over bad wires. {@code -Dustack.snapshots=write} writes the tables anew. */
class NetSimTest {
  private static final long MS = 1_000_000;
  private static final double[] LOSS = {0, 0.001, 0.01, 0.02, 0.05, 0.1};
  private static final int[] BUFFERS = {4 << 10, 16 << 10, 64 << 10, 256 << 10};
  private static final Faults WIRE = Faults.NONE.withDelay(5 * MS, 0);
  private static final String[] ALGORITHMS = {"reno", "cubic", "bbr"};

  /** Of the bottleneck, in bits per second. */
  private static final long RATE = 10_000_000;

  private static final TcpConfig LARGE_BUFFERS = TcpConfig.DEFAULT.withBuffers(4 << 20, 4 << 20);

  @Test
  void lossAgainstBufferSize() throws IOException {
    final StringBuilder table = new StringBuilder(HEAD);
    for (final double loss : LOSS) {
      for (final int buffer : BUFFERS) {
        table.append(row("loss " + loss, WIRE.withLoss(loss), buffer, 1 << 20));
      }
    }
    compare("loss-by-buffer.txt", table.toString());
  }

  @Test
  void everythingThatGoesWrongOnWires() throws IOException {
    final int buffer = 64 << 10;
    final Faults all =
        WIRE.withLoss(0.02)
            .withDuplication(0.02)
            .withCorruption(0.02)
            .withReordering(0.05, 8 * MS)
            .withDelay(5 * MS, 2 * MS);
    final StringBuilder table = new StringBuilder(HEAD);
    table
        .append(row("duplicates 10 %", WIRE.withDuplication(0.1), buffer, 1 << 20))
        .append(row("corruption 5 %", WIRE.withCorruption(0.05), buffer, 1 << 20))
        .append(row("reordering 10 %", WIRE.withReordering(0.1, 3 * MS), buffer, 1 << 20))
        .append(row("jitter 20 ms", WIRE.withDelay(5 * MS, 20 * MS), buffer, 1 << 20))
        .append(row("1 Mbit/s, 20 kB", WIRE.withLine(1_000_000, 20_000), buffer, 1 << 18))
        .append(row("100 Mbit/s, 64 kB", WIRE.withLine(100_000_000, 64_000), buffer, 1 << 22))
        .append(row("all at once", all, buffer, 1 << 20));
    compare("faults.txt", table.toString());
  }

  private static final String HEAD =
      "# wire | buffer | bytes | simulated ms | segments | repeated | timeouts | fast\n";

  private static String row(
      final String name, final Faults faults, final int bufferBytes, final long bytes) {
    final TcpConfig config = TcpConfig.DEFAULT.withBuffers(bufferBytes, bufferBytes);
    try (NetSim sim =
        new NetSim(SharedPath.bothWays(faults), List.of(FlowPlan.of(config, bytes)), 42)) {
      sim.runToEnd();
      final SimFlow flow = sim.flows().get(0);
      return "%-18s | %6d | %7d | %7d | %5d | %4d | %3d | %3d%n"
          .formatted(
              name,
              bufferBytes,
              flow.receivedBytes(),
              sim.elapsedNs() / MS,
              flow.count(Counter.TCP_SEGMENTS_OUT),
              flow.count(Counter.TCP_RETRANSMITTED_SEGMENTS),
              flow.count(Counter.TCP_RETRANSMISSION_TIMEOUTS),
              flow.count(Counter.TCP_FAST_RETRANSMITS));
    }
  }

  /** Ten seconds over 10 Mbit/s: what of the line each algorithm used. */
  @Test
  void algorithmsAgainstLossAndRoundTripAndQueue() throws IOException {
    final StringBuilder table =
        new StringBuilder(
            "# loss % | round trip ms | queue, products | reno % | cubic % | bbr %\n");
    for (final double loss : new double[] {0, 0.001, 0.01, 0.05}) {
      for (final int roundTripMs : new int[] {10, 40, 160}) {
        for (final double products : new double[] {0.25, 1, 4}) {
          table.append(line("%-5s | %3d | %4s", loss * 100, roundTripMs, products));
          for (final String name : ALGORITHMS) {
            final SharedPath path = path(roundTripMs, products).withLoss(loss);
            table.append(line(" | %3.0f", percent(path, congestion(name), roundTripMs)));
          }
          table.append('\n');
        }
      }
    }
    compare("throughput.txt", table.toString());
  }

  /** Two flows of 30 seconds over 10 Mbit/s with 40 ms of round trip. */
  @Test
  void twoFlowsOverOneBottleneck() throws IOException {
    final StringBuilder table =
        new StringBuilder(
            "# first | second | queue, products | first % | second % | Jain's index | dropped\n");
    for (int first = 0; first < ALGORITHMS.length; first++) {
      for (int second = first; second < ALGORITHMS.length; second++) {
        for (final double products : new double[] {0.5, 2, 8}) {
          table.append(fairness(ALGORITHMS[first], ALGORITHMS[second], products));
        }
      }
    }
    compare("fairness.txt", table.toString());
  }

  private static String fairness(final String first, final String second, final double products) {
    final List<FlowPlan> plans =
        List.of(endless(congestion(first), 40), endless(congestion(second), 40));
    try (NetSim sim = new NetSim(path(40, products), plans, 42)) {
      sim.run(30_000 * MS);
      final double one = percent(sim, 0);
      final double other = percent(sim, 1);
      return line(
          "%-5s | %-5s | %3s | %3.0f | %3.0f | %.3f | %4d%n",
          first, second, products, one, other, Fairness.jain(sim.flows()), sim.path().queueDrops());
    }
  }

  /** Two flows of one algorithm, the second with a four times longer way, 30 seconds. */
  @Test
  void roundTripsAgainstEachOther() throws IOException {
    final StringBuilder table =
        new StringBuilder(
            "# algorithm | queue, products of 80 ms | 20 ms % | 80 ms % | Jain's index\n");
    for (final String name : ALGORITHMS) {
      for (final double products : new double[] {0.5, 2}) {
        final List<FlowPlan> plans =
            List.of(endless(congestion(name), 20), endless(congestion(name), 80));
        try (NetSim sim = new NetSim(path(80, products), plans, 42)) {
          sim.run(30_000 * MS);
          table.append(
              line(
                  "%-5s | %3s | %3.0f | %3.0f | %.3f%n",
                  name, products, percent(sim, 0), percent(sim, 1), Fairness.jain(sim.flows())));
        }
      }
    }
    compare("round-trips.txt", table.toString());
  }

  /** One flow of ten seconds, 40 ms, a queue of two products that drops, or marks at a half. */
  @Test
  void marksInsteadOfDrops() throws IOException {
    final StringBuilder table =
        new StringBuilder("# algorithm | queue | used % | dropped | marked | repeated | srtt ms\n");
    for (final String name : ALGORITHMS) {
      final SharedPath drops = path(40, 2);
      table.append(ecn(name, "drops", drops, EcnUse.OFF));
      table.append(ecn(name, "marks", drops.withMarks(25_000), EcnUse.ALWAYS));
    }
    compare("ecn.txt", table.toString());
  }

  private static String ecn(
      final String name, final String queue, final SharedPath path, final EcnUse use) {
    final TcpConfig config = congestion(name).with().ecn(use).build();
    try (NetSim sim = new NetSim(path, List.of(endless(config, 40)), 42)) {
      sim.run(10_000 * MS);
      final FaultCounts counts = sim.path();
      final SimFlow flow = sim.flows().get(0);
      return line(
          "%-5s | %s | %3.0f | %4d | %4d | %4d | %5.1f%n",
          name,
          queue,
          percent(sim, 0),
          counts.queueDrops(),
          counts.marked(),
          flow.count(Counter.TCP_RETRANSMITTED_SEGMENTS),
          flow.info(0).rttNs / 1e6);
    }
  }

  /** CUBIC with and without what peers may not have: how much of 10 Mbit/s in ten seconds. */
  @Test
  void sackAndTimestampsOnAndOff() throws IOException {
    final StringBuilder table =
        new StringBuilder(
            "# loss % | queue, products | both % | only timestamps % | only SACK % | neither %\n");
    for (final double loss : new double[] {0, 0.01, 0.05}) {
      for (final double products : new double[] {0.25, 2}) {
        table.append(line("%-3s | %4s", loss * 100, products));
        for (int without = 0; without < 4; without++) {
          final TcpConfig config =
              congestion("cubic")
                  .with()
                  .sack((without & 1) == 0)
                  .timestamps((without & 2) == 0)
                  .build();
          final SharedPath path = path(40, products).withLoss(loss);
          table.append(line(" | %3.0f", percent(path, config, 40)));
        }
        table.append('\n');
      }
    }
    compare("options.txt", table.toString());
  }

  private static SharedPath path(final int roundTripMs, final double products) {
    final int queueBytes = (int) Math.max(2 * 1514, products * RATE / 8000 * roundTripMs);
    return SharedPath.bottleneck(RATE, queueBytes, roundTripMs * MS);
  }

  private static TcpConfig congestion(final String name) {
    return LARGE_BUFFERS.with().congestionControl(name).build();
  }

  private static FlowPlan endless(final TcpConfig config, final int roundTripMs) {
    return new FlowPlan(config, roundTripMs * MS, 0, FlowPlan.ENDLESS);
  }

  private static double percent(
      final SharedPath path, final TcpConfig config, final int roundTripMs) {
    try (NetSim sim = new NetSim(path, List.of(endless(config, roundTripMs)), 42)) {
      sim.run(10_000 * MS);
      return percent(sim, 0);
    }
  }

  /** What of the line's bits were a flow's bytes. */
  private static double percent(final NetSim sim, final int flow) {
    return sim.flows().get(flow).receivedBytes() * 8e11 / RATE / sim.elapsedNs();
  }

  private static String line(final String format, final Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static void compare(final String name, final String table) throws IOException {
    final Path snapshot =
        Path.of(System.getProperty("ustack.root", ".."))
            .resolve("test-support/src/test/resources/io/ustack/testsupport/sim")
            .resolve(name);
    if ("write".equals(System.getProperty("ustack.snapshots"))) {
      Files.writeString(snapshot, table, StandardCharsets.UTF_8);
    }
    assertEquals(Files.readString(snapshot, StandardCharsets.UTF_8), table, snapshot.toString());
  }
}
