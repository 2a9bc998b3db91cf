package io.ustack.tcp;

/**
 * How large a receive buffer should be (dynamic right-sizing, Fisk and Feng 2001; Linux
 * tcp_rcv_space_adjust): twice what the application takes in a round trip, so that the window never
 * is what holds a growing sender back. A connection has one once its peer has sent more than an
 * initial window, until it is idle. With the next data it begins again as at first; what the buffer
 * has grown to stays.
 */
final class ReceiveAutoTuning {
  /** Round-trip time as a receiver sees it; 0 before the first sample. */
  private long rttNs;

  private int lastEcho;

  /** Without timestamps: the end of the window whose arrival is being timed, and since when. */
  private int timedSeq;

  private long timedSinceNs;

  /** What the application took in the last round trip that counted. */
  private int spaceBytes;

  private int spaceSeq;
  private long spaceSinceNs;

  /**
   * Begins to measure.
   *
   * @param readSeq up to where the application has read
   * @param windowEnd the right edge of the window
   * @param initialBytes what a round trip is taken to bring at first (Linux: ten segments)
   */
  void begin(final int readSeq, final int windowEnd, final int initialBytes, final long nowNs) {
    rttNs = 0;
    lastEcho = 0;
    spaceBytes = Math.max(1, initialBytes);
    spaceSeq = readSeq;
    spaceSinceNs = nowNs;
    timedSeq = windowEnd;
    timedSinceNs = nowNs;
  }

  /**
   * Data came in order up to {@code rcvNxt}.
   *
   * @param windowEnd the right edge of the window
   * @param full whether the segment was full-sized: only such a one left without waiting for more
   */
  void onData(
      final TcpSegment segment,
      final int rcvNxt,
      final int windowEnd,
      final boolean full,
      final long nowNs) {
    if (segment.echoAgeNs != TcpSegment.NO_ECHO) {
      if (full && segment.tsEcr != lastEcho) {
        // Linux tcp_rcv_rtt_measure_ts: each echo once, smoothed.
        lastEcho = segment.tsEcr;
        rttNs = rttNs == 0 ? segment.echoAgeNs : rttNs + (segment.echoAgeNs - rttNs) / 8;
      }
      return;
    }
    if (Seq.geq(rcvNxt, timedSeq)) {
      // Linux tcp_rcv_rtt_measure: a window takes a round trip or longer, so the least counts.
      final long sampleNs = Math.max(1, nowNs - timedSinceNs);
      rttNs = rttNs == 0 ? sampleNs : Math.min(rttNs, sampleNs);
      timedSeq = windowEnd;
      timedSinceNs = nowNs;
    }
  }

  /**
   * The application has read.
   *
   * @param readSeq up to where
   * @return how many bytes the buffer should hold, or 0 when there is nothing to say
   */
  int onRead(final int readSeq, final int mss, final long nowNs) {
    if (rttNs == 0) {
      // Not known how long a round trip is: what comes until then says nothing.
      spaceSeq = readSeq;
      spaceSinceNs = nowNs;
    }
    if (rttNs == 0 || nowNs - spaceSinceNs < rttNs) {
      return 0;
    }
    final int copied = readSeq - spaceSeq;
    int wanted = 0;
    if (copied > spaceBytes) {
      // Twice that for what comes meanwhile, and twice what it has grown by, of which a sender in
      // slow start may double it.
      final long window = 2L * copied + 16L * mss;
      final long growth = window * Math.min(copied - spaceBytes, spaceBytes) / spaceBytes;
      wanted = (int) Math.min(window + 2 * growth, Integer.MAX_VALUE);
      spaceBytes = copied;
    }
    spaceSeq = readSeq;
    spaceSinceNs = nowNs;
    return wanted;
  }

  /** The round-trip time as a receiver sees it, in nanoseconds; 0 before the first sample. */
  long rttNs() {
    return rttNs;
  }
}
