package io.ustack.tcp;

/**
 * RACK (RFC 8985 6): a segment is lost when one that left later has arrived, and it had a little
 * longer, the reordering window, to arrive, too.
 */
final class Rack {
  /** {@link #detectLosses} when no segment waits for the reordering window to pass. */
  static final long NOTHING_WAITS = -1;

  private static final int DUPLICATE_THRESHOLD = 3;

  /** RFC 8985 6.2, step 4: recoveries for which a wider window lasts. */
  private static final int WINDOW_PERSISTS = 16;

  private boolean started;
  private long xmitNs;
  private int endSeq;
  private long rttNs;

  /** RACK.fack: the highest end of all that has arrived. */
  private int fack;

  private boolean fackKnown;
  private boolean reorderingSeen;
  private int windowMultiplier = 1;
  private int windowPersists;
  private boolean inDuplicateRound;
  private int duplicateRoundEnd;

  /** Nothing is known yet. */
  void clear() {
    started = false;
    fackKnown = false;
    reorderingSeen = false;
    windowMultiplier = 1;
    windowPersists = 0;
    inDuplicateRound = false;
  }

  /** The path has changed the order of segments, or the window is wider for it. */
  boolean knowsOfReordering() {
    return reorderingSeen || windowMultiplier > 1;
  }

  /** RFC 8985 6.2, steps 2 to 4: what an ACK delivered. */
  void onAck(final Delivery delivery, final int sndUna, final int sndNxt, final long nowNs) {
    if (inDuplicateRound && Seq.geq(sndUna, duplicateRoundEnd)) {
      inDuplicateRound = false;
    }
    if (delivery.duplicate) {
      onDuplicate(sndNxt);
    }
    if (delivery.segments > 0) {
      if (fackKnown && delivery.originalArrived && Seq.lt(delivery.lowestOriginalEnd, fack)) {
        reorderingSeen = true;
      }
      fack = fackKnown ? Seq.max(fack, delivery.highestEnd) : delivery.highestEnd;
      fackKnown = true;
    }
    if (delivery.hasNewest) {
      rttNs = nowNs - delivery.newestSentNs;
      if (!started
          || Delivery.isSentAfter(delivery.newestSentNs, delivery.newestEndSeq, xmitNs, endSeq)) {
        started = true;
        xmitNs = delivery.newestSentNs;
        endSeq = delivery.newestEndSeq;
      }
    }
  }

  /** RFC 8985 6.2, step 4: a duplicate says that the window was too small, once a round trip. */
  private void onDuplicate(final int sndNxt) {
    if (!inDuplicateRound) {
      inDuplicateRound = true;
      duplicateRoundEnd = sndNxt;
      windowMultiplier++;
      windowPersists = WINDOW_PERSISTS;
    }
  }

  /** What was sent again had only been late (Linux tcp_try_undo_partial). */
  void onReordering() {
    reorderingSeen = true;
  }

  /** A recovery ended: a wider window wears off. */
  void onRecovered() {
    if (windowPersists > 0 && --windowPersists == 0) {
      windowMultiplier = 1;
    }
  }

  /** RFC 8985 6.2, step 4: RACK.reo_wnd. */
  private long reorderingWindowNs(
      final RetransmitQueue queue, final boolean recovering, final RttEstimator rtt) {
    if (!reorderingSeen && (recovering || queue.sackedSegments() >= DUPLICATE_THRESHOLD)) {
      return 0;
    }
    return Math.min(windowMultiplier * (rtt.minRttNs() / 4), rtt.srttNs());
  }

  /**
   * RFC 8985 6.2, step 5: marks what is lost by now. Looks at what is lost and at one segment more.
   *
   * <p>DEVIATION: RFC 8985 6.2, step 5: the wait is that of the first segment that may be lost, not
   * of the last: nobody waits longer than its own time.
   *
   * @return when to look again, in nanoseconds from now, or {@link #NOTHING_WAITS}
   */
  long detectLosses(
      final RetransmitQueue queue,
      final boolean recovering,
      final RttEstimator rtt,
      final long nowNs) {
    if (!started) {
      return NOTHING_WAITS;
    }
    final long patienceNs = rttNs + reorderingWindowNs(queue, recovering, rtt);
    int p = queue.oldest();
    for (int left = queue.inNetwork(); left > 0; left--) {
      if (!Delivery.isSentAfter(xmitNs, endSeq, queue.sentNs(p), queue.endSeq(p))) {
        break; // whatever follows left still later
      }
      final long remainingNs = queue.sentNs(p) + patienceNs - nowNs;
      if (remainingNs > 0) {
        return remainingNs;
      }
      final int next = queue.leftAfter(p);
      queue.markLost(p);
      p = next;
    }
    return NOTHING_WAITS;
  }

  /**
   * RFC 8985 6.3: the timeout expired. The first segment is lost, and those that have been under
   * way for longer than a round trip and the window.
   */
  void onTimeout(final RetransmitQueue queue, final RttEstimator rtt, final long nowNs) {
    final long patienceNs = (started ? rttNs : rtt.srttNs()) + reorderingWindowNs(queue, true, rtt);
    for (int p = queue.first(); p != queue.end(); p++) {
      if (!queue.isSacked(p) && (p == queue.first() || queue.sentNs(p) + patienceNs - nowNs <= 0)) {
        queue.markLost(p);
      }
    }
  }
}
