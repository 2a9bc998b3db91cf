package io.ustack.tcp;

import io.ustack.buffer.PacketRing;
import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a connection: what comes of its {@link ReceiveStream}, reassembly, the
 * window to offer, and the plan when to acknowledge (RFC 9293 3.8.6, RFC 5681 4.2).
 */
final class Receiver extends ReceiveStream {
  /** RFC 6928, and what Linux takes a first round trip to bring. */
  private static final int INITIAL_SEGMENTS = 10;

  private final ReceiverParts parts;

  /** As {@link AckPolicy#isInteractive} was when the policy was given back. */
  private boolean wasInteractive;

  private @Nullable Ecn ecn;

  /** Made when the first segment comes that is not acceptable. */
  private @Nullable ChallengeAck challengeAck;

  final Timestamps timestamps = new Timestamps(0);

  /** Borrowed at the first hole, or when something came twice. */
  private @Nullable OutOfOrder outOfOrder;

  private TcpConfig config;

  /** Borrowed while there is something to acknowledge, and for a while longer. */
  private @Nullable AckPolicy acks;

  /** Borrowed with data, once the peer has sent more than an initial window. */
  private @Nullable ReceiveAutoTuning tuning;

  Receiver(final PacketRing buffer, final TcpConfig config, final ReceiverParts parts) {
    super(buffer);
    this.parts = parts;
    this.config = config;
    beginStream();
  }

  /** Begins, for another connection, with a bare buffer. */
  void begin(final TcpConfig newConfig) {
    beginStream();
    config = newConfig;
    wasInteractive = false;
    ecn = null;
    challengeAck = null;
  }

  /** For {@link LookAhead}; {@link TcpConnection#touch}. */
  int touch(final int step) {
    final AckPolicy a = acks;
    if (step == 0) {
      return rcvNxt;
    }
    return step == 2 ? buffer.storageBytes() : buffer.readPosition() + (a == null ? 0 : a.touch());
  }

  /** When it acknowledges. */
  AckPolicy acks() {
    if (acks == null) {
      acks = parts.policies.take();
      acks.begin(config, wasInteractive);
    }
    return acks;
  }

  /** See {@link AckPolicy#isInteractive}. */
  boolean isInteractive() {
    return acks == null ? wasInteractive : acks.isInteractive();
  }

  /** See {@link AckPolicy#delayNs}. */
  long ackDelayNs(final long srttNs) {
    return acks == null ? AckPolicy.firstDelayNs(config) : acks.delayNs(srttNs);
  }

  // ---- Rest

  /** Whether it has what an idle connection can do without. */
  boolean isAwake() {
    return acks != null || outOfOrder != null || tuning != null || !buffer.isBare();
  }

  /** For how long nothing has come; endless when it has not told yet. */
  long quietNs(final long nowNs) {
    return acks == null ? Long.MAX_VALUE : acks.quietNs(nowNs);
  }

  /** For how long it must remember that it answered what was not acceptable. */
  long remembersForNs(final long nowNs) {
    return challengeAck == null ? 0 : challengeAck.leftNs(nowNs);
  }

  /** Nothing has come for a while: gives back what can be had again. */
  void sleep() {
    if (hasHoles() || owesAck() || mayDelayAck()) {
      return;
    }
    parts.ranges.give(outOfOrder);
    outOfOrder = null;
    if (buffer.length() == 0) {
      // Before that the application is still to show how much it takes at once, and MemoryReclaim
      // asks since when nothing comes.
      wasInteractive = isInteractive();
      parts.policies.give(acks);
      acks = null;
      parts.tunings.give(tuning);
      tuning = null;
      buffer.sleep();
    }
  }

  /** Whether what it knows fits into {@link Asleep}. */
  boolean isAtRest() {
    return acks == null
        && outOfOrder == null
        && tuning == null
        && isStreamAtRest()
        && buffer.isFresh();
  }

