package io.ustack.tcp.congestion;

/**
 * The congestion control of one connection. Called on the stack thread, for one connection after
 * the other; allocates nothing per ACK.
 *
 * <p>Loss recovery calls {@link #onCongestion} once per congestion event, before {@link #onAck} of
 * the ACK that told of it, then lets the window follow proportional rate reduction (RFC 9937) down
 * to {@link CongestionWindow#ssthresh()}, and calls {@link #onAck} again when recovery is over. An
 * algorithm that {@link #ownsRecovery} is called for every ACK and keeps the window itself.
 *
 * <p>An algorithm of others that throws, whatever it is, is not asked again: {@link NewReno} goes
 * on for this connection, from half the window as {@code ssthresh} and at most the initial window.
 * It counts as TCP_CONGESTION_CONTROL_FAILURES, and is logged once for each algorithm.
 */
public interface CongestionControl {
  /** What happened that asks for less. */
  enum Event {
    /** Segments are lost; RACK or duplicate ACKs say so (RFC 5681 3.2, RFC 8985). */
    LOSS,
    /** The retransmission timeout expired for the first time (RFC 5681 3.1 (4)). */
    TIMEOUT,
    /** The peer echoes a congestion mark (RFC 3168 6.1.2). */
    ECN
  }

  /**
   * The name by which TCP_CONGESTION and {@code TcpConfig} know it, as {@code cubic}: letters and
   * digits of ASCII, {@code -}, {@code _} and {@code .}, and not that of another.
   */
  String name();

  /** The handshake is over: {@code cwnd} is the initial window and {@code ssthresh} endless. */
  void start(CongestionWindow window, long nowNs);

  /**
   * An ACK delivered something, outside loss recovery and window reduction or with {@link
   * #ownsRecovery}: the window may grow.
   */
  void onAck(CongestionWindow window, AckSample sample);

  /**
   * A congestion event begins: sets {@code ssthresh}. {@code cwnd} is recovery's business, unless
   * {@link #ownsRecovery}. After a timeout it is called again only when something new was sent
   * since.
   *
   * @param flightBytes FlightSize before the event: sent and not acknowledged cumulatively (RFC
   *     5681 2, RFC 6675 5 (4.2)); what limited transmit added is in it
   */
  void onCongestion(CongestionWindow window, Event event, int flightBytes, long nowNs);

  /** Recovery ended; {@code cwnd} is what proportional rate reduction left. */
  default void onRecovered(final CongestionWindow window, final long nowNs) {}

  /**
   * The last congestion event was none: everything had arrived (RFC 4015, D-SACK, F-RTO). The
   * window has its {@code cwnd} and {@code ssthresh} from before again; the algorithm takes its own
   * variables back.
   */
  default void onUndo(final CongestionWindow window, final long nowNs) {}

  /**
   * Something is about to be sent after nothing was in flight; {@code idleNs} ago was the last time
   * that anything left.
   *
   * @param rtoNs the retransmission timeout: what RFC 5681 4.1 measures idleness by
   */
  default void onRestart(
      final CongestionWindow window, final long idleNs, final long rtoNs, final long nowNs) {}

  /**
   * Nothing was sent for a second or longer, and nothing waits: what {@link #onRestart} would
   * forget may be given up. Connections without traffic are many.
   */
  default void onIdle(final CongestionWindow window) {}

  /**
   * Whether it knows nothing now that a new one would not: then it may serve another connection,
   * which tells it so by {@link #start} or goes on from where it is.
   */
  default boolean isForgettable() {
    return false;
  }

  /**
   * Whether {@code cwnd} is its own in recovery; a timeout and an undo set it all the same. Asked
   * once, when it is made.
   */
  default boolean ownsRecovery() {
    return false;
  }

  /** Whether it wants the delivery rate in its samples, and paces. Asked once, when it is made. */
  default boolean isRateBased() {
    return false;
  }

  /**
   * Bytes per second at which segments leave, or 0 for as fast as the window lets them; only of
   * those that are {@link #isRateBased}. Less than a segment per second counts as that.
   */
  default long pacingRate(final CongestionWindow window) {
    return 0;
  }
}
