package io.ustack.apps.bench;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What is measured: what connections do, and how many of them.
 *
 * @param connections at once
 */
record Cell(Kind kind, int connections) {
  private static final int MOST_CONNECTIONS = 100_000;
  private static final Pattern LABEL =
      Pattern.compile("([a-z]+(?:1k)?(?:-down)?)(?:-([0-9]{1,6}))?");

  /** What connections do. */
  enum Kind {
    /** Request and response of 64 bytes. */
    RR("rr", "requests", 1),
    /** Request and response of 1000 bytes. */
    RR1K("rr1k", "requests", 1),
    /** Connect, 64 bytes there and back, reset. */
    CPS("cps", "connections", 64),
    /** A stream to the server. */
    BULK("bulk", "bytes", 1),
    /** A stream from the server. */
    BULK_DOWN("bulk-down", "bytes", 1);

    private final String label;
    private final String unit;
    private final int usualConnections;

    Kind(final String label, final String unit, final int usualConnections) {
      this.label = label;
      this.unit = unit;
      this.usualConnections = usualConnections;
    }

    /** What {@link Load#operations} counts. */
    String unit() {
      return unit;
    }

    boolean isBulk() {
      return this == BULK || this == BULK_DOWN;
    }
  }

  /** Reads {@code rr-64}, {@code rr1k-1}, {@code cps}, {@code bulk-down-8} and their like. */
  static Optional<Cell> parse(final String text) {
    final Matcher label = LABEL.matcher(text);
    if (label.matches()) {
      for (final Kind kind : Kind.values()) {
        if (kind.label.equals(label.group(1))) {
          final int connections =
              label.group(2) == null ? kind.usualConnections : Integer.parseInt(label.group(2));
          return connections < 1 || connections > MOST_CONNECTIONS
              ? Optional.empty()
              : Optional.of(new Cell(kind, connections));
        }
      }
    }
    return Optional.empty();
  }

  /** As the command line and the results name it. */
  String label() {
    return kind == Kind.CPS && connections == kind.usualConnections
        ? kind.label
        : kind.label + "-" + connections;
  }

  /** The client's side. */
  Load load(final Sockets sockets) {
    return switch (kind) {
      case RR -> new RequestLoad(sockets, connections, 64);
      case RR1K -> new RequestLoad(sockets, connections, 1000);
      case CPS -> new ConnectLoad(sockets, connections);
      case BULK -> new BulkLoad(sockets, connections, false);
      case BULK_DOWN -> new BulkLoad(sockets, connections, true);
    };
  }

  @Override
  public String toString() {
    return label();
  }
}