  void sleepTo(final Asleep a) {
    streamTo(a);
    timestamps.sleepTo(a);
    a.set(Asleep.INTERACTIVE, wasInteractive);
    a.set(Asleep.USES_ECN, ecn != null);
    a.set(Asleep.ECHOES_ECN, ecn != null && ecn.echoes());
    a.receiveCapacityBytes = buffer.capacity();
  }

  /** Goes on, once it has begun. */
  void wakeFrom(final Asleep a) {
    streamFrom(a);
    timestamps.wakeFrom(a);
    wasInteractive = a.has(Asleep.INTERACTIVE);
    if (a.has(Asleep.USES_ECN)) {
      useEcn(a.has(Asleep.ECHOES_ECN));
    }
    buffer.capacity(a.receiveCapacityBytes);
  }

  /** The connection is gone: gives back what it has borrowed. */
  void end() {
    parts.ranges.give(outOfOrder);
    outOfOrder = null;
    parts.policies.give(acks);
    acks = null;
    parts.tunings.give(tuning);
    tuning = null;
  }

  /** RFC 2018 8 allows it when memory is short: what came out of order is forgotten. */
  void prune() {
    holes().clear();
    parts.counters.increment(Counter.TCP_PRESSURE_PRUNED);
  }

  // ---- What is reported, and what is agreed on

  /**
   * Chooses what the segment that leaves now reports (RFC 2018 4).
   *
   * @return the blocks, with {@link SackBlocks#count()} of at most {@code max}; null when there is
   *     nothing to report
   */
  @Nullable SackBlocks sackBlocks(final int max) {
    final OutOfOrder ranges = outOfOrder;
    return ranges != null && sackPermitted && ranges.blocks.select(ranges, max) > 0
        ? ranges.blocks
        : null;
  }

  /** Whether what leaves now may have to report something ({@link #sackBlocks}). */
  boolean mayReport() {
    return outOfOrder != null && sackPermitted;
  }

  private OutOfOrder holes() {
    if (outOfOrder == null) {
      outOfOrder = parts.ranges.take();
      outOfOrder.clear(); // its last owner may have died with some
      outOfOrder.blocks.clear();
    }
    return outOfOrder;
  }

  /** Both SYNs agreed on ECN (RFC 3168 6.1.1). */
  void useEcn(final boolean echoes) {
    ecn = new Ecn(echoes);
  }

  /** Null without ECN. */
  @Nullable Ecn ecn() {
    return ecn;
  }

  /** Of ACKs to segments that are not acceptable. */
  ChallengeAck challengeAck() {
    if (challengeAck == null) {
      challengeAck = new ChallengeAck(config.challengeAckIntervalNs());
    }
    return challengeAck;
  }

  boolean hasHoles() {
    return outOfOrder != null && !outOfOrder.isEmpty();
  }

  /**
   * RFC 9293 3.10.7.4, seventh: takes the payload, in or out of order, and plans the ACK.
   *
   * @param rtt of this connection: our timeout tells a pause from the rhythm of the peer
   * @return bytes that became readable
   */
  int onPayload(final TcpSegment segment, final RttEstimator rtt, final long nowNs) {
    int from = segment.payloadSeq();
    int to = from + segment.payloadLength;
    if (Seq.leq(to, rcvNxt)) {
      // Wholly old: the sender missed our ACK.
      reportDuplicate(from, to);
      acks().onRepeatedData(offeredBytes(), mss);
      acks().oweDuplicateAcks(segment.segments);
      return 0;
    }
    final int skip = Seq.max(from, rcvNxt) - from;
    if (skip > 0) {
      reportDuplicate(from, rcvNxt);
    }
    from += skip;
    if (finSeen) {
      to = Seq.min(to, finSeq);
    }
    final int wanted = Math.min(to - rcvNxt, rcvWnd());
    final boolean inOrder = from == rcvNxt;
    final int kept = inOrder && !hasHoles() ? segment.keep(buffer, skip, wanted) : 0;
    if (kept > 0 && kept == wanted) {
      return advance(segment, wanted, rtt, nowNs);
    }
    final int room = inOrder ? buffer.reserve(wanted) : buffer.reserveBehindGap(wanted);
    to = rcvNxt + Math.max(kept, room);
    if (Seq.geq(from, to)) {
      dropForRoom(from - rcvNxt < wanted);
      return 0;
    }
    if (!inOrder) {
      return takeOutOfOrder(segment, from, to);
    }
    segment.store(buffer, kept, skip + kept, to - from - kept);
    return advance(segment, to - from, rtt, nowNs);
  }

