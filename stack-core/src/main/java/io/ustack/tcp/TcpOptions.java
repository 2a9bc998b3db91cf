package io.ustack.tcp;

import java.nio.ByteBuffer;

/**
 * The options of a segment: maximum segment size (RFC 9293 3.7.1), window scale (RFC 7323 2) and
 * timestamps (RFC 7323 3). Others are skipped by their length.
 *
 * <p>One instance per stack is filled anew by {@link #parse} for each segment whose options matter.
 */
final class TcpOptions {
  /** {@link #windowShift} when the option is absent. */
  static final int ABSENT = -1;

  /** RFC 7323 2.3: a larger shift count is used as 14. */
  static final int MAX_WINDOW_SHIFT = 14;

  /** What {@link #writeMss} writes. */
  static final int MSS_LENGTH_BYTES = 4;

  /** What {@link #writeWindowScale} writes. */
  static final int WINDOW_SCALE_LENGTH_BYTES = 4;

  /** What {@link #writeTimestamps} writes (RFC 7323 appendix A). */
  static final int TIMESTAMPS_LENGTH_BYTES = 12;

  /** NOP, NOP, kind and length: how everybody lays out the option that comes alone. */
  private static final int TIMESTAMPS_ALONE = 0x0101_080A;

  private static final int END = 0;
  private static final int NO_OPERATION = 1;
  private static final int MSS = 2;
  private static final int WINDOW_SCALE = 3;
  private static final int TIMESTAMPS = 8;

  private int mss;
  private int windowShift;
  private boolean timestamps;
  private int tsVal;
  private int tsEcr;

  /** The peer's MSS in bytes, or 0 when it sent none. */
  int mss() {
    return mss;
  }

  /** The peer's shift count, 0..14, or {@link #ABSENT}. */
  int windowShift() {
    return windowShift;
  }

  boolean hasTimestamps() {
    return timestamps;
  }

  /** TSval, of a list that {@link #hasTimestamps}. */
  int tsVal() {
    return tsVal;
  }

  /** TSecr, of a list that {@link #hasTimestamps}; means something when the segment has an ACK. */
  int tsEcr() {
    return tsEcr;
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
    timestamps = false;
    if (end - offset == TIMESTAMPS_LENGTH_BYTES && bytes.getInt(offset) == TIMESTAMPS_ALONE) {
      readTimestamps(bytes, offset + 4);
      return true;
    }
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
      } else if (kind == TIMESTAMPS && length == 10) {
        readTimestamps(bytes, at + 2);
      }
      at += length;
    }
    return true;
  }

  private void readTimestamps(final ByteBuffer bytes, final int at) {
    timestamps = true;
    tsVal = bytes.getInt(at);
    tsEcr = bytes.getInt(at + 4);
  }

  /** The MSS option; returns bytes written. */
  static int writeMss(final ByteBuffer bytes, final int offset, final int ourMss) {
    bytes.putInt(offset, (MSS << 24) | (4 << 16) | ourMss);
    return MSS_LENGTH_BYTES;
  }

  /** The window scale option behind a NOP; returns bytes written. */
  static int writeWindowScale(final ByteBuffer bytes, final int offset, final int ourShift) {
    bytes.putInt(offset, (NO_OPERATION << 24) | (WINDOW_SCALE << 16) | (3 << 8) | ourShift);
    return WINDOW_SCALE_LENGTH_BYTES;
  }

  /** The timestamps option behind two NOPs; returns bytes written. */
  static int writeTimestamps(
      final ByteBuffer bytes, final int offset, final int value, final int echo) {
    bytes.putInt(offset, TIMESTAMPS_ALONE);
    bytes.putInt(offset + 4, value);
    bytes.putInt(offset + 8, echo);
    return TIMESTAMPS_LENGTH_BYTES;
  }
}
