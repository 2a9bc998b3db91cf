package io.ustack.testsupport.script;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Text to steps and settings. An event begins on a line of its own, with a time, {@code --}, a
 * backtick or <code>%{</code>; lines that begin with anything else go on with the one before. A
 * time below 0 is none, but not the end of the line before either.
 */
final class ScriptParser {
  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/");

  private static final Pattern BEGINNING =
      Pattern.compile("(?s)^(\\+|\\.?\\d|\\*|`|%\\{|--|-\\.?\\d\\S*\\s+(<|>|`|%\\{|\\w+\\()).*");

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
  private final List<Path> files;
  private final ScriptSettings settings;
  private final List<Step> steps = new ArrayList<>();

  /**
   * Reads into {@code settings}.
   *
   * @param directory where {@code --include} starts from; null when nothing can be included
   * @param files what is being read: the script's own file and what includes it
   */
  ScriptParser(
      final String name,
      final @Nullable Path directory,
      final List<Path> files,
      final ScriptSettings settings) {
    this.name = name;
    this.directory = directory;
    this.files = files;
    this.settings = settings;
  }

  List<Step> steps() {
    return steps;
  }

  void parse(final String text) {
    final String[] lines = withoutBlocks(text).split("\n", -1);
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
        settings.at(name, line, event);
      } catch (final ScriptFailure e) {
        throw e.at(name, line, event);
      }
    }
  }

  /** Comments over several lines leave these behind, so that lines keep their numbers. */
  private static String withoutBlocks(final String text) {
    return COMMENT
        .matcher(text)
        .replaceAll(
            found -> "\n".repeat((int) found.group().chars().filter(c -> c == '\n').count()));
  }

  private static String closing(final String first) {
    if (first.startsWith("`")) {
      return "`";
    }
    return first.contains("%{") ? "}%" : "";
  }

  private static boolean goesOn(final String line) {
    final String text = withoutComment(line);
    return text.isEmpty() || !BEGINNING.matcher(text).matches();
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
      commands(new Cursor(text));
    } else if (text.startsWith("--")) {
      option(text.substring(2));
    } else {
      final Cursor cursor = new Cursor(text);
      final When when = When.read(cursor);
      if (cursor.peek() == '`') {
        commands(cursor);
        return;
      }
      steps.add(new Step(name, line, text, when, event(cursor)));
    }
  }

  private void commands(final Cursor cursor) {
    cursor.expect("`");
    settings.commands(cursor.until("`"));
    if (!cursor.isAtEnd()) {
      throw cursor.error("a command ends before this");
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
    try {
      final Path path = directory.resolve(file).toRealPath();
      if (files.contains(path)) {
        throw new ScriptFailure("it includes itself");
      }
      final List<Path> inside = new ArrayList<>(files);
      inside.add(path);
      final ScriptParser other = new ScriptParser(file, path.getParent(), inside, settings);
      other.parse(ScriptText.read(path, file));
      steps.addAll(other.steps);
    } catch (final IOException | InvalidPathException e) {
      throw new ScriptFailure("can't be included: " + e);
    }
  }

  private static Step.Event event(final Cursor cursor) {
    if (cursor.accept("<")) {
      return cursor.acceptWord("icmp") ? icmp(cursor) : new Step.Inbound(Segment.read(cursor));
    }
    if (cursor.accept(">")) {
      return new Step.Outbound(Segment.read(cursor));
    }
    if (cursor.accept("%{")) {
      final Step.Check check = new Step.Check(assertions(cursor.until("}%")));
      if (!cursor.isAtEnd()) {
        throw cursor.error("an assert ends before this");
      }
      return check;
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
    final int mtu = cursor.acceptWord("mtu") ? (int) cursor.number(Bounds.HOP_MTU) : 0;
    cursor.expect("[");
    final long[] range = Segment.range(cursor);
    cursor.expect("]");
    if (!cursor.isAtEnd()) {
      throw cursor.error("an ICMP error ends before this");
    }
    final Segment quoted =
        new Segment(Segment.UNSAID, 0, range[0], (int) range[1], 0, Segment.UNSAID, 0, List.of());
    return new Step.IcmpInbound(typeAndCode[0], typeAndCode[1], mtu, quoted);
  }

  private static List<String> assertions(final String text) {
    final List<String> assertions = new ArrayList<>();
    for (final String line : text.split("[;\n]", -1)) {
      final Cursor assertion = new Cursor(line);
      if (assertion.acceptWord("assert")) {
        assertions.add(assertion.rest());
      } else if (!assertion.isAtEnd()) {
        throw new ScriptFailure("nothing but 'assert' is understood: " + line.strip());
      }
    }
    if (assertions.isEmpty()) {
      throw new ScriptFailure("nothing is asserted");
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
    SystemCalls.require(function, arguments.size());
    cursor.expect("=");
    final Value result = cursor.accept("?") ? null : Value.read(cursor);
    final String errno = cursor.word();
    if (!errno.isEmpty() && !Symbols.isKnown(errno)) {
      throw cursor.error("no such error: '" + errno + "'");
    }
    if (cursor.accept("(")) {
      cursor.until(")");
    }
    if (!cursor.isAtEnd()) {
      throw cursor.error("a call ends before this");
    }
    return new Step.Call(function, arguments, result, errno);
  }
}