  /** Neither kept nor forgotten: the peer is told what is missing. */
  private void dropForRoom(final boolean offered) {
    final boolean full = buffer.length() >= buffer.capacity();
    parts.counters.drop(
        full || (!offered && buffer.free() > 0)
            ? DropReason.TCP_RECEIVE_BUFFER_FULL
            : DropReason.TCP_MEMORY);
    acks().oweDuplicateAck();
  }

  /** So many bytes at RCV.NXT have their place; with them, what waited behind them is readable. */
  private int advance(
      final TcpSegment segment, final int length, final RttEstimator rtt, final long nowNs) {
    final int before = rcvNxt;
    rcvNxt += length;
    if (hasHoles()) {
      holes().reportOverlap(before, rcvNxt, blocksToReport());
      rcvNxt = holes().absorb(rcvNxt);
      // RFC 5681 4.2: a segment that fills all or part of a gap is acknowledged at once.
      acks().oweAck();
    }
    buffer.publish(rcvNxt - before);
    acks().supersedeDuplicates();
    acks().onData(nowNs, rtt, offeredBytes(), mss, segment.segments);
    if (tuning != null) {
      tuning.onData(segment, rcvNxt, rcvAdv, length >= mss, nowNs);
    } else if (Integer.compareUnsigned(received(), INITIAL_SEGMENTS * mss) > 0) {
      final int initial = Math.min(buffer.capacity(), INITIAL_SEGMENTS * mss);
      tuning = parts.tunings.take();
      tuning.begin(readSeq(), rcvAdv, initial, nowNs);
    }
    return rcvNxt - before;
  }

  private int takeOutOfOrder(final TcpSegment segment, final int from, final int to) {
    parts.counters.add(Counter.TCP_OUT_OF_ORDER_SEGMENTS, segment.segments);
    acks().oweDuplicateAcks(segment.segments);
    final OutOfOrder ranges = holes();
    final SackBlocks blocks = blocksToReport();
    ranges.reportOverlap(from, to, blocks);
    if (!ranges.add(from, to)) {
      parts.counters.drop(DropReason.TCP_OUT_OF_ORDER_LIMIT);
      return 0;
    }
    if (blocks != null) {
      blocks.onOutOfOrder(from, ranges);
    }
    final int skip = from - segment.payloadSeq();
    segment.store(buffer, from - rcvNxt, skip, to - from);
    return 0;
  }

  /** Data that was not acceptable: what of it had been received before is reported. */
  void onUnacceptablePayload(final int from, final int to) {
    if (Seq.lt(from, rcvNxt)) {
      reportDuplicate(from, Seq.min(to, rcvNxt));
      acks().onRepeatedData(offeredBytes(), mss);
    }
  }

  /** RFC 2883 4: what came a second time is told, so that the sender learns what it did in vain. */
  private void reportDuplicate(final int from, final int to) {
    final SackBlocks blocks = blocksToReport();
    if (blocks != null) {
      blocks.onDuplicate(from, to);
    }
  }

  private @Nullable SackBlocks blocksToReport() {
    return sackPermitted ? holes().blocks : null;
  }

