package io.ustack.apps.http;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The head of one request (RFC 9112 2 to 5), parsed in place: it names ranges of the bytes that it
 * was parsed from and allocates nothing until a text is asked for. Reused from request to request.
 */
final class RequestHead {
  /** What {@link #parse} returns when the head is good. */
  static final int OK = 0;

  private static final byte[] HOST = ascii("host");
  private static final byte[] CONNECTION = ascii("connection");
  private static final byte[] CONTENT_LENGTH = ascii("content-length");
  private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding");
  private static final byte[] RANGE = ascii("range");
  private static final byte[] IF_RANGE = ascii("if-range");
  private static final byte[] IF_MODIFIED_SINCE = ascii("if-modified-since");
  private static final byte[] CLOSE = ascii("close");
  private static final byte[] KEEP_ALIVE = ascii("keep-alive");
  private static final byte[] GET = ascii("GET");
  private static final byte[] HEAD = ascii("HEAD");
  private static final byte[] VERSION = ascii("HTTP/");

  /** A field that the request did not have. */
  private static final long ABSENT = -1;

  private byte[] bytes = new byte[0];
  private boolean get;
  private boolean head;
  private int minorVersion;
  private int targetFrom;
  private int targetTo;
  private boolean keepAlive;
  private boolean closeAsked;
  private boolean keepAliveAsked;
  private boolean hasLength;
  private boolean hasBody;
  private boolean hasCoding;
  private int hosts;
  private long range;
  private long ifRange;
  private long ifModifiedSince;

  /**
   * Looks for the end of a head.
   *
   * @param from where the request begins
   * @param scanned up to where an earlier call has looked in vain; {@code from} at first
   * @param to end of the bytes received
   * @return the length of the head with its blank line, or 0 while it is incomplete
   */
  static int length(final byte[] bytes, final int from, final int scanned, final int to) {
    for (int i = Math.max(from, scanned - 2); i < to; i++) {
      // RFC 9112 2.2: a lone LF may be taken for a line's end; people type requests.
      if (bytes[i] == '\n') {
        final int next = i + 1 < to && bytes[i + 1] == '\r' ? i + 2 : i + 1;
        if (next < to && bytes[next] == '\n') {
          return next + 1 - from;
        }
      }
    }
    return 0;
  }

  /**
   * How many bytes of empty lines stand in front of a request; RFC 9112 2.2 says to ignore them.
   */
  static int emptyLines(final byte[] bytes, final int from, final int to) {
    int at = from;
    while (at < to) {
      if (bytes[at] == '\n') {
        at++;
      } else if (bytes[at] == '\r' && at + 1 < to && bytes[at + 1] == '\n') {
        at += 2;
      } else {
        break;
      }
    }
    return at - from;
  }

  /**
   * Parses a complete head.
   *
   * @param source the bytes, which stay as they are while this request is looked at
   * @param length as {@link #length} found it
   * @return {@link #OK}, or the status to refuse the request with
   */
  int parse(final byte[] source, final int from, final int length) {
    bytes = source;
    closeAsked = false;
    keepAliveAsked = false;
    hasLength = false;
    hasBody = false;
    hasCoding = false;
    hosts = 0;
    range = ABSENT;
    ifRange = ABSENT;
    ifModifiedSince = ABSENT;
    final int end = from + length;
    int lineEnd = lineEnd(from);
    int status = requestLine(from, trimmed(from, lineEnd));
    int at = lineEnd + 1;
    while (status == OK && at < end) {
      lineEnd = lineEnd(at);
      final int to = trimmed(at, lineEnd);
      if (to == at) {
        break;
      }
      status = field(at, to);
      at = lineEnd + 1;
    }
    return status == OK ? conclude() : status;
  }

  private int conclude() {
    // RFC 9112 3.2: exactly one Host in HTTP/1.1.
    if (hosts > 1 || (hosts == 0 && minorVersion > 0)) {
      return 400;
    }
    // RFC 9112 6.1: both lengths at once is how requests are smuggled; HTTP/1.0 knows no coding.
    if (hasCoding && (hasLength || minorVersion == 0)) {
      return 400;
    }
    // Bodies are not read, so what follows one can't be found.
    keepAlive = !closeAsked && !hasBody && (minorVersion > 0 || keepAliveAsked);
    return OK;
  }

  private int requestLine(final int from, final int to) {
    final int methodEnd = tokenEnd(from, to);
    if (methodEnd == from || methodEnd == to || bytes[methodEnd] != ' ') {
      return 400;
    }
    get = equal(from, methodEnd, GET);
    head = equal(from, methodEnd, HEAD);
    targetFrom = methodEnd + 1;
    targetTo = targetFrom;
    while (targetTo < to && bytes[targetTo] > ' ' && bytes[targetTo] < 0x7F) {
      targetTo++;
    }
    if (targetTo == targetFrom || targetTo == to || bytes[targetTo] != ' ') {
      return 400;
    }
    return version(targetTo + 1, to);
  }

