package io.ustack.tcp;

/**
 * Whether a small segment waits for company (RFC 9293 3.7.4), with Minshall's variation
 * (draft-minshall-nagle, Linux tcp_minshall_check): only while another small one is unacknowledged,
 * so that the tail of a large write does not wait for a delayed ACK. Corked, every small one waits,
 * until the persist timer sends what there is: after a timeout, 200 ms at least.
 */
final class Nagle {
  private boolean noDelay;
  private boolean corked;
  private boolean moreComes;
  private boolean pushing;

  /** Just past the last small segment that was sent (Linux snd_sml). */
  private int smallEnd;

  /** Just past the data that was pushed, while {@code pushing}: it waits for nothing. */
  private int pushEnd;

  /** Begins at {@code sndUna}, with what TCP_NODELAY says. */
  void begin(final int sndUna, final boolean noDelayNow) {
    noDelay = noDelayNow;
    corked = false;
    moreComes = false;
    pushing = false;
    smallEnd = sndUna;
  }

  /** For {@link LookAhead}. */
  int touch() {
    return smallEnd;
  }

  /** Nothing is remembered that counts while nothing waits, but for TCP_NODELAY. */
  boolean isForgettable() {
    return !corked && !moreComes;
  }

  boolean noDelay() {
    return noDelay;
  }

  /**
   * TCP_NODELAY. Linux do_tcp_setsockopt: weaker than a cork, but it pushes what is there.
   *
   * @param dataEnd just past the data in the buffer
   */
  void noDelay(final boolean on, final int dataEnd) {
    noDelay = on;
    if (on) {
      push(dataEnd);
    }
  }

  /** What ends at {@code dataEnd} or before waits for nothing. */
  void push(final int dataEnd) {
    pushing = true;
    pushEnd = dataEnd;
  }

  boolean corked() {
    return corked;
  }

  /** TCP_CORK. */
  void cork(final boolean on) {
    corked = on;
  }

  /**
   * MSG_MORE: the application is not finished with what it wrote last. The next segment that comes
   * ends that, as on Linux.
   */
  void moreComes(final boolean on) {
    moreComes = on;
  }

  /**
   * Whether a small segment that would end at {@code end} stays here.
   *
   * @param sndNxt where it would begin; what lies between {@code sndUna} and it is unacknowledged
   */
  boolean holds(final int end, final int sndUna, final int sndNxt) {
    pushing = pushing && Seq.leq(end, pushEnd);
    if (pushing) {
      return false;
    }
    if (corked || moreComes) {
      return true;
    }
    return !noDelay && Seq.gt(smallEnd, sndUna) && Seq.leq(smallEnd, sndNxt);
  }

  /** A segment smaller than the MSS left; it ends at {@code end}. */
  void onSmallSent(final int end) {
    smallEnd = end;
  }
}
