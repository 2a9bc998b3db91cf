package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * What our SYN offers, and once the peer's SYN has come, what both ends agreed on: each option is
 * used when both SYNs had it.
 */
final class SynOffer {
  private int windowShift;
  private boolean timestamps;
  private boolean sack;
  private @Nullable FastOpenCookie cookie;
  private boolean triesFastOpen;
  private boolean synDeferred;
  private SynOptionOrder order;
  private EcnUse ecnUse = EcnUse.OFF;
  private boolean ecn;

  SynOffer(final TcpConfig config) {
    order = config.synOptionOrder();
    start(config);
  }

  /** Offers again what the configuration says. */
  void start(final TcpConfig config) {
    windowShift = config.windowShift();
    timestamps = config.timestamps();
    sack = config.sack();
    order = config.synOptionOrder();
    cookie = null;
    ecnUse = config.ecn();
    ecn = ecnUse == EcnUse.ALWAYS;
  }

  /** The fast open option of the next SYN or SYN-ACK, or null (RFC 7413 4.1.1). */
  void cookie(final @Nullable FastOpenCookie newCookie) {
    cookie = newCookie;
  }

  @Nullable FastOpenCookie cookie() {
    return cookie;
  }

  /**
   * Our SYN asks for a cookie or brings one (RFC 7413 4.1.3). With one it waits for the data that
   * it is to bring.
   */
  void tryFastOpen(final FastOpenCookie newCookie) {
    cookie = newCookie;
    triesFastOpen = true;
    synDeferred = !newCookie.isRequest();
  }

  boolean triesFastOpen() {
    return triesFastOpen;
  }

  boolean isSynDeferred() {
    return synDeferred;
  }

  void synLeaves() {
    synDeferred = false;
  }

  SynOptionOrder order() {
    return order;
  }

  /** Takes back what the peer's SYN does not have (RFC 7323 2.2 and 3.2, RFC 2018 2). */
  void agree(final TcpOptions theirs) {
    if (theirs.windowShift() == TcpOptions.ABSENT) {
      windowShift = TcpOptions.ABSENT;
    }
    timestamps = timestamps && theirs.hasTimestamps();
    sack = sack && theirs.isSackPermitted();
  }

  /** RFC 3168 6.1.1: what the peer's SYN (ECE and CWR) or its SYN-ACK (ECE alone) says of ECN. */
  void agreeOnEcn(final int theirFlags) {
    final int both = TcpHeader.ECE | TcpHeader.CWR;
    if ((theirFlags & TcpHeader.ACK) != 0) {
      ecn = ecn && (theirFlags & both) == TcpHeader.ECE;
    } else {
      ecn = ecnUse != EcnUse.OFF && (theirFlags & both) == both;
    }
  }

  /** RFC 3168 6.1.1.1: our SYN was not answered, perhaps because of it. */
  void forgetEcn() {
    ecn = false;
  }

  /** Whether our SYN asks for ECN, and then whether both ends agreed on it. */
  boolean ecn() {
    return ecn;
  }

  /** Takes back what a SYN cookie can remember only with the peer's help: all but the MSS. */
  void forgetWithoutTimestamps() {
    if (!timestamps) {
      windowShift = TcpOptions.ABSENT;
      sack = false;
    }
  }

  /** Whether windows are scaled, in both directions or in none. */
  boolean scalesWindow() {
    return windowShift != TcpOptions.ABSENT;
  }

  /** By how much our windows are shifted; only when {@link #scalesWindow}. */
  int windowShift() {
    return windowShift;
  }

  boolean timestamps() {
    return timestamps;
  }

  boolean sack() {
    return sack;
  }

  /** Length of the options that the SYN has, MSS included. */
  int optionsLengthBytes() {
    return TcpOptions.MSS_LENGTH_BYTES
        + (timestamps ? TcpOptions.TIMESTAMPS_LENGTH_BYTES : 0)
        + (sack && !timestamps ? TcpOptions.SACK_PERMITTED_LENGTH_BYTES : 0)
        + (scalesWindow() ? TcpOptions.WINDOW_SCALE_LENGTH_BYTES : 0)
        + (cookie == null ? 0 : TcpOptions.fastOpenLengthBytes(cookie));
  }
}
