package io.ustack.apps.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The path of a request target, decoded (RFC 3986 2.1, RFC 9112 3.2).
 *
 * @param segments names between the slashes, none of them empty, {@code .} or {@code ..}, none with
 *     a slash, backslash or control character in it
 * @param directory whether the path ends in a slash
 */
record RequestTarget(List<String> segments, boolean directory) {

  /**
   * Decodes {@code /a%20b/?query}, or the same behind {@code http://host}.
   *
   * @return null when it is not a path that could name something here; decoding happens once, so
   *     what looks like an escape afterwards is a name
   */
  static @Nullable RequestTarget parse(final String target) {
    final int from = pathStart(target);
    if (from < 0 || target.indexOf('#') >= 0) {
      return null;
    }
    final int query = target.indexOf('?', from);
    final String path = target.substring(from, query < 0 ? target.length() : query);
    if (!path.startsWith("/")) {
      return path.isEmpty() && from > 0 ? new RequestTarget(List.of(), true) : null;
    }
    final List<String> segments = new ArrayList<>();
    for (final String encoded : path.split("/", -1)) {
      final String name = decode(encoded);
      if (name == null || !isName(name)) {
        return null;
      }
      if (!name.isEmpty()) {
        segments.add(name);
      }
    }
    return new RequestTarget(segments, path.endsWith("/"));
  }

  /** Where the path begins: RFC 9112 3.2.2 wants the absolute form understood too. */
  private static int pathStart(final String target) {
    if (target.startsWith("/")) {
      return 0;
    }
    final int scheme = target.indexOf("://");
    if (scheme <= 0 || !target.substring(0, scheme).matches("(?i)https?")) {
      return -1;
    }
    for (int i = scheme + 3; i < target.length(); i++) {
      final char c = target.charAt(i);
      if (c == '/' || c == '?') {
        return i;
      }
    }
    return target.length();
  }

  private static boolean isName(final String name) {
    return !name.equals(".")
        && !name.equals("..")
        && name.chars().noneMatch(c -> c < ' ' || c == 0x7F || c == '/' || c == '\\');
  }

  private static @Nullable String decode(final String encoded) {
    if (encoded.indexOf('%') < 0) {
      return encoded;
    }
    final ByteBuffer bytes = ByteBuffer.allocate(encoded.length());
    for (int i = 0; i < encoded.length(); i++) {
      final char c = encoded.charAt(i);
      if (c != '%') {
        bytes.put((byte) c);
        continue;
      }
      final int value =
          i + 2 < encoded.length() ? hexPair(encoded.charAt(i + 1), encoded.charAt(i + 2)) : -1;
      if (value < 0) {
        return null;
      }
      bytes.put((byte) value);
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (final CharacterCodingException e) {
      return null;
    }
  }

  private static int hexPair(final char high, final char low) {
    // HexFormat, not Character.digit: only ASCII digits count.
    return HexFormat.isHexDigit(high) && HexFormat.isHexDigit(low)
        ? HexFormat.fromHexDigit(high) << 4 | HexFormat.fromHexDigit(low)
        : -1;
  }

  /** The path as a URL writes it, encoded again, with a slash at the end. */
  String asDirectory() {
    final StringBuilder url = new StringBuilder("/");
    for (final String segment : segments) {
      url.append(encode(segment)).append('/');
    }
    return url.toString();
  }

  /**
   * One segment as a URL writes it: everything but unreserved characters (RFC 3986 2.3) is escaped.
   */
  static String encode(final String segment) {
    final StringBuilder url = new StringBuilder();
    for (final byte b : segment.getBytes(StandardCharsets.UTF_8)) {
      final char c = (char) (b & 0xFF);
      if ((c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || (c >= '0' && c <= '9')
          || "-._~".indexOf(c) >= 0) {
        url.append(c);
      } else {
        url.append('%')
            .append(Character.forDigit(c >> 4, 16))
            .append(Character.forDigit(c & 15, 16));
      }
    }
    return url.toString();
  }
}
