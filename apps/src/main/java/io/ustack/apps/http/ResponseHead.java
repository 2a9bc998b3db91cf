package io.ustack.apps.http;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The head of one response as bytes, written front to back. Reused; allocates only when one is
 * longer than all before.
 */
final class ResponseHead {
  private static final int USUAL_BYTES = 512;
  private static final int MOST_DIGITS = 20;

  private byte[] bytes = new byte[USUAL_BYTES];
  private int length;

  /** Begins anew, with the status line. */
  ResponseHead status(final int status) {
    length = 0;
    return text("HTTP/1.1 ").number(status).text(" ").text(Status.reason(status)).text("\r\n");
  }

  ResponseHead field(final String name, final String value) {
    return text(name).text(": ").text(value).text("\r\n");
  }

  ResponseHead field(final String name, final long value) {
    return text(name).text(": ").number(value).text("\r\n");
  }

  /** Adds ASCII as it is. */
  ResponseHead text(final String ascii) {
    reserve(ascii.length());
    for (int i = 0; i < ascii.length(); i++) {
      bytes[length++] = (byte) ascii.charAt(i);
    }
    return this;
  }

  /** Adds a number, not negative, in decimal. */
  ResponseHead number(final long value) {
    reserve(MOST_DIGITS);
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    long rest = value;
    for (int i = digits - 1; i >= 0; i--) {
      bytes[length + i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
    return this;
  }

  /** The empty line. */
  void end() {
    text("\r\n");
  }

  int length() {
    return length;
  }

  void copy(final int from, final ByteBuffer target, final int at, final int count) {
    target.put(at, bytes, from, count);
  }

  private void reserve(final int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }
}
