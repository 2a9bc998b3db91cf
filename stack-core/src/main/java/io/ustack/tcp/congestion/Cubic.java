package io.ustack.tcp.congestion;

import org.jspecify.annotations.Nullable;

/**
 * CUBIC (RFC 9438): the window grows with the time since the last congestion event, not with the
 * round trips. Flat where the network was full last time, steep away from it; never slower than
 * Reno.
 *
 * <p>DEVIATION: RFC 9438 4.6: {@code ssthresh} is taken from {@code cwnd}, not from FlightSize: as
 * Linux, and as 4.6 allows to those who grow only a window that is used.
 */
public final class Cubic extends LossBased {
  /** As {@code tcp_available_congestion_control} calls it. */
  public static final String NAME = "cubic";

  /** Made when slow start first ends; a connection that never lost anything has none. */
  private @Nullable CubicCurve curve;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void start(final CongestionWindow window, final long nowNs) {
    super.start(window, nowNs);
    curve = null;
  }

  @Override
  void avoid(final CongestionWindow window, final AckSample sample, final int ackedBytes) {
    final CubicCurve stage = stage();
    if (!stage.hasBegun()) {
      stage.begin(window.cwnd(), window.smss(), sample.nowNs);
    }
    if (sample.isCwndLimited) {
      window.cwnd(
          stage.next(window.cwnd(), window.smss(), ackedBytes, sample.srttNs, sample.nowNs));
    } else {
      stage.exclude(sample.nowNs);
    }
  }

  private CubicCurve stage() {
    CubicCurve stage = curve;
    if (stage == null) {
      stage = new CubicCurve();
      curve = stage;
    }
    return stage;
  }

  @Override
  public boolean isForgettable() {
    return super.isForgettable() && curve == null;
  }

  @Override
  void onSlowStart() {
    final CubicCurve stage = curve;
    if (stage != null) {
      stage.end();
    }
  }

  @Override
  void reduce(final CongestionWindow window, final Event event, final int flightBytes) {
    final CubicCurve stage = stage();
    stage.remember();
    stage.onCongestion(window.cwnd(), event == Event.TIMEOUT);
    window.ssthresh((long) (window.cwnd() * CubicCurve.BETA));
  }

  @Override
  public void onUndo(final CongestionWindow window, final long nowNs) {
    super.onUndo(window, nowNs);
    if (curve != null) {
      curve.undo();
    }
  }

  /**
   * RFC 9438 4.2, 5.8: W_cubic would be very high after an idle period. A window that starts again
   * begins a stage of its own.
   */
  @Override
  public void onRestart(
      final CongestionWindow window, final long idleNs, final long rtoNs, final long nowNs) {
    final int before = window.cwnd();
    super.onRestart(window, idleNs, rtoNs, nowNs);
    final CubicCurve stage = curve;
    if (stage == null || !stage.hasBegun()) {
      return;
    }
    if (window.cwnd() < before) {
      stage.end();
    } else {
      stage.exclude(nowNs);
    }
  }
}
