package io.ustack.apps.resp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * One command: its name and arguments, read out of a buffer. Made once, used for every command;
 * what it gives is valid until the next.
 */
final class RespRequest {
  /** Words of a command at most; the benchmark's longest has 21. */
  static final int MOST_WORDS = 1024;

  private static final int INCOMPLETE = -1;
  private static final int MOST_DIGITS = 10;

  private final int mostBytes;
  private final int[] starts = new int[MOST_WORDS];
  private final int[] lengths = new int[MOST_WORDS];
  private byte[] buffer = new byte[0];
  private int words;

  /** Where {@link #line} and {@link #number} have read up to. */
  private int at;

  private int end;

  /** Commands of {@code mostBytes} bytes at most. */
  RespRequest(final int mostBytes) {
    this.mostBytes = mostBytes;
  }

  /**
   * Reads a command. An empty line is one without words.
   *
   * @return the bytes that it takes, 0 when its end has not come yet
   * @throws RespException when this can't become a command
   */
  int read(final byte[] bytes, final int from, final int to) {
    buffer = bytes;
    at = from;
    end = to;
    words = 0;
    if (from == to) {
      return 0;
    }
    final boolean complete = bytes[from] == '*' ? readArray() : readLine();
    if (!complete && to - from >= mostBytes) {
      throw RespException.protocol("too big request");
    }
    return complete ? at - from : 0;
  }

  /** An array of bulk strings: what every client sends. */
  private boolean readArray() {
    final int count = number('*', MOST_WORDS, "invalid multibulk length");
    if (count == INCOMPLETE) {
      return false;
    }
    for (int i = 0; i < count; i++) {
      if (at == end) {
        return false;
      }
      if (buffer[at] != '$') {
        throw RespException.protocol("expected '$', got '" + (char) (buffer[at] & 0xFF) + "'");
      }
      final int length = number('$', mostBytes, "invalid bulk length");
      if (length == INCOMPLETE || end - at < length + 2) {
        return false;
      }
      starts[i] = at;
      lengths[i] = length;
      at += length + 2;
    }
    words = count;
    return true;
  }

  /** A line with a mark, a number up to {@code most} and nothing else. */
  private int number(final char mark, final int most, final String complaint) {
    final int lineEnd = line();
    if (lineEnd == INCOMPLETE) {
      if (end - at > MOST_DIGITS + 2) {
        throw RespException.protocol(complaint);
      }
      return INCOMPLETE;
    }
    final String digits = text(at + 1, lineEnd);
    if (buffer[at] != mark || !digits.matches("[0-9]{1," + (MOST_DIGITS - 1) + "}")) {
      throw RespException.protocol(complaint);
    }
    final int number = Integer.parseInt(digits);
    if (number > most) {
      throw RespException.protocol(complaint);
    }
    at = lineEnd + 2;
    return number;
  }

  /** Where the line at {@link #at} ends: at its CR. */
  private int line() {
    for (int i = at; i + 1 < end; i++) {
      if (buffer[i] == '\r' && buffer[i + 1] == '\n') {
        return i;
      }
    }
    return INCOMPLETE;
  }

  /** An inline command: words with spaces between them, as a person types. */
  private boolean readLine() {
    int newline = at;
    while (newline < end && buffer[newline] != '\n') {
      newline++;
    }
    if (newline == end) {
      return false;
    }
    int i = at;
    while (i < newline) {
      if (isSpace(buffer[i])) {
        i++;
        continue;
      }
      if (words == MOST_WORDS) {
        throw RespException.protocol("too big inline request");
      }
      starts[words] = i;
      while (i < newline && !isSpace(buffer[i])) {
        i++;
      }
      lengths[words] = i - starts[words];
      words++;
    }
    at = newline + 1;
    return true;
  }

  private static boolean isSpace(final byte character) {
    return character == ' ' || character == '\r' || character == '\t';
  }

  private String text(final int from, final int to) {
    return new String(buffer, from, to - from, StandardCharsets.ISO_8859_1);
  }

  // ---- The words

  /** The name and its arguments. */
  int words() {
    return words;
  }

  /** Of all words together. */
  int sizeBytes() {
    int sum = 0;
    for (int i = 0; i < words; i++) {
      sum += lengths[i];
    }
    return sum;
  }

  /** The name in small letters. */
  String name() {
    return text(0).toLowerCase(Locale.ROOT);
  }

  String text(final int word) {
    return text(starts[word], starts[word] + lengths[word]);
  }

  /** A copy. */
  byte[] bytes(final int word) {
    return Arrays.copyOfRange(buffer, starts[word], starts[word] + lengths[word]);
  }

  Bytes key(final int word) {
    return new Bytes(bytes(word));
  }

  /** A 64-bit integer, as Redis string2ll reads it. */
  long integer(final int word) {
    return parse(text(word));
  }

  /** The same of bytes that are stored. */
  static long integer(final byte[] value) {
    return parse(new String(value, StandardCharsets.ISO_8859_1));
  }

  private static long parse(final String text) {
    if (!text.matches("0|-?[1-9][0-9]{0,18}")) {
      throw RespException.error("value is not an integer or out of range");
    }
    try {
      return Long.parseLong(text);
    } catch (final NumberFormatException e) {
      throw RespException.error("value is not an integer or out of range");
    }
  }
}
