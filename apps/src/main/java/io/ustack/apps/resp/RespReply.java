package io.ustack.apps.resp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Replies, one after the other, in a buffer that grows. */
final class RespReply {
  private static final int USUAL_BYTES = 1 << 16;

  /** What redis calls the output buffer's limit: a reply that is longer ends the connection. */
  static final int MOST_BYTES = 64 << 20;

  private byte[] buffer = new byte[USUAL_BYTES];
  private int length;

  void simple(final String text) {
    line('+', text);
  }

  void error(final String text) {
    // A line break would end the reply early.
    line('-', text.replaceAll("[\r\n]", " "));
  }

  void integer(final long value) {
    line(':', Long.toString(value));
  }

  void bulk(final byte[] value) {
    line('$', Integer.toString(value.length));
    append(value);
    end();
  }

  void bulk(final String value) {
    bulk(value.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** There is no such value. */
  void nothing() {
    line('$', "-1");
  }

  /** There is no such list. */
  void noArray() {
    line('*', "-1");
  }

  /** {@code count} replies that follow belong together. */
  void array(final int count) {
    line('*', Integer.toString(count));
  }

  private void line(final char mark, final String text) {
    room(1);
    buffer[length++] = (byte) mark;
    append(text.getBytes(StandardCharsets.ISO_8859_1));
    end();
  }

  private void end() {
    room(2);
    buffer[length++] = '\r';
    buffer[length++] = '\n';
  }

  private void append(final byte[] bytes) {
    room(bytes.length);
    System.arraycopy(bytes, 0, buffer, length, bytes.length);
    length += bytes.length;
  }

  private void room(final int count) {
    if (count > MOST_BYTES - length) {
      throw RespException.outOfMemory();
    }
    if (count > buffer.length - length) {
      buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, length + count));
    }
  }

  byte[] buffer() {
    return buffer;
  }

  int length() {
    return length;
  }

  /** Forgets what was written behind {@code mark}. */
  void cut(final int mark) {
    length = mark;
  }

  /** Ready for the next peer; a buffer that has grown is not kept. */
  void clear() {
    length = 0;
    if (buffer.length > USUAL_BYTES) {
      buffer = new byte[USUAL_BYTES];
    }
  }
}
