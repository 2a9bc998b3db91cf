package io.ustack.apps.sim;

import io.ustack.counter.Counter;
import io.ustack.link.FaultCounts;
import io.ustack.tcp.TcpInfo;
import io.ustack.testsupport.sim.Fairness;
import io.ustack.testsupport.sim.NetSim;
import io.ustack.testsupport.sim.SimFlow;
import java.math.BigDecimal;
import java.util.Locale;

/** What came of a simulation, as a table. */
public final class SimReport {
  private static final String HEAD =
      "flow  algorithm    rtt ms   start s         bytes   seconds    Mbit/s  share %  resent"
          + "  timeouts   cwnd kB   srtt ms\n";

  private SimReport() {}

  /** One line that says what is simulated. */
  public static String path(final SimSetup setup) {
    return "line %s, queue %d bytes%s, loss %s %%, seed %d"
        .formatted(
            rate(setup.bitsPerSecond()),
            setup.queueBytes(),
            setup.markBytes() == 0 ? "" : ", marks from " + setup.markBytes() + " bytes on",
            plain(setup.loss() * 100),
            setup.seed());
  }

  private static String rate(final long bitsPerSecond) {
    return bitsPerSecond < 1_000_000
        ? plain(bitsPerSecond / 1e3) + " kbit/s"
        : plain(bitsPerSecond / 1e6) + " Mbit/s";
  }

  static String plain(final double value) {
    final BigDecimal number = BigDecimal.valueOf(Math.round(value * 1e6), 6);
    return number.signum() == 0 ? "0" : number.stripTrailingZeros().toPlainString();
  }

  /** All of it, after the run. */
  public static String of(final SimSetup setup, final NetSim sim) {
    final StringBuilder report = new StringBuilder(path(setup)).append('\n').append(HEAD);
    final long total = sim.flows().stream().mapToLong(SimFlow::receivedBytes).sum();
    for (int i = 0; i < sim.flows().size(); i++) {
      row(report, setup, i, sim.flows().get(i), total, sim.elapsedNs());
    }
    final double possible = setup.bitsPerSecond() / 8e9 * sim.elapsedNs();
    final FaultCounts path = sim.path();
    report.append(
        String.format(
            Locale.ROOT,
            "%.1f %% of the line is goodput, Jain's index %.3f; frames: %d sent, %d lost, %d"
                + " dropped by the queue, %d marked%n",
            100 * total / possible,
            Fairness.jain(sim.flows()),
            path.frames(),
            path.lost(),
            path.queueDrops(),
            path.marked()));
    return report.toString();
  }

  private static void row(
      final StringBuilder report,
      final SimSetup setup,
      final int index,
      final SimFlow flow,
      final long total,
      final long nowNs) {
    final TcpInfo info = flow.info(nowNs);
    final long durationNs = flow.durationNs(nowNs);
    report.append(
        String.format(
            Locale.ROOT,
            "%4d  %-9s %9s %9s %13d %9.3f %9.3f %8.1f %7d %9d %9.1f %9.1f%n",
            index + 1,
            setup.algorithm(index),
            plain(setup.roundTripNs(index) / 1e6),
            plain(flow.plan().startNs() / 1e9),
            flow.receivedBytes(),
            durationNs / 1e9,
            durationNs == 0 ? 0 : flow.receivedBytes() * 8e3 / durationNs,
            total == 0 ? 0 : 100.0 * flow.receivedBytes() / total,
            flow.count(Counter.TCP_RETRANSMITTED_SEGMENTS),
            flow.count(Counter.TCP_RETRANSMISSION_TIMEOUTS),
            info.sndCwndBytes / 1e3,
            info.rttNs / 1e6));
  }
}
