package io.ustack.apps.proxy;

/** One target: whether it is up, and what it has had to do. */
public final class Target {
  private final TargetAddress address;
  private final Thresholds thresholds;
  private boolean up = true;

  /** Outcomes in a row that speak against {@link #up}. */
  private int contrary;

  private int open;
  private long connections;
  private long failures;
  private long bytesUp;
  private long bytesDown;

  Target(final TargetAddress address, final Thresholds thresholds) {
    this.address = address;
    this.thresholds = thresholds;
  }

  /** It has taken a connection: a client's, or one that only asks whether it would. */
  void answered() {
    outcome(true, thresholds.rise());
  }

  /** It has not. */
  void failed() {
    failures++;
    outcome(false, thresholds.fall());
  }

  private void outcome(final boolean good, final int enough) {
    contrary = good == up ? 0 : contrary + 1;
    if (contrary == enough) {
      up = good;
      contrary = 0;
    }
  }

  void opened() {
    open++;
    connections++;
  }

  void closed() {
    open--;
  }

  void countUp(final int bytes) {
    bytesUp += bytes;
  }

  void countDown(final int bytes) {
    bytesDown += bytes;
  }

  public TargetAddress address() {
    return address;
  }

  public boolean isUp() {
    return up;
  }

  /** Clients that have it now, or are about to. */
  public int open() {
    return open;
  }

  /** Clients that were given to it so far. */
  public long connections() {
    return connections;
  }

  /** What it has had to do, in one line. */
  public String describe() {
    return address
        + (up ? " up, " : " down, ")
        + connections
        + " clients, "
        + failures
        + " failures, "
        + bytesUp
        + " bytes to it, "
        + bytesDown
        + " from it";
  }
}
