package io.ustack.tcp.congestion;

import org.jspecify.annotations.Nullable;

/**
 * What algorithms that wait for losses have in common: slow start (RFC 5681 3.1) with appropriate
 * byte counting (RFC 3465) and HyStart++ (RFC 9406), and the restart after idleness.
 */
abstract class LossBased implements CongestionControl {
  /** RFC 3465 2.2: L, the segments that one ACK adds at most in slow start. */
  private static final byte LIMIT_SEGMENTS = 2;

  /**
   * RFC 3465 2.3: an ACK in the slow start after a timeout may cover what had arrived long before.
   */
  private static final byte LIMIT_AFTER_TIMEOUT_SEGMENTS = 1;

  /**
   * Made when the window first fills in the first slow start, given up at its end and while the
   * connection is idle.
   */
  private @Nullable HyStartPlusPlus hyStart;

  private byte limitSegments = LIMIT_SEGMENTS;

  @Override
  public void start(final CongestionWindow window, final long nowNs) {
    hyStart = null;
    limitSegments = LIMIT_SEGMENTS;
  }

  @Override
  public final void onAck(final CongestionWindow window, final AckSample sample) {
    if (window.inSlowStart()) {
      final int rest = slowStart(window, sample);
      if (rest > 0) {
        avoid(window, sample, rest);
      } else {
        onSlowStart();
      }
    } else {
      hyStart = null;
      avoid(window, sample, sample.ackedBytes);
    }
  }

  /** Returns the acknowledged bytes that are left for congestion avoidance. */
  private int slowStart(final CongestionWindow window, final AckSample sample) {
    final int growth = slowStartGrowth(window, sample);
    // An application that does not fill the window learns nothing about it (RFC 7661; Linux
    // tcp_is_cwnd_limited).
    if (!sample.isCwndLimited) {
      return 0;
    }
    final int room = window.ssthresh() - window.cwnd();
    window.cwnd((long) window.cwnd() + Math.min(growth, room));
    final HyStartPlusPlus phase = hyStart;
    if (phase != null && phase.isOver()) {
      window.ssthresh(window.cwnd());
      hyStart = null;
    }
    return Math.max(0, growth - room);
  }

  private int slowStartGrowth(final CongestionWindow window, final AckSample sample) {
    if (!window.inInitialSlowStart()) {
      // RFC 9406 4.3: later slow starts know their ssthresh.
      // DEVIATION: RFC 9406 4.3, L without pacing: 8 in the first slow start only, 2 in later ones
      // and 1 after a timeout (RFC 3465 2.2, 2.3).
      hyStart = null;
      return Math.min(sample.ackedBytes, limitSegments * window.smss());
    }
    HyStartPlusPlus phase = hyStart;
    if (phase == null) {
      if (!sample.isCwndLimited) {
        return 0;
      }
      phase = new HyStartPlusPlus();
      hyStart = phase;
    }
    return phase.onAck(sample, window.smss());
  }

  /** An ACK of {@code ackedBytes} in congestion avoidance. */
  abstract void avoid(CongestionWindow window, AckSample sample, int ackedBytes);

  /** An ACK was slow start's alone. */
  void onSlowStart() {}

  @Override
  public final void onCongestion(
      final CongestionWindow window, final Event event, final int flightBytes, final long nowNs) {
    hyStart = null;
    limitSegments = event == Event.TIMEOUT ? LIMIT_AFTER_TIMEOUT_SEGMENTS : LIMIT_SEGMENTS;
    reduce(window, event, flightBytes);
  }

  /** Sets {@code ssthresh}. */
  abstract void reduce(CongestionWindow window, Event event, int flightBytes);

  @Override
  public void onUndo(final CongestionWindow window, final long nowNs) {
    limitSegments = LIMIT_SEGMENTS;
  }

  @Override
  public void onIdle(final CongestionWindow window) {
    hyStart = null;
  }

  @Override
  public boolean isForgettable() {
    return hyStart == null && limitSegments == LIMIT_SEGMENTS;
  }

  /** RFC 5681 4.1: after more than a timeout without sending, the window starts again. */
  @Override
  public void onRestart(
      final CongestionWindow window, final long idleNs, final long rtoNs, final long nowNs) {
    if (hyStart != null) {
      // Round trips measured before say nothing about now.
      hyStart.restart();
    }
    if (idleNs > rtoNs) {
      window.cwnd(Math.min(window.cwnd(), window.initialWindow()));
    }
  }
}