  private int version(final int from, final int to) {
    final int digits = from + VERSION.length;
    if (to - digits != 3
        || !equal(from, digits, VERSION)
        || !isDigit(bytes[digits])
        || bytes[digits + 1] != '.'
        || !isDigit(bytes[digits + 2])) {
      return 400;
    }
    minorVersion = bytes[digits + 2] - '0';
    return bytes[digits] == '1' ? OK : 505;
  }

  private int field(final int from, final int to) {
    final int nameEnd = tokenEnd(from, to);
    // RFC 9112 5.1, 5.2: no space before the colon, no folded lines.
    if (nameEnd == from || nameEnd == to || bytes[nameEnd] != ':') {
      return 400;
    }
    int valueFrom = nameEnd + 1;
    int valueTo = to;
    while (valueFrom < valueTo && isBlank(bytes[valueFrom])) {
      valueFrom++;
    }
    while (valueTo > valueFrom && isBlank(bytes[valueTo - 1])) {
      valueTo--;
    }
    for (int i = valueFrom; i < valueTo; i++) {
      final int c = bytes[i] & 0xFF;
      if ((c < ' ' && c != '\t') || c == 0x7F) {
        return 400;
      }
    }
    return known(from, nameEnd, valueFrom, valueTo);
  }

  private int known(final int from, final int to, final int valueFrom, final int valueTo) {
    final long value = (long) valueFrom << 32 | valueTo;
    if (same(from, to, HOST)) {
      hosts++;
    } else if (same(from, to, CONNECTION)) {
      connection(valueFrom, valueTo);
    } else if (same(from, to, CONTENT_LENGTH)) {
      return contentLength(valueFrom, valueTo);
    } else if (same(from, to, TRANSFER_ENCODING)) {
      hasCoding = true;
      hasBody = true;
    } else if (same(from, to, RANGE)) {
      range = value;
    } else if (same(from, to, IF_RANGE)) {
      ifRange = value;
    } else if (same(from, to, IF_MODIFIED_SINCE)) {
      ifModifiedSince = value;
    }
    return OK;
  }

  private int contentLength(final int from, final int to) {
    // RFC 9112 6.3: a length that is no number, or more than one of them, is an error.
    if (hasLength || from == to) {
      return 400;
    }
    hasLength = true;
    for (int i = from; i < to; i++) {
      if (!isDigit(bytes[i])) {
        return 400;
      }
      hasBody |= bytes[i] != '0';
    }
    return OK;
  }

  /** A list of tokens, RFC 9110 7.6.1. */
  private void connection(final int from, final int to) {
    int at = from;
    while (at < to) {
      final int end = tokenEnd(at, to);
      closeAsked |= same(at, end, CLOSE);
      keepAliveAsked |= same(at, end, KEEP_ALIVE);
      at = end + 1;
    }
  }

  boolean isGet() {
    return get;
  }

  boolean isHead() {
    return head;
  }

  /** HTTP/1.0, where a connection closes unless both sides say otherwise. */
  boolean isOld() {
    return minorVersion == 0;
  }

  /** Whether the peer may ask again on this connection. */
  boolean keepAlive() {
    return keepAlive;
  }

  /** The request target as it came: printable ASCII. */
  String target() {
    return text(targetFrom, targetTo);
  }

  /** Whether the target is, byte for byte, {@code other}. */
  boolean hasTarget(final byte[] other) {
    return equal(targetFrom, targetTo, other);
  }

  @Nullable String range() {
    return value(range);
  }

  @Nullable String ifRange() {
    return value(ifRange);
  }

  @Nullable String ifModifiedSince() {
    return value(ifModifiedSince);
  }

  /** Whether a field asks for something else than the whole thing. */
  boolean isConditional() {
    return range != ABSENT || ifModifiedSince != ABSENT;
  }

  private @Nullable String value(final long where) {
    return where == ABSENT ? null : text((int) (where >>> 32), (int) where);
  }

  private String text(final int from, final int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private int lineEnd(final int from) {
    int at = from;
    while (bytes[at] != '\n') {
      at++;
    }
    return at;
  }

  private int trimmed(final int from, final int lineEnd) {
    return lineEnd > from && bytes[lineEnd - 1] == '\r' ? lineEnd - 1 : lineEnd;
  }

  /** Where the token (RFC 9110 5.6.2) that begins at {@code from} ends. */
  private int tokenEnd(final int from, final int to) {
    int at = from;
    while (at < to && isTokenChar(bytes[at])) {
      at++;
    }
    return at;
  }

  private static boolean isTokenChar(final byte c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || isDigit(c)
        || (c > ' ' && "!#$%&'*+-.^_`|~".indexOf(c) >= 0);
  }

  private static boolean isDigit(final byte c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isBlank(final byte c) {
    return c == ' ' || c == '\t';
  }

  private boolean equal(final int from, final int to, final byte[] expected) {
    return java.util.Arrays.equals(bytes, from, to, expected, 0, expected.length);
  }

  /** Case does not matter; {@code lower} is in lower case. */
  private boolean same(final int from, final int to, final byte[] lower) {
    if (to - from != lower.length) {
      return false;
    }
    for (int i = 0; i < lower.length; i++) {
      final byte c = bytes[from + i];
      if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != lower[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] ascii(final String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
