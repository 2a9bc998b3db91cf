package io.ustack.apps.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A line of {@code name=value}, which is how the bench and the processes that it starts speak. A
 * name that the reader does not know is passed over, and one that is missing is 0 or empty, so that
 * two builds understand each other.
 */
final class Fields {
  private final Map<String, String> values = new LinkedHashMap<>();

  /** Reads a line; words without {@code =} are passed over. */
  static Fields parse(final String line) {
    final Fields fields = new Fields();
    for (final String word : line.split(" ", -1)) {
      final int equals = word.indexOf('=');
      if (equals > 0) {
        fields.values.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return fields;
  }

  /** Adds one; blanks in the value become underscores. */
  Fields with(final String name, final Object value) {
    values.put(name, value.toString().replace(' ', '_'));
    return this;
  }

  /** Adds all of the others. */
  Fields with(final Fields others) {
    values.putAll(others.values);
    return this;
  }

  /** A number; 0 without it. */
  long number(final String name) {
    return Long.parseLong(values.getOrDefault(name, "0"));
  }

  /** A word; empty without it. */
  String text(final String name) {
    return values.getOrDefault(name, "");
  }

  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(" "));
  }
}
