package io.ustack.apps.replay;

import io.ustack.testsupport.trace.ConnectionTrace;
import io.ustack.testsupport.trace.Samples;
import io.ustack.testsupport.trace.StreamTrace;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a replay's connections did over time. */
final class ReplayTrace {
  /** Connections that are followed; of captures with more, the first. */
  static final int MOST_CONNECTIONS = 256;

  private final List<ConnectionTrace> connections;
  private final WindowWatch windows;

  ReplayTrace(final List<ConnectionTrace> connections, final WindowWatch windows) {
    this.connections = connections;
    this.windows = windows;
  }

  /** Those that carried most, at most so many, as they came. */
  List<ConnectionTrace> largest(final int most) {
    final List<ConnectionTrace> largest =
        connections.stream()
            .sorted(Comparator.comparingLong(ReplayTrace::bytes).reversed())
            .limit(most)
            .toList();
    return connections.stream().filter(largest::contains).toList();
  }

  int connections() {
    return connections.size();
  }

  private static long bytes(final ConnectionTrace connection) {
    return connection.outgoing().bytes() + connection.incoming().bytes();
  }

  /** The congestion window, as far as it could be asked. */
  @Nullable Samples window(final ConnectionTrace connection) {
    return windows.of(connection);
  }

  /** Sent and not acknowledged, at each moment at which one of the two moved. */
  static Samples inFlight(final StreamTrace stream) {
    final Samples sent = stream.sent();
    final Samples acknowledged = stream.acknowledged();
    final Samples inFlight = new Samples();
    long end = 0;
    long una = 0;
    int s = 0;
    int a = 0;
    while (s < sent.count() || a < acknowledged.count()) {
      final boolean ackIsNext =
          s == sent.count() || (a < acknowledged.count() && acknowledged.atNs(a) < sent.atNs(s));
      final long atNs = ackIsNext ? acknowledged.atNs(a) : sent.atNs(s);
      if (ackIsNext) {
        una = acknowledged.value(a++);
      } else {
        end = sent.value(s++);
      }
      inFlight.add(atNs, Math.max(0, end - una));
    }
    return inFlight;
  }
}
