package io.ustack.tcp;

import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import org.jspecify.annotations.Nullable;

/**
 * How long a segment gets through, as far as one connection has tried (RFC 4821 7.3, Linux
 * tcp_mtu_probe); made when the path first takes less than both ends. Lengths are of payload.
 */
final class MtuSearch {
  /** Where a search starts (RFC 4821 7.2; Linux tcp_base_mss). */
  private static final int BASE_MSS_BYTES = 1024;

  /** A range as small as this is not worth a probe (Linux tcp_probe_threshold). */
  private static final int THRESHOLD_BYTES = 8;

  /** When a search that is over begins again (Linux tcp_probe_interval). */
  private static final long INTERVAL_NS = 600_000_000_000L;

  /** So many segments have to follow a probe, so that its loss is found without a timeout. */
  private static final int SEGMENTS_BEHIND = 4;

  /** With a smaller window a probe would cost too much of it (Linux, too). */
  private static final int MIN_CWND_SEGMENTS = 11;

  /** What both ends take, whatever is between them. */
  private final int limitBytes;

  private boolean searching;

  /** search_low: it gets through. */
  private int lowBytes;

  /** search_high: nothing longer gets through. */
  private int highBytes;

  /** The probe that is under way; 0 when none is. */
  private int probeBytes;

  private int probeEndSeq;
  private long startedNs;

  MtuSearch(final int limitBytes) {
    this.limitBytes = limitBytes;
    highBytes = limitBytes;
  }

  /** That of this sender; null as long as its path takes whatever the ends do. */
  static @Nullable MtuSearch of(final Sender sender) {
    final RecoveryState r = sender.recoveryState();
    return r == null ? null : r.mtuSearch;
  }

  /** The same, made before the MSS is lowered for the first time. */
  static MtuSearch make(final Sender sender) {
    final RecoveryState r = sender.makeRecoveryState();
    MtuSearch search = r.mtuSearch;
    if (search == null) {
      search = new MtuSearch(sender.mss());
      r.mtuSearch = search;
    }
    return search;
  }

  /** Whether a longer segment may leave in place of a full one. */
  boolean isSearching() {
    return searching;
  }

  /**
   * The MSS.
   *
   * @param pathMss what the path takes, says the network
   */
  int mss(final int pathMss) {
    final int known = Math.min(limitBytes, pathMss);
    return searching ? Math.min(known, lowBytes) : known;
  }

  /** Payload of the probe that is under way; 0 when none is. */
  int probeBytes() {
    return probeBytes;
  }

  /** Begins to search, from below. */
  void start(final long nowNs) {
    start(BASE_MSS_BYTES, nowNs);
  }

  private void start(final int fromBytes, final long nowNs) {
    searching = true;
    lowBytes = Math.min(fromBytes, limitBytes);
    highBytes = limitBytes;
    startedNs = nowNs;
  }

  // ---- Black holes

  /**
   * RFC 4821 7.7, Linux tcp_mtu_probing: a segment times out again and again; perhaps it is too
   * long. First it goes as long as where searches start, then as short as any path takes.
   *
   * <p>DEVIATION: RFC 4821 7.7: the MSS is not halved further, down to packets of 68 bytes (Linux
   * tcp_mtu_probe_floor: 48 bytes of payload). A router that says less than 552 is not believed
   * either, and a peer that was away for a while would come back to segments of 48 bytes.
   *
   * <p>DEVIATION: Linux tcp_mtu_probing: the MSS is lowered only if the segment gets shorter by it.
   * One that fits any path says nothing of the path's MTU.
   *
   * @param again whether an earlier timeout in this row asked for it, too
   * @param floorBytes what every path takes
   * @param stuckBytes payload of the segment
   * @return whether the MSS is lower now
   */
  boolean lower(final boolean again, final int floorBytes, final int stuckBytes, final long nowNs) {
    final int next = again ? floorBytes : BASE_MSS_BYTES;
    if (next >= stuckBytes) {
      return false;
    }
    probeBytes = 0;
    if (searching) {
      lowBytes = Math.min(lowBytes, next);
    } else {
      start(next, nowNs);
    }
    return true;
  }

