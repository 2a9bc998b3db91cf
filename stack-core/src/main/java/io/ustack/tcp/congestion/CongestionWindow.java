package io.ustack.tcp.congestion;

/**
 * The congestion state that algorithms set and the sender obeys (RFC 5681 2). In bytes. Whatever an
 * algorithm sets, a segment may always leave, and no window is longer than a send buffer can be.
 */
public final class CongestionWindow {
  /** No window is larger: it is what the largest send buffer holds. */
  public static final int MAX_BYTES = 1 << 30;

  private int smss = 536;
  private int initialWindow = 536;
  private int cwnd = 536;
  private int ssthresh = MAX_BYTES;

  /** Begins a connection; the sender's to say, as {@link #smss(int)}. */
  public void start(final int smssBytes, final int initialWindowBytes) {
    smss = smssBytes;
    initialWindow = initialWindowBytes;
    cwnd = initialWindowBytes;
    ssthresh = MAX_BYTES;
  }

  /** SMSS: payload of a full segment; it follows the path's MTU. */
  public int smss() {
    return smss;
  }

  /**
   * The path carries less, or more: the window stays as many bytes as it was, if not less than one
   * segment.
   */
  public void smss(final int smssBytes) {
    smss = smssBytes;
    cwnd = Math.max(cwnd, smssBytes);
  }

  /** IW (RFC 6928), which is also the restart window (RFC 5681 4.1). */
  public int initialWindow() {
    return initialWindow;
  }

  /** What may be in flight. */
  public int cwnd() {
    return cwnd;
  }

  /** At least one segment, at most {@link #MAX_BYTES}. */
  public void cwnd(final long bytes) {
    cwnd = (int) Math.max(smss, Math.min(bytes, MAX_BYTES));
  }

  /** Below it is slow start. */
  public int ssthresh() {
    return ssthresh;
  }

  /** At least two segments, at most {@link #MAX_BYTES}. */
  public void ssthresh(final long bytes) {
    ssthresh = (int) Math.max(2L * smss, Math.min(bytes, MAX_BYTES));
  }

  /** Nothing has ever set {@code ssthresh}. */
  public boolean inInitialSlowStart() {
    return ssthresh == MAX_BYTES && cwnd < MAX_BYTES;
  }

  public boolean inSlowStart() {
    return cwnd < ssthresh;
  }
}
