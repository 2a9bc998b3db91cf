package io.ustack.tcp.congestion;

/** A window, and ACKs for an algorithm, of a path without a queue: a round trip is what it is. */
final class Acks {
  static final int MSS = 1000;
  static final long MS = 1_000_000;
  static final long SECOND = 1000 * MS;

  final CongestionControl control;
  final CongestionWindow window = new CongestionWindow();
  final AckSample sample = new AckSample();

  /** Wraps in the middle of the tests that take long. */
  long nowNs = Long.MAX_VALUE - SECOND;

  long rttNs = 100 * MS;
  boolean isCwndLimited = true;

  Acks(final CongestionControl control) {
    this.control = control;
    window.start(MSS, 10 * MSS);
    control.start(window, nowNs);
  }

  /** One ACK of {@code bytes} now; {@code inFlight} is what remains. */
  void ack(final int bytes, final int inFlight) {
    sample.nowNs = nowNs;
    sample.ackedBytes = bytes;
    sample.deliveredBytes = bytes;
    sample.inFlightBeforeBytes = inFlight + bytes;
    sample.inFlightBytes = inFlight;
    sample.rttNs = rttNs;
    sample.srttNs = rttNs;
    sample.minRttNs = rttNs;
    sample.isCwndLimited = isCwndLimited;
    sample.priorDeliveredBytes = Math.max(0, sample.totalDeliveredBytes - inFlight);
    sample.totalDeliveredBytes += bytes;
    sample.deliveryIntervalNs = rttNs;
    control.onAck(window, sample);
  }

  void ack(final int bytes) {
    ack(bytes, window.cwnd());
  }

  /** Every segment of one window is acknowledged for itself, all at the end of a round trip. */
  void round() {
    nowNs += rttNs;
    for (int left = window.cwnd() / MSS; left > 0; left--) {
      ack(MSS, window.cwnd() - MSS);
    }
  }

  /** A loss that takes the window down to {@code ssthresh}, as proportional rate reduction does. */
  void lose() {
    control.onCongestion(window, CongestionControl.Event.LOSS, window.cwnd(), nowNs);
    nowNs += rttNs;
    window.cwnd(window.ssthresh());
    control.onRecovered(window, nowNs);
  }

  void timeOut() {
    control.onCongestion(window, CongestionControl.Event.TIMEOUT, window.cwnd(), nowNs);
    window.cwnd(MSS);
  }

  /** Congestion avoidance with a window of so many segments, reached by a loss. */
  void avoidAt(final int segments) {
    window.cwnd((long) segments * MSS);
    window.ssthresh((long) segments * MSS);
  }

  int segments() {
    return window.cwnd() / MSS;
  }
}