  // ---- Probes

  /**
   * What leaves next where a full segment may: that, or a longer one to see whether it gets through
   * (RFC 4821 7.4).
   *
   * @return its length, or {@link Sender#NOTHING} to wait until the window has room for a probe
   */
  int nextLength(final Sender sender, final int pathMss, final long nowNs) {
    final int mss = sender.mss();
    if (!searching
        || probeBytes != 0
        || sender.congestionState() != CongestionState.OPEN
        || sender.window().cwnd() < MIN_CWND_SEGMENTS * mss
        || !isLossSeen(sender)) {
      return mss;
    }
    final int most = Math.min(highBytes, pathMss);
    if (most - lowBytes < THRESHOLD_BYTES) {
      startAgain(mss, nowNs);
      return mss;
    }
    final int middle = (lowBytes + most) >>> 1;
    if (!mayFollow(sender, middle + SEGMENTS_BEHIND * mss)) {
      return mss;
    }
    // More than four segments are in flight if it has to wait: ACKs come, delayed or not.
    return middle > sender.congestionWindowLeft() ? Sender.NOTHING : middle;
  }

  /** RFC 6582 3.2 step 2: duplicate ACKs of where the last recovery ended tell of no new loss. */
  private static boolean isLossSeen(final Sender sender) {
    return Seq.gt(sender.sndNxt(), sender.makeRecoveryState().highSeq);
  }

  /** Whether so much waits to be sent, the peer takes it, and the window lets it out. */
  private static boolean mayFollow(final Sender sender, final int bytes) {
    return sender.dataEnd() - sender.sndNxt() >= bytes
        && sender.window().cwnd() >= bytes
        && sender.sndWnd() - (sender.sndNxt() - sender.sndUna()) >= bytes;
  }

  /** RFC 4821 7.3, Linux tcp_mtu_check_reprobe: the path may have changed since. */
  private void startAgain(final int mss, final long nowNs) {
    if (nowNs - startedNs >= INTERVAL_NS) {
      start(mss, nowNs);
    }
  }

  /** A probe of so many bytes left, up to {@code endSeq}. */
  void onProbeSent(final int bytes, final int endSeq) {
    probeBytes = bytes;
    probeEndSeq = endSeq;
  }

  /** Something else is lost: what the ACKs say of the probe is not clear (RFC 4821 7.6.4). */
  void onRetransmission() {
    probeBytes = 0;
  }

  /** SND.UNA may have passed the probe: it got through, and so will others (RFC 4821 7.6.1). */
  static void onAck(final Sender sender, final RecoveryState r, final Counters counters) {
    final MtuSearch search = r.mtuSearch;
    if (search != null && search.hasArrived(sender.sndUna())) {
      counters.increment(Counter.TCP_MTU_PROBES_ARRIVED);
      sender.window().smss(search.lowBytes);
    }
  }

  private boolean hasArrived(final int sndUna) {
    if (probeBytes == 0 || Seq.lt(sndUna, probeEndSeq)) {
      return false;
    }
    lowBytes = probeBytes;
    probeBytes = 0;
    return true;
  }

  /**
   * Something is thought lost. A lost probe tells what is too long, and is no reason to slow down
   * (RFC 4821 7.6.2).
   *
   * @return true when it was the probe and nothing else
   */
  static boolean takesLoss(final Sender sender, final RecoveryState r, final Counters counters) {
    final MtuSearch search = r.mtuSearch;
    if (search == null || !r.isOpenOrDisorder() || !search.isLost(sender.outstanding())) {
      return false;
    }
    counters.increment(Counter.TCP_MTU_PROBES_LOST);
    r.onTooLong(sender.sndNxt());
    return true;
  }

  private boolean isLost(final RetransmitQueue queue) {
    final int first = queue.first();
    if (probeBytes == 0
        || queue.endSeq(first) != probeEndSeq
        || !queue.isLost(first)
        || queue.lostBytes() != queue.length(first)) {
      return false;
    }
    highBytes = probeBytes - 1;
    probeBytes = 0;
    return true;
  }
}
