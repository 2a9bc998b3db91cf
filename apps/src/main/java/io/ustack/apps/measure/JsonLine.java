package io.ustack.apps.measure;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** One JSON object (RFC 8259) on one line, member by member. */
public final class JsonLine {
  private final StringBuilder text = new StringBuilder("{");

  private JsonLine raw(final String name, final String value) {
    text.append(text.length() > 1 ? "," : "").append(quoted(name)).append(':').append(value);
    return this;
  }

  /** A string; null stands for none. */
  public JsonLine text(final String name, final @Nullable String value) {
    return raw(name, value == null ? "null" : quoted(value));
  }

  /** A number with so many digits behind the point; one that JSON can't say is null. */
  public JsonLine number(final String name, final double value, final int digits) {
    return raw(name, number(value, digits));
  }

  public JsonLine whole(final String name, final long value) {
    return raw(name, Long.toString(value));
  }

  public JsonLine none(final String name) {
    return raw(name, "null");
  }

  public JsonLine flag(final String name, final boolean value) {
    return raw(name, Boolean.toString(value));
  }

  public JsonLine pair(
      final String name, final double first, final double second, final int digits) {
    return raw(name, "[" + number(first, digits) + "," + number(second, digits) + "]");
  }

  public JsonLine texts(final String name, final Collection<String> values) {
    return raw(
        name, values.stream().map(JsonLine::quoted).collect(Collectors.joining(",", "[", "]")));
  }

  /** An object of numbers. */
  public JsonLine numbers(final String name, final Map<String, Double> values, final int digits) {
    return raw(
        name,
        values.entrySet().stream()
            .map(entry -> quoted(entry.getKey()) + ":" + number(entry.getValue(), digits))
            .collect(Collectors.joining(",", "{", "}")));
  }

  /** An object of objects. */
  public JsonLine objects(final String name, final Map<String, JsonLine> values) {
    return raw(
        name,
        values.entrySet().stream()
            .map(entry -> quoted(entry.getKey()) + ":" + entry.getValue())
            .collect(Collectors.joining(",", "{", "}")));
  }

  private static String number(final double value, final int digits) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%." + digits + "f", value) : "null";
  }

  private static String quoted(final String words) {
    final StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < words.length(); i++) {
      final char c = words.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }

  @Override
  public String toString() {
    return text + "}";
  }
}
