package io.ustack.tcp.congestion;

/**
 * What one ACK said. One per stack, filled anew for each ACK; algorithms copy what they keep. Only
 * {@code io.ustack.tcp} writes it.
 */
public final class AckSample {
  /** {@link #rttNs}, {@link #deliveryIntervalNs} and the like when the ACK measured none. */
  public static final long NONE = -1;

  /** Now. */
  public long nowNs;

  /** Bytes that SND.UNA moved by. */
  public int ackedBytes;

  /** Bytes that are known to have arrived by this ACK, cumulatively or selectively. */
  public int deliveredBytes;

  /** Bytes that were marked lost by this ACK. */
  public int lostBytes;

  /** In flight before and after this ACK, by RFC 6675's count. */
  public int inFlightBeforeBytes;

  public int inFlightBytes;

  /** The round trip of the newest segment that this ACK delivers and that was sent once. */
  public long rttNs;

  /** Smoothed (RFC 6298). */
  public long srttNs;

  /** The shortest of the last minutes (RFC 8985 6.1). */
  public long minRttNs;

  /** The window was full, or nearly so, when the acknowledged data left (RFC 7661's question). */
  public boolean isCwndLimited;

  /** In recovery of losses, or repeating after a timeout. */
  public boolean inRecovery;

  /** The ACK carried ECE and ECN is agreed. */
  public boolean ecnEcho;

  // ---- The delivery rate (draft-cheng-iccrg-delivery-rate-estimation)

  /**
   * C.delivered: all that was ever delivered on this connection, this ACK included. Also tells
   * rounds: what is in flight now is delivered when this has grown by {@link #inFlightBytes}.
   * Modulo 2^32 unless the algorithm {@linkplain CongestionControl#isRateBased is rate based}.
   */
  public long totalDeliveredBytes;

  /** C.delivered when the newest delivered segment left: RS.prior_delivered, or {@link #NONE}. */
  public long priorDeliveredBytes;

  /** RS.interval, or {@link #NONE}. */
  public long deliveryIntervalNs;

  /** RS.is_app_limited: the sender had too little to say, so the path may be faster. */
  public boolean isAppLimited;

  /** Bytes delivered over {@link #deliveryIntervalNs}: RS.delivered. */
  public long sampleDeliveredBytes() {
    return totalDeliveredBytes - priorDeliveredBytes;
  }
}