  /**
   * Remembers where the peer's data ends. A FIN outside the window, or before data that has already
   * arrived, is not believed.
   */
  void onFin(final int seq) {
    if (!acks().owesDuplicateAck()) {
      acks().oweAck();
    }
    if (finSeen || Seq.gt(seq, rcvAdv) || Seq.lt(seq, rcvNxt)) {
      return;
    }
    if (!hasHoles() || Seq.geq(seq, holes().lastEnd())) {
      finSeen = true;
      finSeq = seq;
    }
  }

  /**
   * RFC 9293 3.10.7.4, eighth: steps over the FIN once everything before it has arrived.
   *
   * @return true exactly once
   */
  boolean takeFin() {
    if (!finSeen || rcvNxt != finSeq) {
      return false;
    }
    rcvNxt++;
    rcvAdv = Seq.max(rcvAdv, rcvNxt);
    finSeen = false;
    ended = true;
    acks().supersedeDuplicates();
    acks().oweAck();
    return true;
  }

  /** An ACK is to go out as soon as there is room. */
  void oweAck() {
    acks().oweAck();
  }

  /** True when data arrived that no ACK covers yet. */
  boolean mayDelayAck() {
    return acks != null && acks.mayDelayAck();
  }

  /** See {@link AckPolicy#waitsACycle}. */
  boolean ackWaitsACycle() {
    return acks != null && acks.waitsACycle();
  }

  /** Data left, which may be the answer to what came last. */
  void onDataSent(final long nowNs) {
    if (acks != null) {
      acks.onDataSent(nowNs);
    }
  }

  /** True when an ACK must go out now. */
  boolean owesAck() {
    return acks != null && acks.owesAck();
  }

  /**
   * RFC 9293 3.8.6.2.2: the right edge moves by a segment or half of what the buffer can be now.
   *
   * @param offer {@link #offer()}
   */
  private boolean isWorthwhile(final int offer) {
    final int step = offer - rcvWnd();
    return step >= mss || step >= (buffer.length() + buffer.free()) / 2;
  }

  /**
   * An ACK is to tell the window: it is twice what the peer knows of. Less goes with the next ACK,
   * or each segment that is read at once would get its own (Linux tcp_cleanup_rbuf).
   */
  boolean owesWindowUpdate() {
    final int offer = offer();
    return offer / 2 >= rcvWnd() && isWorthwhile(offer);
  }

  /** The application has read: the buffer may have to grow, and when it is empty it may rest. */
  void onRead(final TcpConfig config, final boolean memoryIsTight, final long nowNs) {
    if (tuning != null && config.receiveAutoTuning() && !memoryIsTight) {
      final int granted =
          Math.min(tuning.onRead(readSeq(), mss, nowNs), config.maxReceiveBufferBytes());
      if (granted > buffer.capacity()) {
        buffer.capacity(granted);
      }
    }
    if (!hasHoles()) {
      buffer.rest();
    }
  }

  /** What may be offered: the free space, as far as the field can say; never less than before. */
  private int offer() {
    return Math.max(parts.offered(buffer.free(), mss, windowShift), rcvWnd());
  }

  /**
   * The window field of the segment that leaves now. Moves the right edge only by worthwhile steps
   * (silly window syndrome, RFC 9293 3.8.6.2.2), and remembers it.
   *
   * <p>RFC 7323 2.4: the field is rounded down, so the edge may seem to move left by less than one
   * unit; what was offered stays acceptable.
   */
  int windowField() {
    final int offer = offer();
    if (isWorthwhile(offer)) {
      final int units = Math.min(0xFFFF, offer >>> windowShift);
      rcvAdv = Seq.max(rcvAdv, rcvNxt + (units << windowShift));
    }
    return Math.min(0xFFFF, rcvWnd() >>> windowShift);
  }

  /**
   * A segment with the current ACK left.
   *
   * @param bare without data, SYN and FIN: only such a one is a duplicate ACK (RFC 5681 2)
   */
  void onAckSent(final boolean bare) {
    if (acks != null) {
      acks.onAckSent(bare);
    }
    lastAckSent = rcvNxt;
  }
}
