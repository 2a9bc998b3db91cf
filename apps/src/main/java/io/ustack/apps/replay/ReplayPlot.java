package io.ustack.apps.replay;

import io.ustack.apps.plot.Curve;
import io.ustack.apps.plot.Curve.Look;
import io.ustack.apps.plot.Panel;
import io.ustack.apps.plot.Plot;
import io.ustack.apps.plot.Unit;
import io.ustack.testsupport.trace.ConnectionTrace;
import io.ustack.testsupport.trace.Samples;
import io.ustack.testsupport.trace.StreamTrace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** A replay over time: sequence numbers of both directions, windows and what was in flight. */
final class ReplayPlot {
  private final ReplayTrace trace;
  private final List<ConnectionTrace> connections;
  private final long elapsedNs;
  private final Unit time;

  private ReplayPlot(final ReplayTrace trace, final long elapsedNs) {
    this.trace = trace;
    this.elapsedNs = elapsedNs;
    connections = trace.largest(Curve.COLOURS);
    time = Unit.ofTime(elapsedNs);
  }

  /** The plot of a replay that took so long by its own clock. */
  static Plot of(final ReplayTrace trace, final String capture, final long elapsedNs) {
    return new ReplayPlot(trace, elapsedNs).plot(capture);
  }

  private Plot plot(final String capture) {
    final int others = trace.connections() - connections.size();
    return new Plot(
        capture,
        "TCP connections: %d%s; broken lines are acknowledged"
            .formatted(
                trace.connections(),
                others == 0 ? "" : ", the " + connections.size() + " that carried most"),
        elapsedNs * time.factor(),
        time.name(),
        List.of(
            sequences("sent by the stack", "sent again", ConnectionTrace::outgoing),
            sequences("received by the stack", "came again", ConnectionTrace::incoming),
            windows()));
  }

  private Panel sequences(
      final String title,
      final String again,
      final Function<ConnectionTrace, StreamTrace> direction) {
    final Unit unit =
        Unit.ofBytes(
            connections.stream().mapToLong(one -> direction.apply(one).bytes()).max().orElse(0));
    final List<Curve> curves = new ArrayList<>();
    final List<Curve> crosses = new ArrayList<>();
    for (int i = 0; i < connections.size(); i++) {
      final StreamTrace stream = direction.apply(connections.get(i));
      curves.add(curve(connections.get(i).toString(), Look.STEPS, i, stream.sent(), unit));
      curves.add(curve("acknowledged", Look.DASHES, i, stream.acknowledged(), unit));
      crosses.add(curve(again, Look.CROSSES, i, stream.repeated(), unit));
    }
    curves.addAll(crosses);
    return new Panel(title, unit.name(), curves);
  }

  private Panel windows() {
    final List<Curve> curves = new ArrayList<>();
    final List<Samples> windows = new ArrayList<>();
    final List<Samples> flights = new ArrayList<>();
    for (final ConnectionTrace connection : connections) {
      final Samples window = trace.window(connection);
      windows.add(window == null ? new Samples() : window);
      flights.add(ReplayTrace.inFlight(connection.outgoing()));
    }
    final Unit unit = Unit.ofBytes(Math.max(largest(windows), largest(flights)));
    for (int i = 0; i < connections.size(); i++) {
      curves.add(curve("congestion window", Look.STEPS, i, windows.get(i), unit));
      curves.add(curve("in flight", Look.DASHES, i, flights.get(i), unit));
    }
    return new Panel("window of the stack", unit.name(), curves);
  }

  private static long largest(final List<Samples> series) {
    long largest = 0;
    for (final Samples samples : series) {
      for (int i = 0; i < samples.count(); i++) {
        largest = Math.max(largest, samples.value(i));
      }
    }
    return largest;
  }

  private Curve curve(
      final String name, final Look look, final int colour, final Samples samples, final Unit y) {
    return Curve.of(name, look, colour, samples, time.factor(), y.factor());
  }
}
