package io.ustack.tcp.congestion;

import org.jspecify.annotations.Nullable;

/**
 * The window of CUBIC as a function of time, and of Reno beside it (RFC 9438 4.2, 4.3): the
 * variables of one congestion avoidance stage. In bytes and seconds; the RFC's segments are SMSS.
 */
final class CubicCurve {
  /** As it was before the last congestion event (RFC 9438 4.9); made at the first. */
  private @Nullable CubicCurve before;

  /** C, in segments per second cubed (RFC 9438 5). */
  private static final double C = 0.4;

  /** The multiplicative decrease factor (RFC 9438 4.6). */
  static final double BETA = 0.7;

  /** What makes AIMD with {@link #BETA} as fast as Reno (RFC 9438 4.3). */
  private static final double ALPHA = 3 * (1 - BETA) / (1 + BETA);

  private static final double NS_PER_SECOND = 1e9;

  /** W_max in bytes; 0 when the stage to come is to take the window it begins with. */
  private int wMax;

  /** cwnd_prior. */
  private int cwndPrior;

  /** K in seconds. */
  private double k;

  /** t_epoch. */
  private long epochNs;

  /** When the window last could have grown. */
  private long lastAckNs;

  /** W_est in bytes; 0 while no stage is under way. */
  private double wEst;

  /** What the window owes of a byte. */
  private float fraction;

  boolean hasBegun() {
    return wEst > 0;
  }

  /**
   * Congestion avoidance begins. Without a W_max above the window, as after HyStart++ or a timeout,
   * the stage is convex from its beginning (RFC 9438 4.8, 4.10).
   */
  void begin(final int cwnd, final int smss, final long nowNs) {
    epochNs = nowNs;
    lastAckNs = nowNs;
    wEst = cwnd;
    fraction = 0;
    if (wMax <= cwnd) {
      wMax = cwnd;
      k = 0;
    } else {
      k = Math.cbrt((wMax - cwnd) / (C * smss));
    }
    if (cwndPrior == 0) {
      cwndPrior = cwnd;
    }
  }

  /** The window is not this stage's any more; another begins. */
  void end() {
    wEst = 0;
  }

  /** A congestion event begins; it may be taken back. */
  void remember() {
    CubicCurve memory = before;
    if (memory == null) {
      memory = new CubicCurve();
      before = memory;
    }
    memory.copy(this);
  }

  /** There was no congestion event. */
  void undo() {
    if (before != null) {
      copy(before);
    }
  }

  /** A congestion event at {@code cwnd} (RFC 9438 4.6 to 4.8). */
  void onCongestion(final int cwnd, final boolean isTimeout) {
    if (isTimeout) {
      wMax = 0;
    } else {
      // 4.7, fast convergence: a window that did not get back to where it was gives way.
      wMax = cwnd < wMax ? (int) (cwnd * ((1 + BETA) / 2)) : cwnd;
    }
    cwndPrior = cwnd;
    end();
  }

  /** 4.2: until now the application did not fill the window, and that time does not count. */
  void exclude(final long nowNs) {
    epochNs += nowNs - lastAckNs;
    lastAckNs = nowNs;
  }

  /** W_cubic after {@code seconds}, in bytes. */
  double at(final double seconds, final int smss) {
    final double distance = seconds - k;
    return C * distance * distance * distance * smss + wMax;
  }

  /**
   * The window after an ACK of {@code acked} bytes: never less than before, and never growing
   * faster than by half per round trip unless Reno would, which stays below slow start.
   */
  long next(final int cwnd, final int smss, final int acked, final long srttNs, final long nowNs) {
    lastAckNs = nowNs;
    final double share = Math.min(1, (double) acked / cwnd);
    wEst += (wEst >= cwndPrior ? 1 : ALPHA) * share * smss;
    final double t = (nowNs - epochNs) / NS_PER_SECOND;
    if (at(t, smss) < wEst) {
      return Math.max(cwnd, Math.min((long) wEst, (long) cwnd + acked));
    }
    final double target =
        Math.max(cwnd, Math.min(at(t + srttNs / NS_PER_SECOND, smss), 1.5 * cwnd));
    final double growth = (target - cwnd) * share + fraction;
    final long whole = (long) growth;
    fraction = (float) (growth - whole);
    return cwnd + whole;
  }

  /** Becomes what the other is. */
  void copy(final CubicCurve other) {
    wMax = other.wMax;
    cwndPrior = other.cwndPrior;
    k = other.k;
    epochNs = other.epochNs;
    lastAckNs = other.lastAckNs;
    wEst = other.wEst;
    fraction = other.fraction;
  }

  /** W_max in bytes. */
  int wMax() {
    return wMax;
  }

  /** K in seconds. */
  double k() {
    return k;
  }
}
