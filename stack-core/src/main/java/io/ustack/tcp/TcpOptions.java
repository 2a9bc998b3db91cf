package io.ustack.tcp;

import java.nio.ByteBuffer;

/**
 * The options of a SYN: maximum segment size (RFC 9293 3.7.1) and window scale (RFC 7323 2). Others
 * are skipped by their length.
 *
 * <p>One instance per stack is filled anew by {@link #parse} for each SYN.
 */
final class TcpOptions {
  /** {@link #windowShift} when the option is absent. */
  static final int ABSENT = -1;

  /** RFC 7323 2.3: a larger shift count is used as 14. */
  static final int MAX_WINDOW_SHIFT = 14;

  /** Length of what {@link #writeSyn} writes when window scale is offered. */
  static final int SYN_LENGTH_BYTES = 8;

  /** Length of what {@link #writeSyn} writes with the MSS alone. */
  static final int MSS_LENGTH_BYTES = 4;

  private static final int END = 0;
  private static final int NO_OPERATION = 1;
  private static final int MSS = 2;
  private static final int WINDOW_SCALE = 3;

  private int mss;
  private int windowShift;

  /** The peer's MSS in bytes, or 0 when it sent none. */
  int mss() {
    return mss;
  }

  /** The peer's shift count, 0..14, or {@link #ABSENT}. */
  int windowShift() {
    return windowShift;
  }

  /**
   * Reads the options between {@code offset} and {@code end}.
   *
   * @return false when an option's length lies. What came before it counts, as on Linux; RFC 9293
   *     3.1 (MUST-7) asks only that it does no harm.
   */
  boolean parse(final ByteBuffer bytes, final int offset, final int end) {
    mss = 0;
    windowShift = ABSENT;
    int at = offset;
    while (at < end) {
      final int kind = bytes.get(at);
      if (kind == END) {
        return true;
      }
      if (kind == NO_OPERATION) {
        at++;
        continue;
      }
      final int length = at + 1 < end ? bytes.get(at + 1) & 0xFF : 0;
      if (length < 2 || at + length > end) {
        return false;
      }
      if (kind == MSS && length == 4) {
        mss = bytes.getShort(at + 2) & 0xFFFF;
      } else if (kind == WINDOW_SCALE && length == 3) {
        windowShift = Math.min(bytes.get(at + 2) & 0xFF, MAX_WINDOW_SHIFT);
      }
      at += length;
    }
    return true;
  }

  /**
   * Writes the options of our SYN or SYN-ACK.
   *
   * @param ourWindowShift the shift to offer, or {@link #ABSENT}
   * @return bytes written, a multiple of 4
   */
  static int writeSyn(
      final ByteBuffer bytes, final int offset, final int ourMss, final int ourWindowShift) {
    bytes.putInt(offset, (MSS << 24) | (4 << 16) | ourMss);
    if (ourWindowShift == ABSENT) {
      return MSS_LENGTH_BYTES;
    }
    bytes.putInt(
        offset + MSS_LENGTH_BYTES,
        (NO_OPERATION << 24) | (WINDOW_SCALE << 16) | (3 << 8) | ourWindowShift);
    return SYN_LENGTH_BYTES;
  }
}
