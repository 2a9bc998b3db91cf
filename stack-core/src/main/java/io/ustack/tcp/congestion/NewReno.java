package io.ustack.tcp.congestion;

/**
 * The standard (RFC 5681): half the window at a loss, one segment more per round trip, counted in
 * bytes (RFC 3465).
 */
public final class NewReno extends LossBased {
  /** As {@code tcp_available_congestion_control} calls it. */
  public static final String NAME = "reno";

  private int ackedInAvoidance;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start(final CongestionWindow window, final long nowNs) {
    super.start(window, nowNs);
    ackedInAvoidance = 0;
  }

  @Override
  public boolean isForgettable() {
    return super.isForgettable() && ackedInAvoidance == 0;
  }

  /** RFC 5681 3.1, RFC 3465 2.1: one SMSS per window's worth of acknowledged bytes. */
  @Override
  void avoid(final CongestionWindow window, final AckSample sample, final int ackedBytes) {
    if (!sample.isCwndLimited) {
      return;
    }
    final int cwnd = window.cwnd();
    final long acked = (long) ackedInAvoidance + ackedBytes;
    if (acked < cwnd) {
      ackedInAvoidance = (int) acked;
    } else {
      ackedInAvoidance = (int) Math.min(acked - cwnd, cwnd);
      window.cwnd((long) cwnd + window.smss());
    }
  }

  /**
   * RFC 5681 3.1 (4): half of FlightSize. What limited transmit sent beyond the window does not
   * count (3.2 (2)).
   */
  @Override
  void reduce(final CongestionWindow window, final Event event, final int flightBytes) {
    ackedInAvoidance = 0;
    window.ssthresh(Math.min(flightBytes, window.cwnd()) / 2);
  }
}
