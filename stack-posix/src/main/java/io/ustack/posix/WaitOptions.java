package io.ustack.posix;

import java.util.concurrent.TimeUnit;

/**
 * How long the calls of a socket wait, and what for: SO_RCVTIMEO, SO_SNDTIMEO, SO_RCVLOWAT,
 * SO_LINGER (socket(7)). Replaced as a whole, so sockets that were told the same, or nothing, share
 * one.
 *
 * @param receiveTimeoutNs how long recv and accept wait; {@link Execution#FOREVER}, or 0 for not at
 *     all
 * @param sendTimeoutNs the same of send and connect
 * @param receiveLowBytes how much data a stream needs to be readable, at least 1
 * @param lingers whether close waits until all was sent, or with 0 resets
 * @param lingerSeconds how long it does at most; kept while it does not
 */
record WaitOptions(
    long receiveTimeoutNs,
    long sendTimeoutNs,
    int receiveLowBytes,
    boolean lingers,
    int lingerSeconds) {
  static final WaitOptions DEFAULT =
      new WaitOptions(Execution.FOREVER, Execution.FOREVER, 1, false, 0);

  private static final int MICROSECONDS = 1_000_000;

  /** Whether it is one of the two timeouts. */
  static boolean isTimeout(final int level, final int option) {
    return level == SocketOption.SOL_SOCKET
        && (option == SocketOption.SO_RCVTIMEO || option == SocketOption.SO_SNDTIMEO);
  }

  static boolean isLinger(final int level, final int option) {
    return level == SocketOption.SOL_SOCKET && option == SocketOption.SO_LINGER;
  }

  WaitOptions withTimeout(final int option, final long timeoutNs) {
    return option == SocketOption.SO_RCVTIMEO
        ? new WaitOptions(timeoutNs, sendTimeoutNs, receiveLowBytes, lingers, lingerSeconds)
        : new WaitOptions(receiveTimeoutNs, timeoutNs, receiveLowBytes, lingers, lingerSeconds);
  }

  WaitOptions withReceiveLow(final int bytes) {
    return new WaitOptions(receiveTimeoutNs, sendTimeoutNs, bytes, lingers, lingerSeconds);
  }

  /** SO_LINGER: what switches it off leaves the time (Linux sk_setsockopt). */
  WaitOptions withLinger(final Linger linger) {
    final boolean on = linger.onOff() != 0;
    return new WaitOptions(
        receiveTimeoutNs,
        sendTimeoutNs,
        receiveLowBytes,
        on,
        on ? linger.seconds() : lingerSeconds);
  }

  /** Whether close resets the connection. */
  boolean resetsAtClose() {
    return lingers && lingerSeconds == 0;
  }

  /** How long close waits; 0 for not at all. */
  long lingerNs() {
    if (!lingers || lingerSeconds == 0) {
      return 0;
    }
    return lingerSeconds < 0 ? Execution.FOREVER : TimeUnit.SECONDS.toNanos(lingerSeconds);
  }

  /** One of the two timeouts. */
  long timeoutNs(final int option) {
    return option == SocketOption.SO_RCVTIMEO ? receiveTimeoutNs : sendTimeoutNs;
  }

  /**
   * Linux sock_set_timeout: nothing is for ever, below nothing is not at all. Nanoseconds, or -EDOM
   * for a fraction that is none.
   */
  static long timeoutNs(final TimeValue value) {
    final long microseconds = value.microseconds();
    if (microseconds < 0 || microseconds >= MICROSECONDS) {
      return -Errno.EDOM;
    }
    if (value.seconds() < 0) {
      return 0;
    }
    final long ns = TimeUnit.MICROSECONDS.toNanos(microseconds);
    final long seconds = TimeUnit.SECONDS.toNanos(value.seconds());
    return seconds + ns == 0 || seconds > Long.MAX_VALUE / 2 ? Execution.FOREVER : seconds + ns;
  }

  /** Linux sock_get_timeout: 0 for ever, and for a wait of no time, too. */
  static void read(final long timeoutNs, final TimeValue into) {
    final long ns = Math.max(0, timeoutNs);
    final long seconds = TimeUnit.NANOSECONDS.toSeconds(ns);
    into.set(seconds, TimeUnit.NANOSECONDS.toMicros(ns - TimeUnit.SECONDS.toNanos(seconds)));
  }
}
