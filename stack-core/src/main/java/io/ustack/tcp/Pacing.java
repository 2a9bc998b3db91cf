package io.ustack.tcp;

/**
 * When the next segment may leave, at a rate: bursts of a quantum, then a pause as long as the rate
 * asks for. Whoever asks late, because a timer or the link was late, may make up for at most one
 * quantum, so that the rate is kept and an idle connection saves up nothing.
 */
final class Pacing {
  /** A burst is a millisecond's worth (Linux tcp_tso_autosize, sk_pacing_shift 10) ... */
  private static final long QUANTUM_PER_SECOND = 1000;

  /** ... but at least two segments (Linux tcp_min_tso_segs), at most 64. */
  private static final int MIN_SEGMENTS = 2;

  private static final int MAX_SEGMENTS = 64;

  private static final double NS_PER_SECOND = 1e9;

  /** When all that has left would have left at the rate. */
  private long departedNs;

  /** The quantum is used up; nothing leaves before {@link #departedNs}. */
  private boolean pausing;

  Pacing(final long nowNs) {
    departedNs = nowNs;
  }

  /** What leaves at once, in bytes. */
  static int quantumBytes(final long bytesPerSecond, final int smss) {
    final long most = (long) MAX_SEGMENTS * smss;
    final long least = (long) MIN_SEGMENTS * smss;
    return (int) Math.max(least, Math.min(bytesPerSecond / QUANTUM_PER_SECOND, most));
  }

  /**
   * Whether a segment may leave now; if not, ask again at {@link #departureNs}.
   *
   * @param bytesPerSecond the rate, 0 for none
   */
  boolean mayLeave(final long bytesPerSecond, final long nowNs) {
    if (pausing && (bytesPerSecond == 0 || departedNs - nowNs <= 0)) {
      pausing = false;
    }
    return !pausing;
  }

  /** How many full segments may leave now in a row, of so many; at least one. */
  int segments(final int most, final long bytesPerSecond, final int smss, final long nowNs) {
    if (bytesPerSecond == 0) {
      return most;
    }
    final long quantumNs = durationNs(quantumBytes(bytesPerSecond, smss), bytesPerSecond);
    final long segmentNs = durationNs(smss, bytesPerSecond);
    long departsNs = nowNs - departedNs > quantumNs ? nowNs - quantumNs : departedNs;
    int count = 0;
    do {
      count++;
      departsNs += segmentNs;
    } while (count < most && departsNs - nowNs < quantumNs);
    return count;
  }

  /** Nothing leaves before {@link #departureNs}, unless the rate ends. */
  boolean isPausing() {
    return pausing;
  }

  /** When the pause ends. */
  long departureNs() {
    return departedNs;
  }

  /** A segment of {@code lengthBytes} left. */
  void onSent(final int lengthBytes, final long bytesPerSecond, final int smss, final long nowNs) {
    if (bytesPerSecond == 0) {
      departedNs = nowNs;
      return;
    }
    final long quantumNs = durationNs(quantumBytes(bytesPerSecond, smss), bytesPerSecond);
    if (nowNs - departedNs > quantumNs) {
      departedNs = nowNs - quantumNs;
    }
    departedNs += durationNs(lengthBytes, bytesPerSecond);
    pausing = departedNs - nowNs >= quantumNs;
  }

  private static long durationNs(final int bytes, final long bytesPerSecond) {
    return (long) (bytes * NS_PER_SECOND / bytesPerSecond);
  }
}
