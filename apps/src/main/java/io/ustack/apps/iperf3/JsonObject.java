package io.ustack.apps.iperf3;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object (RFC 8259) as iperf3 sends them: read whole, of bounded depth. Numbers are doubles,
 * which hold every count up to 2^53.
 */
final class JsonObject {
  private static final int MOST_DEPTH = 8;

  private final Map<String, Object> members;

  private JsonObject(final Map<String, Object> members) {
    this.members = members;
  }

  /**
   * Reads one object, and nothing behind it but blanks.
   *
   * @throws IllegalArgumentException when it is none
   */
  static JsonObject parse(final String text) {
    final Parser parser = new Parser(text);
    final Object value = parser.value(0);
    parser.end();
    if (!(value instanceof JsonObject object)) {
      throw new IllegalArgumentException("no object");
    }
    return object;
  }

  /** A number, cut to a long; {@code otherwise} when there is no such number. */
  long number(final String name, final long otherwise) {
    return members.get(name) instanceof Double number ? number.longValue() : otherwise;
  }

  /** Whether it is true, or a number that is not 0. */
  boolean flag(final String name) {
    final Object value = members.get(name);
    return Boolean.TRUE.equals(value) || (value instanceof Double number && number != 0);
  }

  boolean has(final String name) {
    return members.containsKey(name);
  }

  /** Null when there is no such string. */
  @Nullable String string(final String name) {
    return members.get(name) instanceof String string ? string : null;
  }

  /** The objects of an array; empty when there is no such array. */
  List<JsonObject> objects(final String name) {
    final List<JsonObject> objects = new ArrayList<>();
    if (members.get(name) instanceof List<?> list) {
      for (final Object element : list) {
        if (element instanceof JsonObject object) {
          objects.add(object);
        }
      }
    }
    return objects;
  }

  private static final class Parser {
    private static final Object NULL = new Object();

    private final String text;
    private int at;

    Parser(final String text) {
      this.text = text;
    }

    private IllegalArgumentException wrong(final String what) {
      return new IllegalArgumentException(what + " at " + at);
    }

    private char peek() {
      while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      if (at == text.length()) {
        throw wrong("ends early");
      }
      return text.charAt(at);
    }

    private void expect(final char wanted) {
      if (peek() != wanted) {
        throw wrong("no '" + wanted + "'");
      }
      at++;
    }

    private boolean skip(final char wanted) {
      final boolean there = peek() == wanted;
      at += there ? 1 : 0;
      return there;
    }

    void end() {
      if (!text.substring(at).isBlank()) {
        throw wrong("more than one value");
      }
    }

    Object value(final int depth) {
      if (depth == MOST_DEPTH) {
        throw wrong("too deep");
      }
      return switch (peek()) {
        case '{' -> object(depth);
        case '[' -> array(depth);
        case '"' -> string();
        case 't' -> word("true", true);
        case 'f' -> word("false", false);
        case 'n' -> word("null", NULL);
        default -> number();
      };
    }

    private JsonObject object(final int depth) {
      final Map<String, Object> members = new LinkedHashMap<>();
      expect('{');
      if (!skip('}')) {
        do {
          peek();
          final String name = string();
          expect(':');
          members.put(name, value(depth + 1));
        } while (skip(','));
        expect('}');
      }
      return new JsonObject(members);
    }

    private List<Object> array(final int depth) {
      final List<Object> elements = new ArrayList<>();
      expect('[');
      if (!skip(']')) {
        do {
          elements.add(value(depth + 1));
        } while (skip(','));
        expect(']');
      }
      return elements;
    }

    private Object word(final String word, final Object value) {
      if (!text.startsWith(word, at)) {
        throw wrong("no value");
      }
      at += word.length();
      return value;
    }

    private Double number() {
      final int from = at;
      while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      final String digits = text.substring(from, at);
      if (!digits.matches("-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")) {
        throw wrong("no value");
      }
      return Double.valueOf(digits);
    }

    private String string() {
      final StringBuilder string = new StringBuilder();
      if (text.charAt(at) != '"') {
        throw wrong("no string");
      }
      at++;
      while (at < text.length() && text.charAt(at) != '"') {
        final char next = text.charAt(at++);
        if (next < ' ') {
          throw wrong("a control character");
        }
        string.append(next == '\\' ? escaped() : next);
      }
      if (at == text.length()) {
        throw wrong("ends early");
      }
      at++;
      return string.toString();
    }

    private char escaped() {
      if (at == text.length()) {
        throw wrong("ends early");
      }
      final char kind = text.charAt(at++);
      final int plain = "\"\\/bfnrt".indexOf(kind);
      if (plain >= 0) {
        return "\"\\/\b\f\n\r\t".charAt(plain);
      }
      if (kind != 'u' || text.length() - at < 4) {
        throw wrong("no escape");
      }
      final String digits = text.substring(at, at + 4);
      if (!digits.matches("[0-9a-fA-F]{4}")) {
        throw wrong("no escape");
      }
      at += 4;
      return (char) Integer.parseInt(digits, 16);
    }
  }
}
