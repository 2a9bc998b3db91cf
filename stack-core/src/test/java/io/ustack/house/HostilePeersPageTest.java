package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.Counter;
import io.ustack.counter.DropReason;
import io.ustack.tcp.TcpConfig;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/hostile-peers.md names only what there is. */
class HostilePeersPageTest {
  private static final Path ROOT = Path.of(System.getProperty("ustack.root", ".."));
  private static final Path PAGE = ROOT.resolve("docs/hostile-peers.md");
  private static final Pattern NAME =
      Pattern.compile("`([A-Z][A-Za-z0-9]+)(?:\\.([A-Za-z][A-Za-z0-9_]+))?`");
  private static final Pattern LIMIT = Pattern.compile("`([a-z][A-Za-z0-9]+|TCP_[A-Z_]+)`");

  @Test
  void everyClassConstantAndTestNamedExists() throws IOException {
    final Map<String, String> sources = sources();
    final TreeSet<String> missing = new TreeSet<>();
    int tests = 0;
    final Matcher names = NAME.matcher(Files.readString(PAGE));
    while (names.find()) {
      final String source = sources.get(names.group(1));
      final String member = names.group(2);
      if (source == null || (member != null && !source.matches("(?s).*\\b" + member + "\\b.*"))) {
        missing.add(names.group());
      }
      tests += names.group(1).endsWith("Test") ? 1 : 0;
    }
    assertEquals(Set.of(), missing, "named and not there");
    assertTrue(tests > 40, "the tables are read");
  }

  /** The limits are components of the configuration, the counters are counted. */
  @Test
  void everyLimitAndCounterNamedExists() throws IOException {
    final TreeSet<String> known = new TreeSet<>();
    for (final RecordComponent component : TcpConfig.class.getRecordComponents()) {
      known.add(component.getName());
    }
    for (final Counter counter : Counter.values()) {
      known.add(counter.name());
    }
    for (final DropReason reason : DropReason.values()) {
      known.add(reason.name());
    }
    final TreeSet<String> named = new TreeSet<>();
    final Matcher names = LIMIT.matcher(Files.readString(PAGE));
    while (names.find()) {
      named.add(names.group(1));
    }
    assertTrue(named.size() > 30, "the tables are read");
    named.removeAll(known);
    assertEquals(Set.of(), named, "named and not there");
  }

  private static Map<String, String> sources() throws IOException {
    final Map<String, String> sources = new HashMap<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve("stack-core/src"))) {
      for (final Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        final String name = file.getFileName().toString();
        sources.merge(name.substring(0, name.length() - 5), Files.readString(file), String::concat);
      }
    }
    return sources;
  }
}
