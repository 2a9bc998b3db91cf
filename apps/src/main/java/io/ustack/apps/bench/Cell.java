package io.ustack.apps.bench;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is measured: what connections do, and how many of them.
 *
 * @param connections at once
 * @param lossy whether the wire loses one frame in a hundred, each way
 * @param ratePerSec how many requests are due in a second, an open loop; 0: a closed one
 * @param bystanders how many of what {@code kind} names lie about meanwhile
 */
record Cell(Kind kind, int connections, boolean lossy, long ratePerSec, int bystanders) {
  private static final int MOST_CONNECTIONS = 100_000;
  private static final int MOST_IDLE = 1_000_000;
  private static final Pattern LABEL =
      Pattern.compile("([a-z]+(?:1k)?(?:-down)?)(?:-([0-9]{1,7}))?(-loss)?(?:@([0-9]{1,9}))?");

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
    BULK_DOWN("bulk-down", "bytes", 1),
    /** Connections that do nothing: what they weigh. */
    IDLE("idle", "bytes", 10_000),
    /** Frames received, addresses swapped, sent: no connections. */
    FORWARD("forward", "frames", 0),

    /** {@link #RR} while both stacks have timers that run. */
    TIMERS("timers", "requests", 64, 1_000_000),

    /** {@link #CPS} while both stacks know neighbours. */
    NEIGHBOURS("neighbours", "connections", 64, 1_000_000),

    /** {@link #CPS} while the server listens on ports. */
    LISTENERS("listeners", "connections", 64, 60_000);

    private final String label;
    private final String unit;
    private final int usualConnections;
    private final int mostBystanders;

    Kind(final String label, final String unit, final int usualConnections) {
      this(label, unit, usualConnections, 0);
    }

    Kind(
        final String label,
        final String unit,
        final int usualConnections,
        final int mostBystanders) {
      this.label = label;
      this.unit = unit;
      this.usualConnections = usualConnections;
      this.mostBystanders = mostBystanders;
    }

    /** What grows with the number behind its name. */
    String grows() {
      return hasBystanders() ? label : "connections";
    }

    boolean hasBystanders() {
      return mostBystanders > 0;
    }

    /** As labels begin. */
    String label() {
      return label;
    }

    /** What {@link Load#operations} counts. */
    String unit() {
      return unit;
    }

    boolean isRequests() {
      return this == RR || this == RR1K;
    }

    boolean isBulk() {
      return this == BULK || this == BULK_DOWN;
    }
  }

  /**
   * Reads {@code rr-64}, {@code rr1k-1}, {@code cps}, {@code bulk-8-loss}, {@code rr-64@100000}.
   */
  static Optional<Cell> parse(final String text) {
    final Matcher label = LABEL.matcher(text);
    if (!label.matches()) {
      return Optional.empty();
    }
    for (final Kind kind : Kind.values()) {
      if (kind.label.equals(label.group(1))) {
        final boolean counted = label.group(2) != null;
        final int count = counted ? Integer.parseInt(label.group(2)) : kind.usualConnections;
        final long rate = label.group(4) == null ? 0 : Long.parseLong(label.group(4));
        final boolean lossy = label.group(3) != null;
        final Cell cell =
            kind.hasBystanders()
                ? new Cell(kind, kind.usualConnections, lossy, rate, count)
                : new Cell(kind, count, lossy, rate, 0);
        return cell.isPossible(counted) ? Optional.of(cell) : Optional.empty();
      }
    }
    return Optional.empty();
  }

  private boolean isPossible(final boolean counted) {
    if (ratePerSec != 0 && !kind.isRequests()) {
      return false;
    }
    return switch (kind) {
      case FORWARD -> !counted && !lossy;
      case IDLE -> !lossy && connections >= 1 && connections <= MOST_IDLE;
      case TIMERS, NEIGHBOURS, LISTENERS -> counted && !lossy && bystanders <= kind.mostBystanders;
      default -> connections >= 1 && connections <= MOST_CONNECTIONS;
    };
  }

  /** As the command line and the results name it. */
  String label() {
    final boolean usual = kind == Kind.CPS || kind == Kind.FORWARD;
    return kind.label
        + (usual && connections == kind.usualConnections ? "" : "-" + size())
        + (lossy ? "-loss" : "")
        + (ratePerSec > 0 ? "@" + ratePerSec : "");
  }

  /** The number behind its name: what {@link Kind#grows} counts. */
  int size() {
    return kind.hasBystanders() ? bystanders : connections;
  }

  /** Whether it can be measured there. */
  boolean isOn(final Place place) {
    return switch (place) {
      case PIPE -> kind != Kind.FORWARD;
      case MEMIF -> !hasOnePlace();
      case NULL -> kind == Kind.FORWARD;
    };
  }

  /** Whether it is the same wherever somebody wants to measure: there is one place for it. */
  boolean hasOnePlace() {
    return kind == Kind.FORWARD || kind == Kind.IDLE || kind.hasBystanders() || lossy;
  }

  /** The client's side. */
  Load load(final Sockets sockets) {
    return switch (kind) {
      case RR, TIMERS -> new RequestLoad(sockets, connections, 64, schedule());
      case RR1K -> new RequestLoad(sockets, connections, 1000, schedule());
      case CPS, NEIGHBOURS, LISTENERS -> new ConnectLoad(sockets, connections);
      case BULK -> new BulkLoad(sockets, connections, false);
      case BULK_DOWN -> new BulkLoad(sockets, connections, true);
      case IDLE, FORWARD -> throw new IllegalStateException(this + " has no load");
    };
  }

  private @Nullable Schedule schedule() {
    return ratePerSec == 0 ? null : new Schedule(ratePerSec);
  }

  /** The same in an open loop. */
  Cell at(final long newRatePerSec) {
    return new Cell(kind, connections, lossy, newRatePerSec, bystanders);
  }

  @Override
  public String toString() {
    return label();
  }
}
