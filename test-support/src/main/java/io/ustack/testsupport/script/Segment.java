package io.ustack.testsupport.script;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A segment as scripts write it: {@code [ect0] P. 1:1001(1000) ack 1 win 257 urg 5 <nop,nop,TS val
 * 1 ecr 2>}. Sequence numbers count from the initial one of their side.
 *
 * @param ecn the two bits of the IP header (RFC 3168 5); {@link #UNSAID}
 * @param flags as in the header
 * @param length bytes of payload
 * @param window as in the header; {@link #UNSAID}
 * @param urgent the urgent pointer
 * @param options null where they do not matter, {@code <...>}
 */
record Segment(
    int ecn,
    int flags,
    long seq,
    int length,
    long ack,
    int window,
    int urgent,
    @Nullable List<SegmentOption> options) {
  static final int UNSAID = -1;

  static final int FIN = 1;
  static final int SYN = 1 << 1;
  static final int RST = 1 << 2;
  static final int PSH = 1 << 3;
  static final int ACK = 1 << 4;
  static final int URG = 1 << 5;

  /** Their letters, from the lowest bit up. */
  private static final String FLAGS = "FSRP.UEW";

  private static final List<String> ECN = List.of("noecn", "ect1", "ect0", "ce");

  Segment {
    options = options == null ? null : List.copyOf(options);
  }

  boolean has(final int flag) {
    return (flags & flag) != 0;
  }

  /** Reads a segment up to the end of the text. */
  static Segment read(final Cursor cursor) {
    int ecn = UNSAID;
    if (cursor.accept("[")) {
      final String name = cursor.until("]");
      ecn = ECN.indexOf(name);
      if (ecn < 0) {
        throw cursor.error("no such ECN bits: [" + name + "]");
      }
    }
    final int flags = flags(cursor);
    final long[] range = range(cursor);
    final boolean acks = cursor.acceptWord("ack");
    if (acks != ((flags & ACK) != 0)) {
      throw cursor.error(acks ? "'ack' without the flag '.'" : "the flag '.' without 'ack'");
    }
    final long ack = acks ? cursor.number(Bounds.SEQUENCE) : 0;
    final int window = cursor.acceptWord("win") ? (int) cursor.number(Bounds.WINDOW) : UNSAID;
    final int urgent = cursor.acceptWord("urg") ? (int) cursor.number(Bounds.URGENT) : 0;
    List<SegmentOption> options = List.of();
    if (cursor.accept("<")) {
      final String list = cursor.until(">");
      options = list.strip().equals("...") ? null : SegmentOption.readAll(new Cursor(list.strip()));
    }
    if (!cursor.isAtEnd()) {
      throw cursor.error("a segment ends before this");
    }
    return new Segment(ecn, flags, range[0], (int) range[1], ack, window, urgent, options);
  }

  private static int flags(final Cursor cursor) {
    final String letters = cursor.token();
    if (letters.equals("-")) {
      return 0;
    }
    int flags = 0;
    for (int i = 0; i < letters.length(); i++) {
      final int bit = FLAGS.indexOf(letters.charAt(i));
      if (bit < 0) {
        throw cursor.error("no such flags: '" + letters + "'");
      }
      flags |= 1 << bit;
    }
    return flags;
  }

  /** {@code 1:1001(1000)}: the first and the length, which must fit the last. */
  static long[] range(final Cursor cursor) {
    final long first = cursor.number(Bounds.SEQUENCE);
    cursor.expect(":");
    final long end = cursor.number(Bounds.SEQUENCE);
    cursor.expect("(");
    final long length = cursor.number(Bounds.PAYLOAD);
    cursor.expect(")");
    if (((end - first) & 0xFFFF_FFFFL) != length) {
      throw cursor.error(first + ":" + end + " are not " + length + " bytes; before this,");
    }
    return new long[] {first, length};
  }

  @Override
  public String toString() {
    final StringBuilder text = new StringBuilder();
    if (ecn != UNSAID) {
      text.append('[').append(ECN.get(ecn)).append("] ");
    }
    for (int bit = 0; bit < FLAGS.length(); bit++) {
      if (((flags >>> bit) & 1) != 0) {
        text.append(FLAGS.charAt(bit));
      }
    }
    text.append(flags == 0 ? "- " : " ").append(seq).append(':');
    text.append((seq + length) & 0xFFFF_FFFFL).append('(').append(length).append(')');
    if (has(ACK)) {
      text.append(" ack ").append(ack);
    }
    if (window != UNSAID) {
      text.append(" win ").append(window);
    }
    if (urgent != 0) {
      text.append(" urg ").append(urgent);
    }
    if (options != null && !options.isEmpty()) {
      text.append(
          options.stream()
              .map(SegmentOption::toString)
              .collect(Collectors.joining(",", " <", ">")));
    }
    return text.toString();
  }
}
