package io.ustack.tcp;

import io.ustack.time.Timer;
import io.ustack.time.TimerWheel;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one connection while it waits for something: one entry in the wheel for all of
 * them.
 *
 * <p>Timers that exclude each other are one enum, so impossible combinations can't be. The wheel's
 * entry is lazy: when a deadline moves away the entry stays, fires early, finds nothing due and
 * schedules itself again.
 */
final class TcpTimers extends Timer {
  /** What the main timer waits for. */
  enum Kind {
    NONE,
    /** RFC 6298: an ACK of what is outstanding. */
    RETRANSMIT,
    /** RFC 8985 7.2: a tail loss probe, should nothing come before. */
    PROBE_TAIL,
    /** RFC 8985 6.2: what may be late has had its time. */
    REORDER,
    /** RFC 9293 3.8.6.1: the next window probe. */
    PERSIST,
    /** RFC 9293 3.8.4: the next probe of a silent peer; nothing is outstanding. */
    KEEP_ALIVE,
    /** The peer's FIN, for a connection that nobody holds. */
    FIN_WAIT_2,
    /** RFC 9293 3.10.8: the end of 2 MSL. */
    TIME_WAIT
  }

  private final TimerWheel wheel;
  private @Nullable TcpConnection borrower;

  private Kind kind = Kind.NONE;
  private long mainDeadlineNs;
  private boolean delayingAck;
  private boolean stalled;
  private long ackDeadlineNs;
  private long stalledSinceNs;

  /** Probes that a silent peer has left unanswered; {@link KeepAlive}. */
  int keepAliveProbes;

  TcpTimers(final TimerWheel wheel) {
    this.wheel = wheel;
  }

  /** {@link SpareTimers} lends them; nothing is left of what they were before. */
  void lendTo(final TcpConnection connection) {
    borrower = connection;
    stalled = false;
    keepAliveProbes = 0;
  }

  /** Lent to nobody: a spare one must not keep a connection that is gone. */
  void takeBack() {
    borrower = null;
  }

  private TcpConnection connection() {
    return Objects.requireNonNull(borrower, "lent to nobody");
  }

  /** They wait for nothing, and nothing is to be remembered. */
  boolean isResting() {
    return kind == Kind.NONE && !delayingAck && !stalled && keepAliveProbes == 0 && !isScheduled();
  }

  Kind kind() {
    return kind;
  }

  /** Nothing waits but the next look at a silent peer. */
  boolean isFree() {
    return kind == Kind.NONE || kind == Kind.KEEP_ALIVE;
  }

  /** Starts the main timer anew. */
  void start(final Kind newKind, final long newDeadlineNs) {
    kind = newKind;
    mainDeadlineNs = waitsForThePeer() ? beforeTheUserTimeout(newDeadlineNs) : newDeadlineNs;
    ensureScheduled(mainDeadlineNs);
  }

  private boolean waitsForThePeer() {
    return kind == Kind.RETRANSMIT || kind == Kind.PERSIST;
  }

  /** Linux tcp_clamp_rto_to_user_timeout: the timer fires no later than that ends. */
  private long beforeTheUserTimeout(final long newDeadlineNs) {
    final long userTimeoutNs = connection().config().userTimeoutNs();
    if (userTimeoutNs == 0 || !stalled) {
      return newDeadlineNs;
    }
    final long endNs = stalledSinceNs + userTimeoutNs;
    return endNs - newDeadlineNs < 0 ? endNs : newDeadlineNs;
  }

  /** A timeout or a probe: from the first in a row the user timeout runs (RFC 5482). */
  void onStalled(final long nowNs) {
    if (!stalled) {
      stalled = true;
      stalledSinceNs = nowNs;
    }
  }

  /** The peer acknowledged something, or opened its window. */
  void onProgress() {
    stalled = false;
  }

  /** Whether the user timeout has passed without any progress. */
  boolean isUserTimeoutOver(final long nowNs) {
    final long userTimeoutNs = connection().config().userTimeoutNs();
    return userTimeoutNs != 0 && stalled && nowNs - stalledSinceNs >= userTimeoutNs;
  }

  void stop() {
    kind = Kind.NONE;
  }

  /**
   * Starts to delay an ACK, unless one is being delayed already. The wheel does not know yet: the
   * answer of an application that runs between two cycles takes the ACK along before {@link
   * #scheduleDelayedAck}.
   */
  void delayAck(final long newDeadlineNs) {
    if (!delayingAck) {
      delayingAck = true;
      ackDeadlineNs = newDeadlineNs;
    }
  }

  /** The next cycle has come, and the ACK is still there: it waits for its time. */
  void scheduleDelayedAck() {
    if (delayingAck) {
      ensureScheduled(ackDeadlineNs);
    }
  }

  boolean isDelayingAck() {
    return delayingAck;
  }

  void stopDelayingAck() {
    delayingAck = false;
  }

  boolean isDue(final long nowNs) {
    return kind != Kind.NONE && mainDeadlineNs - nowNs <= 0;
  }

  boolean isAckDue(final long nowNs) {
    return delayingAck && ackDeadlineNs - nowNs <= 0;
  }

  /** Takes the entry out of the wheel; the connection is gone. */
  void cancel() {
    kind = Kind.NONE;
    delayingAck = false;
    stalled = false;
    keepAliveProbes = 0;
    wheel.cancel(this);
  }

  private void ensureScheduled(final long atNs) {
    if (!isScheduled() || atNs - deadlineNs() < 0) {
      wheel.schedule(this, atNs);
    }
  }

  /** Nothing is waited for but, perhaps, a silent peer. */
  boolean isIdle() {
    return isFree() && !delayingAck && !stalled;
  }

  /** Whether the wheel's entry, whatever it is for, will look at the connection soon. */
  boolean looksSoon(final long nowNs) {
    return isScheduled() && deadlineNs() - nowNs <= Idleness.AFTER_NS;
  }

  /** The connection is to be looked at then, to see whether it is idle. */
  void lookAt(final long atNs) {
    ensureScheduled(atNs);
  }

  /** Pacing holds the next segment back until then. */
  void waitForDeparture(final long departureNs) {
    ensureScheduled(departureNs);
  }

  private void pace(final long nowNs) {
    final SendRate sendRate = connection().isAsleep() ? null : connection().sender().sendRate;
    if (sendRate == null || !sendRate.isPausing()) {
      return;
    }
    if (sendRate.departureNs() - nowNs <= 0) {
      connection().wantToEmit();
    } else {
      ensureScheduled(sendRate.departureNs());
    }
  }

  @Override
  protected void onExpiry(final long nowNs) {
    if (isDue(nowNs) || isAckDue(nowNs)) {
      connection().wantToEmit();
    }
    if (kind != Kind.NONE && mainDeadlineNs - nowNs > 0) {
      ensureScheduled(mainDeadlineNs);
    }
    if (delayingAck && ackDeadlineNs - nowNs > 0) {
      ensureScheduled(ackDeadlineNs);
    }
    pace(nowNs);
    connection().rest(nowNs);
  }
}
