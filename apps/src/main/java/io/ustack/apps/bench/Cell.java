package io.ustack.apps.bench;

import io.ustack.posix.Posix;

/** What is measured. */
enum Cell {
  RR1("rr-1", "requests", 64),
  RR64("rr-64", "requests", 64),
  CPS("cps", "connections", 0),
  BULK("bulk", "bytes", 0);

  private final String label;
  private final String unit;
  private final int messageBytes;

  Cell(final String label, final String unit, final int messageBytes) {
    this.label = label;
    this.unit = unit;
    this.messageBytes = messageBytes;
  }

  /** As the command line and the results name it. */
  String label() {
    return label;
  }

  /** What {@link Load#operations} counts. */
  String unit() {
    return unit;
  }

  /** The client's side, on a stack of its own. */
  Load load(final Posix posix, final int serverAddress) {
    return switch (this) {
      case RR1 -> new RequestLoad(posix, serverAddress, 1, messageBytes);
      case RR64 -> new RequestLoad(posix, serverAddress, 64, messageBytes);
      case CPS -> new ConnectLoad(posix, serverAddress, 64);
      case BULK -> new BulkLoad(posix, serverAddress);
    };
  }

  @Override
  public String toString() {
    return label;
  }
}
