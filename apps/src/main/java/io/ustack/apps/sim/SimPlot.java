package io.ustack.apps.sim;

import io.ustack.apps.plot.Curve;
import io.ustack.apps.plot.Curve.Look;
import io.ustack.apps.plot.Panel;
import io.ustack.apps.plot.Plot;
import io.ustack.apps.plot.Unit;
import io.ustack.testsupport.sim.NetSim;
import io.ustack.testsupport.sim.SimFlow;
import io.ustack.testsupport.trace.ConnectionTrace;
import io.ustack.testsupport.trace.Samples;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** A simulation over time: windows, sequence numbers and round trips of its flows. */
public final class SimPlot {
  private final SimSetup setup;
  private final NetSim sim;
  private final Unit time;

  private SimPlot(final SimSetup setup, final NetSim sim) {
    this.setup = setup;
    this.sim = sim;
    time = Unit.ofTime(sim.elapsedNs());
  }

  /** The plot of a run that was sampled. */
  public static Plot of(final SimSetup setup, final NetSim sim) {
    return new SimPlot(setup, sim).plot();
  }

  private Plot plot() {
    return new Plot(
        title(),
        subtitle(),
        sim.elapsedNs() * time.factor(),
        time.name(),
        List.of(
            panel("congestion window", bytes(SimFlow::window), SimFlow::window),
            sequences(),
            panel("smoothed round trip", new Unit("ms", 1e-6), SimFlow::roundTrip)));
  }

  private String title() {
    final Set<String> names = new LinkedHashSet<>();
    for (int i = 0; i < setup.flows(); i++) {
      names.add(setup.algorithm(i));
    }
    final String all = String.join(", ", names);
    return setup.flows() == 1 ? all : setup.flows() + " flows: " + all;
  }

  private String subtitle() {
    final Set<String> roundTrips = new LinkedHashSet<>();
    for (int i = 0; i < setup.flows(); i++) {
      roundTrips.add(SimReport.plain(setup.roundTripNs(i) / 1e6));
    }
    return SimReport.path(setup) + ", round trip " + String.join(", ", roundTrips) + " ms";
  }

  private String name(final int flow) {
    return setup.flows() == 1 ? setup.algorithm(flow) : flow + 1 + " " + setup.algorithm(flow);
  }

  private Unit bytes(final Function<SimFlow, Samples> series) {
    return Unit.ofBytes(
        sim.flows().stream().mapToLong(flow -> largest(series.apply(flow))).max().orElse(0));
  }

  private static long largest(final Samples samples) {
    long largest = 0;
    for (int i = 0; i < samples.count(); i++) {
      largest = Math.max(largest, samples.value(i));
    }
    return largest;
  }

  private Panel panel(
      final String title, final Unit unit, final Function<SimFlow, Samples> series) {
    final List<Curve> curves = new ArrayList<>();
    for (int i = 0; i < sim.flows().size(); i++) {
      final Samples samples = series.apply(sim.flows().get(i));
      curves.add(Curve.of(name(i), Look.STEPS, i, samples, time.factor(), unit.factor()));
    }
    return new Panel(title, unit.name(), curves);
  }

  /** Sequence numbers as they left, what was sent again, and what was acknowledged. */
  private Panel sequences() {
    long most = 0;
    for (final SimFlow flow : sim.flows()) {
      final ConnectionTrace trace = flow.trace();
      most = Math.max(most, trace == null ? 0 : trace.outgoing().bytes());
    }
    final Unit unit = Unit.ofBytes(most);
    final List<Curve> curves = new ArrayList<>();
    final List<Curve> crosses = new ArrayList<>();
    for (int i = 0; i < sim.flows().size(); i++) {
      final ConnectionTrace trace = sim.flows().get(i).trace();
      if (trace != null) {
        final Samples sent = trace.outgoing().sent();
        final Samples again = trace.outgoing().repeated();
        curves.add(Curve.of(name(i), Look.STEPS, i, sent, time.factor(), unit.factor()));
        crosses.add(Curve.of("sent again", Look.CROSSES, 0, again, time.factor(), unit.factor()));
      }
    }
    curves.addAll(crosses);
    return new Panel("sequence numbers sent", unit.name(), curves);
  }
}
