package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/rfc-coverage.md names only what there is. */
class RfcCoverageTest {
  private static final Path ROOT = Path.of(System.getProperty("ustack.root", ".."));
  private static final Pattern NAME =
      Pattern.compile("`([A-Z][A-Za-z0-9]+)(?:\\.([a-z][A-Za-z0-9]+))?`");

  private static final Path SCRIPTS = ROOT.resolve("test-support/src/test/resources/scripts");
  private static final Pattern SCRIPT = Pattern.compile("`scripts/([a-z0-9][a-z0-9./-]+)`");

  @Test
  void everyScriptNamedExists() throws IOException {
    final TreeSet<String> missing = new TreeSet<>();
    final Matcher names = SCRIPT.matcher(Files.readString(ROOT.resolve("docs/rfc-coverage.md")));
    int scripts = 0;
    while (names.find()) {
      scripts++;
      if (!Files.exists(SCRIPTS.resolve(names.group(1)))) {
        missing.add(names.group(1));
      }
    }
    assertEquals(List.of(), List.copyOf(missing), "named in docs/rfc-coverage.md and not there");
    assertTrue(scripts > 5, "the table is read");
  }

  @Test
  void everyClassAndTestNamedExists() throws IOException {
    final Map<String, String> sources = sources();
    final TreeSet<String> missing = new TreeSet<>();
    int tests = 0;
    final Matcher names = NAME.matcher(Files.readString(ROOT.resolve("docs/rfc-coverage.md")));
    while (names.find()) {
      final String source = sources.get(names.group(1));
      final String member = names.group(2);
      if (source == null || (member != null && !source.matches("(?s).*\\b" + member + "\\b.*"))) {
        missing.add(names.group());
      }
      tests += names.group(1).endsWith("Test") ? 1 : 0;
    }
    assertEquals(List.of(), List.copyOf(missing), "named in docs/rfc-coverage.md and not there");
    assertTrue(tests > 50, "the table is read");
  }

  private static Map<String, String> sources() throws IOException {
    final Map<String, String> sources = new HashMap<>();
    for (final String module : List.of("stack-core", "stack-posix", "test-support")) {
      try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
        for (final Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
          final String name = file.getFileName().toString();
          sources.merge(
              name.substring(0, name.length() - 5), Files.readString(file), String::concat);
        }
      }
    }
    return sources;
  }
}
