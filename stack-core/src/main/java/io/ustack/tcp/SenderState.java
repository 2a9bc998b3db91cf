package io.ustack.tcp;

import io.ustack.buffer.PacketRing;
import io.ustack.tcp.congestion.CongestionControl;
import io.ustack.tcp.congestion.CongestionWindow;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Sender} knows beside its {@link SendStream}, and how it rests: what is borrowed
 * goes back, and the numbers fit into {@link Asleep}, so that it can serve another connection.
 *
 * <p>A part of each {@link Sender}, by inheritance: an object of its own would have a header.
 */
abstract class SenderState extends SendStream {
  final RttEstimator rtt;
  final CongestionWindow window = new CongestionWindow();
  CongestionControl control;
  final SenderParts parts;
  TcpConfig config;

  /** What is outstanding; borrowed while something is. */
  @Nullable RetransmitQueue queue;

  /** Borrowed when something goes wrong. */
  @Nullable RecoveryState recoveryState;

  /** Borrowed when a small segment leaves, or the application wants it otherwise. */
  @Nullable Nagle nagle;

  /** TCP_NODELAY when that was given back. */
  boolean wasNoDelay;

  boolean synOwed = true;
  boolean synRepeated;
  boolean synTimedOut;
  boolean sackPermitted;
  long lastSentNs;

  /** Of those whose algorithm is rate based. */
  @Nullable SendRate sendRate;

  SenderState(
      final PacketRing buffer,
      final TcpConfig config,
      final CongestionControl control,
      final SenderParts parts,
      final int iss) {
    super(buffer);
    this.config = config;
    this.parts = parts;
    rtt = new RttEstimator(config);
    this.control = control;
    beginStream(iss);
  }

  /** Begins, for another connection, with a bare buffer. */
  final void begin(
      final TcpConfig newConfig, final CongestionControl newControl, final int newIss) {
    beginStream(newIss);
    config = newConfig;
    rtt.begin(newConfig);
    window.start(Tcp.DEFAULT_MSS, Tcp.DEFAULT_MSS);
    control = newControl;
    wasNoDelay = false;
    synOwed = true;
    synRepeated = false;
    synTimedOut = false;
    sackPermitted = false;
    lastSentNs = 0;
    sendRate = null;
  }

  final RttEstimator rtt() {
    return rtt;
  }

  final CongestionWindow window() {
    return window;
  }

  final CongestionControl control() {
    return control;
  }

  /** What is outstanding; null when nothing is. */
  final @Nullable RetransmitQueue queue() {
    return queue;
  }

  /** Null while there is nothing to know of what went wrong. */
  final @Nullable RecoveryState recoveryState() {
    return recoveryState;
  }

  final RecoveryState makeRecoveryState() {
    if (recoveryState == null) {
      recoveryState = parts.recoveryStates.take();
      recoveryState.begin(sndUna);
    }
    return recoveryState;
  }

  final CongestionState congestionState() {
    return recoveryState == null ? CongestionState.OPEN : recoveryState.state;
  }

  /** Both SYNs permitted selective acknowledgments (RFC 2018 2). */
  final boolean sackPermitted() {
    return sackPermitted;
  }

  final void permitSack() {
    sackPermitted = true;
  }

  final int mss() {
    return window.smss();
  }

  /** MSG_MORE, or the end of it. */
  final void moreComes(final boolean on) {
    if (on || nagle != null) {
      nagle().moreComes(on);
    }
  }

  final Nagle nagle() {
    if (nagle == null) {
      nagle = parts.nagles.take();
      nagle.begin(sndUna, wasNoDelay);
    }
    return nagle;
  }

  /** TCP_CORK. */
  final boolean corked() {
    return nagle != null && nagle.corked();
  }

  /** TCP_NODELAY. */
  final boolean noDelay() {
    return nagle == null ? wasNoDelay : nagle.noDelay();
  }

  /** TCP_NODELAY: pushes what is there. */
  final void noDelay(final boolean on) {
    if (nagle == null && buffer.length() == 0) {
      wasNoDelay = on;
    } else {
      nagle().noDelay(on, dataEnd());
    }
  }

  /** What is in the buffer now waits for no company. */
  final void push() {
    if (nagle != null) {
      nagle.push(dataEnd());
    }
  }

  // ---- Rest

  /** Whether it has what an idle connection can do without. */
  final boolean isAwake() {
    return (nagle != null && nagle.isForgettable()) || !buffer.isBare();
  }

  /** For how long nothing has left. */
  final long quietNs(final long nowNs) {
    return nowNs - lastSentNs;
  }

  /**
   * Nothing has left for a while, and nothing waits: gives back what can be had again.
   *
   * @param tellsCwr whether the peer is to hear of a reduction (ECN)
   */
  final void sleep(final boolean tellsCwr) {
    if (nagle != null && nagle.isForgettable()) {
      wasNoDelay = nagle.noDelay();
      parts.nagles.give(nagle);
      nagle = null;
    }
    if (recoveryState != null && recoveryState.isForgettable(this, tellsCwr)) {
      parts.recoveryStates.give(recoveryState);
      recoveryState = null;
    }
    control.onIdle(window);
  }

  /** Whether what it knows fits into {@link Asleep}. */
  final boolean isAtRest() {
    return nagle == null
        && queue == null
        && sendRate == null
        && !synOwed
        && isStreamAtRest()
        && rtt.isAtRest()
        && buffer.isFresh();
  }

  final void sleepTo(final Asleep a) {
    streamTo(a);
    rtt.sleepTo(a);
    a.smss = (char) window.smss();
    a.initialWindow = window.initialWindow();
    a.cwnd = window.cwnd();
    a.ssthresh = window.ssthresh();
    a.control = control.isForgettable() ? null : control;
    a.recoveryState = recoveryState;
    a.set(Asleep.NO_DELAY, wasNoDelay);
    a.lastSentNs = lastSentNs;
    a.sendCapacityBytes = buffer.capacity();
  }

  /** Goes on, once it has begun. */
  final void wakeFrom(final Asleep a) {
    streamFrom(a);
    rtt.wakeFrom(a);
    window.start(a.smss, a.initialWindow);
    window.cwnd(a.cwnd);
    window.ssthresh(a.ssthresh);
    control = a.control == null ? control : a.control;
    recoveryState = a.recoveryState;
    wasNoDelay = a.has(Asleep.NO_DELAY);
    sackPermitted = a.has(Asleep.SACK);
    synOwed = false;
    lastSentNs = a.lastSentNs;
    buffer.capacity(a.sendCapacityBytes);
  }
}
