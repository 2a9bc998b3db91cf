package io.ustack.tcp;

/**
 * The congestion window of RFC 5681: slow start and congestion avoidance with appropriate byte
 * counting (RFC 3465), the initial window of RFC 6928. All values in bytes.
 */
final class NewReno {
  private static final int MAX_CWND_BYTES = 1 << 30;

  private final int initialWindowSegments;
  private int smss;
  private int cwnd;
  private int ssthresh = MAX_CWND_BYTES;
  private int ackedInAvoidance;

  NewReno(final int initialWindowSegments) {
    this.initialWindowSegments = initialWindowSegments;
  }

  /** Starts with the sender's maximum segment size, once the handshake told it. */
  void start(final int smssBytes, final boolean synWasRepeated) {
    smss = smssBytes;
    // RFC 5681 3.1: a lost SYN or SYN-ACK means an initial window of one segment.
    cwnd = synWasRepeated ? smss : initialWindow();
  }

  private int initialWindow() {
    return initialWindowSegments * smss;
  }

  /**
   * A cumulative ACK took {@code acked} bytes out of a flight of {@code flightBefore} bytes,
   * outside loss recovery.
   */
  void onAck(final int acked, final int flightBefore) {
    if (cwnd < ssthresh) {
      // An application that does not fill the window learns nothing about it (RFC 2861; Linux
      // tcp_is_cwnd_limited).
      if (flightBefore > cwnd / 2) {
        // RFC 3465 2.2, L = 2
        cwnd = Math.min(MAX_CWND_BYTES, cwnd + Math.min(acked, 2 * smss));
      }
      return;
    }
    if (flightBefore + smss < cwnd) {
      return;
    }
    // RFC 5681 3.1, RFC 3465 2.1: one SMSS per window's worth of acknowledged bytes
    ackedInAvoidance += acked;
    if (ackedInAvoidance >= cwnd) {
      ackedInAvoidance -= cwnd;
      cwnd = Math.min(MAX_CWND_BYTES, cwnd + smss);
    }
  }

  /**
   * RFC 5681 3.1 (4): the timeout expired for a segment that had not been repeated before, or
   * again.
   */
  void onTimeout(final int flight, final boolean firstTimeout) {
    if (firstTimeout) {
      halve(flight);
    }
    cwnd = smss;
    ackedInAvoidance = 0;
  }

  /** RFC 5681 3.2 (2, 3): the third duplicate ACK. */
  void enterRecovery(final int flight) {
    halve(flight);
    cwnd = ssthresh + 3 * smss;
    ackedInAvoidance = 0;
  }

  /** RFC 5681 3.2 (4): one more duplicate ACK, one more segment has left the network. */
  void inflate() {
    cwnd = Math.min(MAX_CWND_BYTES, cwnd + smss);
  }

  /** RFC 6582 3.2: a partial ACK of {@code acked} bytes deflates the window. */
  void onPartialAck(final int acked) {
    cwnd = Math.max(smss, cwnd - acked);
    if (acked >= smss) {
      cwnd += smss;
    }
  }

  /** RFC 6582 3.2 step 3, full ACK, option 1: no burst when little is in flight. */
  void exitRecovery(final int flight) {
    cwnd = Math.min(ssthresh, Math.max(flight, smss) + smss);
  }

  /** RFC 5681 4.1: nothing was sent for longer than the timeout, so the window starts again. */
  void onIdle() {
    cwnd = Math.min(cwnd, initialWindow());
  }

  private void halve(final int flight) {
    ssthresh = Math.max(flight / 2, 2 * smss);
  }

  int cwnd() {
    return cwnd;
  }

  int ssthresh() {
    return ssthresh;
  }
}
