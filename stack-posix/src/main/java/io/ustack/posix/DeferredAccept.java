package io.ustack.posix;

/** TCP_DEFER_ACCEPT counts in seconds, and the stack in timeouts of the SYN-ACK. */
final class DeferredAccept {
  /** Linux TCP_TIMEOUT_INIT and TCP_RTO_MAX, in seconds. */
  private static final int FIRST_SECONDS = 1;

  private static final int MOST_SECONDS = 120;

  /** Linux keeps the count in a byte. */
  private static final int MOST_TIMEOUTS = 0xFF;

  private DeferredAccept() {}

  /** Linux secs_to_retrans: how many timeouts take so long; 0 for none. */
  static int timeouts(final int seconds) {
    if (seconds <= 0) {
      return 0;
    }
    int count = 1;
    while (seconds > seconds(count) && count < MOST_TIMEOUTS) {
      count++;
    }
    return count;
  }

  /** Linux retrans_to_secs: how long so many timeouts take. */
  static int seconds(final int timeouts) {
    int sum = 0;
    int timeout = FIRST_SECONDS;
    for (int i = 0; i < timeouts; i++) {
      sum += timeout;
      timeout = Math.min(2 * timeout, MOST_SECONDS);
    }
    return sum;
  }
}
