package io.ustack.testsupport.script;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Text to steps and settings. An event begins on a line of its own, with a time, {@code --}, a
 * backtick or <code>%{</code>; lines that begin with anything else go on with the one before.
 */
final class ScriptParser {
  /** RFC 792, and what packetdrill calls them. */
  private static final Map<String, int[]> UNREACHABLE =
      Map.of(
          "net_unreachable", new int[] {3, 0},
          "host_unreachable", new int[] {3, 1},
          "protocol_unreachable", new int[] {3, 2},
          "port_unreachable", new int[] {3, 3},
          "frag_needed", new int[] {3, 4},
          "source_route_failed", new int[] {3, 5},
          "net_unknown", new int[] {3, 6},
          "host_unknown", new int[] {3, 7},
          "admin_prohibited", new int[] {3, 13});

  private final String name;
  private final @Nullable Path directory;
  private final ScriptSettings settings;
  private final List<Step> steps = new ArrayList<>();

  /**
   * Reads into {@code settings}.
   *
   * @param directory where {@code --include} starts from; null when nothing can be included
   */
  ScriptParser(final String name, final @Nullable Path directory, final ScriptSettings settings) {
    this.name = name;
    this.directory = directory;
    this.settings = settings;
  }

  List<Step> steps() {
    return steps;
  }

  void parse(final String text) {
    final String[] lines = text.replaceAll("(?s)/\\*.*?\\*/", "").split("\n", -1);
    int at = 0;
    while (at < lines.length) {
      final String first = withoutComment(lines[at]);
      final int line = at + 1;
      at++;
      if (first.isEmpty()) {
        continue;
      }
      final StringBuilder whole = new StringBuilder(first);
      final String closing = closing(first);
      while (at < lines.length
          && (closing.isEmpty() ? goesOn(lines[at]) : whole.indexOf(closing, 2) < 0)) {
        whole.append(closing.isEmpty() ? ' ' : '\n').append(withoutComment(lines[at]));
        at++;
      }
      final String event = whole.toString().strip();
      try {
        event(line, event);
      } catch (final ScriptFailure e) {
        throw e.at(name, line, event);
      }
    }
  }

  private static String closing(final String first) {
    if (first.startsWith("`")) {
      return "`";
    }
    return first.contains("%{") ? "}%" : "";
  }

  private static boolean goesOn(final String line) {
    final String text = withoutComment(line);
    return text.isEmpty() || !text.matches("(?s)^(\\+|\\.?\\d|\\*|`|%\\{|--).*");
  }

  private static String withoutComment(final String line) {
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      final char c = line.charAt(i);
      quoted ^= c == '"';
      if (!quoted && (c == '#' || line.startsWith("//", i))) {
        return line.substring(0, i).strip();
      }
    }
    return line.strip();
  }

  private void event(final int line, final String text) {
    if (text.startsWith("`")) {
      settings.commands(text.substring(1, text.length() - 1));
    } else if (text.startsWith("--")) {
      option(text.substring(2));
    } else {
      final Cursor cursor = new Cursor(text);
      final When when = When.read(cursor);
      if (cursor.accept("`")) {
        settings.commands(cursor.until("`"));
        return;
      }
      steps.add(new Step(name, line, text, when, event(cursor)));
    }
  }

  private void option(final String text) {
    final int equals = text.indexOf('=');
    if (equals < 0) {
      throw new ScriptFailure("not --name=value");
    }
    final String value = text.substring(equals + 1).strip();
    if (text.startsWith("include=")) {
      include(value);
    } else {
      settings.option(text.substring(0, equals), value);
    }
  }

  private void include(final String file) {
    if (directory == null) {
      throw new ScriptFailure("a script without a file includes none");
    }
    final Path path = directory.resolve(file).normalize();
    final ScriptParser other = new ScriptParser(file, path.getParent(), settings);
    try {
      other.parse(Files.readString(path));
    } catch (final IOException e) {
      throw new ScriptFailure("can't be included: " + e);
    }
    steps.addAll(other.steps);
  }

  private static Step.Event event(final Cursor cursor) {
    if (cursor.accept("<")) {
      return cursor.acceptWord("icmp") ? icmp(cursor) : new Step.Inbound(Segment.read(cursor));
    }
    if (cursor.accept(">")) {
      return new Step.Outbound(Segment.read(cursor));
    }
    if (cursor.accept("%{")) {
      return new Step.Check(assertions(cursor.until("}%")));
    }
    return call(cursor);
  }

  private static Step.Event icmp(final Cursor cursor) {
    cursor.expect("unreachable");
    final String kind = cursor.word();
    final int[] typeAndCode = UNREACHABLE.get(kind);
    if (typeAndCode == null) {
      throw cursor.error("no such ICMP error: '" + kind + "'");
    }
    final int mtu = cursor.acceptWord("mtu") ? (int) cursor.number() : 0;
    cursor.expect("[");
    final long[] range = Segment.range(cursor);
    cursor.expect("]");
    final Segment quoted =
        new Segment(Segment.UNSAID, 0, range[0], (int) range[1], 0, Segment.UNSAID, 0, List.of());
    return new Step.IcmpInbound(typeAndCode[0], typeAndCode[1], mtu, quoted);
  }

  private static List<String> assertions(final String text) {
    final List<String> assertions = new ArrayList<>();
    for (final String line : text.split("[;\n]", -1)) {
      final String assertion = line.strip();
      if (assertion.startsWith("assert")) {
        assertions.add(assertion.substring("assert".length()).strip());
      } else if (!assertion.isEmpty()) {
        throw new ScriptFailure("nothing but 'assert' is understood: " + assertion);
      }
    }
    return assertions;
  }

  private static Step.Event call(final Cursor cursor) {
    final String function = cursor.word();
    if (function.isEmpty()) {
      throw cursor.error("expected '<', '>', '%{' or a call");
    }
    cursor.expect("(");
    final List<Value> arguments = Value.list(cursor, ")");
    Value result = null;
    String errno = "";
    if (cursor.accept("=")) {
      if (!cursor.accept("?")) {
        result = Value.read(cursor);
      }
      errno = cursor.word();
      if (!errno.isEmpty() && !Symbols.isKnown(errno)) {
        throw cursor.error("no such error: '" + errno + "'");
      }
      if (cursor.accept("(")) {
        cursor.until(")");
      }
    }
    if (!cursor.isAtEnd()) {
      throw cursor.error("a call ends before this");
    }
    return new Step.Call(function, arguments, result, errno);
  }
}
