package io.ustack.tcp;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The options of a segment: maximum segment size (RFC 9293 3.7.1), window scale (RFC 7323 2),
 * timestamps (RFC 7323 3) and selective acknowledgments (RFC 2018). Others are skipped by their
 * length.
 *
 * <p>DEVIATION: RFC 5482 2, the user timeout option (kind 28): neither sent nor obeyed, as Linux
 * and FreeBSD; the timeout is local, {@code TcpConfig.userTimeoutNs}: a peer must not decide how
 * long we keep what we hold.
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

  /** What {@link #writeSackPermitted} writes. */
  static final int SACK_PERMITTED_LENGTH_BYTES = 4;

  /** What {@link #writeTimestamps} writes (RFC 7323 appendix A). */
  static final int TIMESTAMPS_LENGTH_BYTES = 12;

  /** NOP, NOP, kind and length: how everybody lays out the option that comes alone. */
  private static final int TIMESTAMPS_ALONE = 0x0101_080A;

  private static final int END = 0;
  private static final int NO_OPERATION = 1;
  private static final int MSS = 2;
  private static final int WINDOW_SCALE = 3;
  private static final int SACK_PERMITTED = 4;
  private static final int SACK = 5;
  private static final int TIMESTAMPS = 8;
  private static final int FAST_OPEN = 34;

  /** All options of one segment. */
  private static final int MAX_LENGTH_BYTES =
      TcpHeader.MAX_LENGTH_BYTES - TcpHeader.MIN_LENGTH_BYTES;

  /** A block of SACK: its two edges. */
  private static final int BLOCK_LENGTH_BYTES = 8;

  private static final int WORD_BYTES = 4;

  private int mss;
  private int windowShift;
  private boolean sackPermitted;
  private boolean timestamps;
  private int sackBlocks;
  private int sackOffset;
  private int tsVal;
  private int tsEcr;
  private @Nullable ByteBuffer fastOpenBytes;
  private int fastOpenAt;
  private int fastOpenLength;

  /**
   * Puts in place of what was parsed what the SYN said, as far as its cookie tells; the timestamps
   * stay, if the peer may use them.
   */
  void restoreSyn(
      final int synMss, final int synShift, final boolean synSack, final boolean usesTimestamps) {
    mss = synMss;
    windowShift = synShift;
    sackPermitted = synSack;
    timestamps = usesTimestamps;
  }

  /** The peer's MSS in bytes, or 0 when it sent none. */
  int mss() {
    return mss;
  }

  /** The peer's shift count, 0..14, or {@link #ABSENT}. */
  int windowShift() {
    return windowShift;
  }

  /** SACK-permitted, which only a SYN carries. */
  boolean isSackPermitted() {
    return sackPermitted;
  }

  boolean hasTimestamps() {
    return timestamps;
  }

  /** SACK blocks, eight bytes each: the left edge and what follows the last byte (RFC 2018 3). */
  int sackBlocks() {
    return sackBlocks;
  }

  /** Where the first of them stands. */
  int sackOffset() {
    return sackOffset;
  }

  /** TSval, of a list that {@link #hasTimestamps}. */
  int tsVal() {
    return tsVal;
  }

  /** TSecr, of a list that {@link #hasTimestamps}; means something when the segment has an ACK. */
  int tsEcr() {
    return tsEcr;
  }

  /** The fast open cookie of a SYN or SYN-ACK, or null; only as long as the segment is there. */
  @Nullable FastOpenCookie fastOpen() {
    return fastOpenBytes == null
        ? null
        : FastOpenCookie.read(fastOpenBytes, fastOpenAt, fastOpenLength);
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
    sackPermitted = false;
    timestamps = false;
    sackBlocks = 0;
    fastOpenBytes = null;
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
      } else if (kind == SACK_PERMITTED && length == 2) {
        sackPermitted = true;
      } else if (kind == SACK && (length & (BLOCK_LENGTH_BYTES - 1)) == 2) {
        sackBlocks = length / BLOCK_LENGTH_BYTES;
        sackOffset = at + 2;
      } else if (kind == TIMESTAMPS && length == 10) {
        readTimestamps(bytes, at + 2);
      } else if (kind == FAST_OPEN && FastOpenCookie.isLength(length - 2)) {
        fastOpenBytes = bytes;
        fastOpenAt = at + 2;
        fastOpenLength = length - 2;
      }
      at += length;
    }
    return true;
  }

  private void readTimestamps(final ByteBuffer bytes, final int at) {
    timestamps = true;
    final long both = bytes.getLong(at);
    tsVal = (int) (both >>> 32);
    tsEcr = (int) both;
  }

  /** The MSS option; returns bytes written. */
  static int writeMss(final ByteBuffer bytes, final int offset, final int ourMss) {
    bytes.putInt(offset, (MSS << 24) | (4 << 16) | ourMss);
    return MSS_LENGTH_BYTES;
  }

  /**
   * How many blocks of SACK a segment has room for.
   *
   * @param others bytes of its other options
   * @param room bytes that the segment's payload leaves for options
   */
  static int sackBlocksThatFit(final int others, final int room) {
    return Math.max(0, (Math.min(MAX_LENGTH_BYTES - others, room) - WORD_BYTES))
        / BLOCK_LENGTH_BYTES;
  }

  /** What {@link #writeSack} writes for so many blocks. */
  static int sackLengthBytes(final int blocks) {
    return WORD_BYTES + BLOCK_LENGTH_BYTES * blocks;
  }

  /** The blocks behind two NOPs (RFC 2018 3). */
  static void writeSack(final ByteBuffer bytes, final int offset, final SackBlocks blocks) {
    final int count = blocks.count();
    final int length = 2 + BLOCK_LENGTH_BYTES * count;
    bytes.putInt(offset, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK << 8) | length);
    for (int i = 0; i < count; i++) {
      bytes.putInt(offset + WORD_BYTES + BLOCK_LENGTH_BYTES * i, blocks.start(i));
      bytes.putInt(offset + 2 * WORD_BYTES + BLOCK_LENGTH_BYTES * i, blocks.end(i));
    }
  }

  /** SACK-permitted by itself, behind two NOPs; returns bytes written. */
  static int writeSackPermitted(final ByteBuffer bytes, final int offset) {
    bytes.putInt(offset, (NO_OPERATION << 24) | (NO_OPERATION << 16) | (SACK_PERMITTED << 8) | 2);
    return SACK_PERMITTED_LENGTH_BYTES;
  }

  /** SACK-permitted in the place of the two NOPs before the timestamps, as Linux has it. */
  static void writeSackPermittedBeforeTimestamps(final ByteBuffer bytes, final int offset) {
    bytes.putShort(offset, (short) ((SACK_PERMITTED << 8) | 2));
  }

  /** The window scale option behind a NOP; returns bytes written. */
  static int writeWindowScale(final ByteBuffer bytes, final int offset, final int ourShift) {
    bytes.putInt(offset, (NO_OPERATION << 24) | (WINDOW_SCALE << 16) | (3 << 8) | ourShift);
    return WINDOW_SCALE_LENGTH_BYTES;
  }

  /** What {@link #writeFastOpen} writes. */
  static int fastOpenLengthBytes(final FastOpenCookie cookie) {
    return (2 + cookie.lengthBytes() + WORD_BYTES - 1) & -WORD_BYTES;
  }

  /** The fast open cookie, or the request for one, before NOPs (RFC 7413 4.1.1). */
  static void writeFastOpen(final ByteBuffer bytes, final int offset, final FastOpenCookie cookie) {
    bytes.put(offset, (byte) FAST_OPEN);
    bytes.put(offset + 1, (byte) (2 + cookie.lengthBytes()));
    cookie.write(bytes, offset + 2);
    for (int at = 2 + cookie.lengthBytes(); at < fastOpenLengthBytes(cookie); at++) {
      bytes.put(offset + at, (byte) NO_OPERATION);
    }
  }

  /** The timestamps option behind two NOPs; returns bytes written. */
  static int writeTimestamps(
      final ByteBuffer bytes, final int offset, final int value, final int echo) {
    bytes.putInt(offset, TIMESTAMPS_ALONE);
    bytes.putLong(offset + 4, ((long) value << 32) | (echo & 0xFFFF_FFFFL));
    return TIMESTAMPS_LENGTH_BYTES;
  }
}
