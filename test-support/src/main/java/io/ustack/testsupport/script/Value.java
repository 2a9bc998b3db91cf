package io.ustack.testsupport.script;

import io.ustack.ipv4.Ipv4Address;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An argument or a result of a call, as it is written. */
sealed interface Value {

  /** Of sockaddr_in, pollfd and epoll_event. */
  Set<String> FIELDS =
      Set.of("sa_family", "sin_family", "sin_port", "sin_addr", "fd", "events", "revents", "data");

  /** A number, a symbol, or several of them with {@code |}. */
  record Int(long value) implements Value {}

  /** {@code ...}: whatever fits. */
  record Any() implements Value {}

  /** {@code "text"}. */
  record Text(String text) implements Value {}

  /** {@code [a, b]}. */
  record Array(List<Value> elements) implements Value {}

  /** <code>{name = value, ...}</code>; elements without a name are numbered. */
  record Struct(Map<String, Value> fields) implements Value {}

  /** Reads one value. */
  static Value read(final Cursor cursor) {
    if (cursor.accept("...")) {
      return new Any();
    }
    cursor.down();
    final Value value = readNested(cursor);
    cursor.up();
    return value;
  }

  private static Value readNested(final Cursor cursor) {
    return switch (cursor.peek()) {
      case '"' -> {
        cursor.expect("\"");
        yield new Text(
            cursor.until("\"").replace("\\r", "\r").replace("\\n", "\n").replace("\\0", "\0"));
      }
      case '[' -> {
        cursor.expect("[");
        yield new Array(list(cursor, "]"));
      }
      case '{' -> struct(cursor);
      default -> new Int(sum(cursor));
    };
  }

  /** Values with commas between, up to {@code end}, which is stepped over. */
  static List<Value> list(final Cursor cursor, final String end) {
    final List<Value> values = new ArrayList<>();
    while (!cursor.accept(end)) {
      if (!values.isEmpty()) {
        cursor.expect(",");
      }
      values.add(read(cursor));
    }
    return values;
  }

  private static Value struct(final Cursor cursor) {
    final Map<String, Value> fields = new LinkedHashMap<>();
    cursor.expect("{");
    while (!cursor.accept("}")) {
      if (!fields.isEmpty()) {
        cursor.expect(",");
      }
      final Cursor before = new Cursor(cursor.rest());
      final String name = before.word();
      if (!name.isEmpty() && !Character.isDigit(name.charAt(0)) && before.accept("=")) {
        cursor.word();
        cursor.expect("=");
        if (!FIELDS.contains(name) || fields.containsKey(name)) {
          throw cursor.error(
              (FIELDS.contains(name) ? "twice: '" : "no such field: '") + name + "'");
        }
        fields.put(name, read(cursor));
      } else {
        fields.put(Integer.toString(fields.size()), read(cursor));
      }
    }
    return new Struct(fields);
  }

  private static long sum(final Cursor cursor) {
    long value = 0;
    do {
      value |= term(cursor);
    } while (cursor.accept("|"));
    return value;
  }

  private static long term(final Cursor cursor) {
    final char first = cursor.peek();
    if (first == '-' || Character.isDigit(first)) {
      return cursor.number(Bounds.INTEGER);
    }
    final String word = cursor.word();
    if (word.isEmpty()) {
      throw cursor.error("expected a value");
    }
    if (!cursor.accept("(")) {
      return Symbols.value(word);
    }
    final Value inner = read(cursor);
    cursor.expect(")");
    return converted(word, inner);
  }

  /** htons(8080) is 8080: ports are plain numbers here. inet_addr("1.2.3.4") is the address. */
  private static long converted(final String function, final Value value) {
    if (function.equals("inet_addr") && value instanceof Text address) {
      try {
        return Ipv4Address.parse(address.text());
      } catch (final IllegalArgumentException e) {
        throw new ScriptFailure("'" + address.text() + "' is no address");
      }
    }
    if (function.equals("htons") && value instanceof Int number) {
      return Bounds.PORT.check(number.value());
    }
    throw new ScriptFailure("not understood: " + function + " of " + value);
  }
}
