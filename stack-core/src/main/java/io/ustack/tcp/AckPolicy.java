package io.ustack.tcp;

/**
 * When the receiver acknowledges (RFC 9293 3.8.6.3, RFC 5681 4.2): at once, a little later in
 * company, or once per segment while the peer's window still opens.
 *
 * <p>As on Linux a connection begins with quick ACKs, one per segment, so that slow start at the
 * peer is fed; they come back after the peer was silent for longer than a timeout. Once the
 * application answers what it receives the connection is interactive, and ACKs wait for the answer
 * instead. How long a delayed ACK waits follows the gaps between segments.
 */
final class AckPolicy {
  /** Duplicate ACKs owed at most: more in one burst tell the sender nothing new. */
  private static final int MAX_DUPLICATE_ACKS_OWED = 64;

  private TcpConfig config = TcpConfig.DEFAULT;

  private boolean ackNow;
  private boolean ackSoon;
  private boolean answerAwaited;
  private boolean interactive;
  private int duplicateAcksOwed;
  private int segmentsSinceAck;

  /** Quick ACKs left. */
  private int quickAcks;

  /** Linux icsk_ack.ato: how long an ACK waits for company; 0 before the first data. */
  private long atoNs;

  private long lastDataNs;

  /**
   * Begins, for a connection of this configuration.
   *
   * @param answers whether it was interactive before it fell silent
   */
  void begin(final TcpConfig newConfig, final boolean answers) {
    config = newConfig;
    interactive = answers;
    ackNow = false;
    ackSoon = false;
    answerAwaited = false;
    duplicateAcksOwed = 0;
    segmentsSinceAck = 0;
    quickAcks = 0;
    atoNs = 0;
    lastDataNs = 0;
  }

  /** For {@link LookAhead}. */
  int touch() {
    return segmentsSinceAck + (int) lastDataNs;
  }

  /** For how long nothing has come. */
  long quietNs(final long nowNs) {
    return atoNs == 0 ? Long.MAX_VALUE : nowNs - lastDataNs;
  }

  /** As {@link #delayNs} of a policy that has just begun. */
  static long firstDelayNs(final TcpConfig config) {
    return Math.min(config.delayedAckNs(), config.maxDelayedAckNs());
  }

  /**
   * Data came in order: its distance from the last sets the delay (Linux tcp_event_data_recv).
   *
   * @param rtt whose timeout tells a pause: who was silent for longer starts from a small window
   *     again
   * @param windowBytes the window that was offered
   * @param mss the payload of a full segment
   * @param segments in how many it came, at once
   */
  void onData(
      final long nowNs,
      final RttEstimator rtt,
      final int windowBytes,
      final int mss,
      final int segments) {
    final long leastNs = config.delayedAckNs();
    final long gapNs = nowNs - lastDataNs;
    if (atoNs == 0) {
      startQuickAcks(windowBytes / mss);
      atoNs = leastNs;
    } else if (gapNs <= leastNs / 2) {
      atoNs = atoNs / 2 + leastNs / 2;
    } else if (gapNs < atoNs) {
      atoNs = Math.min(atoNs / 2 + gapNs, rtt.rtoNs());
    } else if (gapNs > rtt.rtoNs()) {
      startQuickAcks(windowBytes / mss);
    }
    lastDataNs = nowNs;
    // DEVIATION: RFC 9293 3.8.6.3, an ACK for at least every second full-sized segment: those of
    // one burst share one, as behind GRO; each ACK costs both ends a packet.
    segmentsSinceAck += segments;
    if (segmentsSinceAck >= 2) {
      ackNow = true;
    } else if (quickAcks > 0 && !interactive) {
      ackSoon = true;
      answerAwaited = true;
    }
  }

  /** Linux tcp_incr_quickack: as many as half the window has segments, within bounds. */
  private void startQuickAcks(final int windowSegments) {
    final int half = Math.max(2, windowSegments / 2);
    quickAcks = Math.max(quickAcks, Math.min(half, config.quickAcks()));
  }

  /**
   * The peer repeats what it had sent: our ACK was lost or came too late, so each segment is
   * acknowledged for a while (Linux tcp_enter_quickack_mode).
   */
  void onRepeatedData(final int windowBytes, final int mss) {
    startQuickAcks(windowBytes / mss);
    interactive = false;
    if (atoNs != 0) {
      atoNs = config.delayedAckNs();
    }
  }

  /**
   * Data left. When it may be the answer to what came last, later ACKs wait for such answers (Linux
   * pingpong mode).
   */
  void onDataSent(final long nowNs) {
    if (atoNs != 0 && nowNs - lastDataNs < atoNs) {
      interactive = true;
    }
  }

  /**
   * How long an ACK that is delayed now waits at most (Linux tcp_send_delayed_ack): no longer than
   * a round trip, unless that is shorter than the shortest delay.
   *
   * @param srttNs 0 when it is not known, which counts as short
   */
  long delayNs(final long srttNs) {
    final long leastNs = config.delayedAckNs();
    final long mostNs = Math.min(config.maxDelayedAckNs(), Math.max(srttNs, leastNs));
    return Math.min(Math.max(atoNs, leastNs), mostNs);
  }

  /**
   * No company came in time (Linux tcp_delack_timer_handler): the next may wait longer, but answers
   * are not waited for any more.
   */
  void onDelayExpired(final long rtoNs) {
    if (interactive) {
      interactive = false;
      atoNs = config.delayedAckNs();
    } else {
      atoNs = Math.min(2 * atoNs, rtoNs);
    }
    ackNow = true;
  }

  /**
   * TCP_QUICKACK. As on Linux it is no lasting mode: 0 makes the connection interactive, anything
   * else ends that and sends the ACK that is being delayed.
   */
  void quickAck(final boolean on) {
    interactive = !on;
    if (on && segmentsSinceAck > 0) {
      ackNow = true;
    }
  }

  /** Whether ACKs wait for the application's answers (what TCP_QUICKACK denies). */
  boolean isInteractive() {
    return interactive;
  }

  /** An ACK is to go out as soon as there is room. */
  void oweAck() {
    ackNow = true;
  }

  /**
   * RFC 5681 4.2: an out-of-order segment is answered with a duplicate ACK at once, each of them;
   * an ACK of what came in order before it is another one.
   */
  void oweDuplicateAck() {
    oweDuplicateAcks(1);
  }

  /** As many for segments that came as one: who has no SACK counts them (RFC 5681 3.2). */
  void oweDuplicateAcks(final int count) {
    duplicateAcksOwed = Math.min(duplicateAcksOwed + count, MAX_DUPLICATE_ACKS_OWED);
  }

  /** The next ACK says more than a duplicate one: what was to be said at once it says, too. */
  void supersedeDuplicates() {
    if (duplicateAcksOwed > 0) {
      duplicateAcksOwed = 0;
      ackNow = true;
    }
  }

  boolean owesDuplicateAck() {
    return duplicateAcksOwed > 0;
  }

  /** True when an ACK must go out now. */
  boolean owesAck() {
    return ackNow || ackSoon || duplicateAcksOwed > 0;
  }

  /**
   * True once for a quick ACK.
   *
   * <p>DEVIATION: Linux, quick ACKs: they don't leave at once but let one duty cycle pass. An
   * application that answers at once takes them along, a packet less per short connection.
   */
  boolean waitsACycle() {
    final boolean waits = answerAwaited && !ackNow && duplicateAcksOwed == 0;
    answerAwaited = false;
    return waits;
  }

  /** True when data arrived that no ACK covers yet. */
  boolean mayDelayAck() {
    return segmentsSinceAck > 0;
  }

  /**
   * A segment with the current ACK left.
   *
   * @param bare without data, SYN and FIN: only such a one is a duplicate ACK (RFC 5681 2)
   */
  void onAckSent(final boolean bare) {
    if (bare && !ackNow && duplicateAcksOwed > 0) {
      duplicateAcksOwed--;
    }
    if (quickAcks > 0 && segmentsSinceAck > 0) {
      quickAcks--;
    }
    ackNow = false;
    ackSoon = false;
    answerAwaited = false;
    segmentsSinceAck = 0;
  }
}
