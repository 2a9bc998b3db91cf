package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What docs/errnos.md says is shown by the scenes and tests that it names. */
@Timeout(60)
class ErrnoTableTest {
  private static final Path PAGE =
      Path.of(System.getProperty("ustack.root", "..")).resolve("docs/errnos.md");
  private static final Path SOURCES = Path.of("src/test/java/io/ustack/posix");

  /** A scene with the note that says it, in brackets; or a test. */
  private static final Pattern PROOF = Pattern.compile("`([^`]+)`(?: \\(([^)]*)\\))?");

  private record Row(String call, String errno, String proof) {
    /** It can't be, or another line says it. */
    boolean isExcused() {
      return proof.startsWith("cannot happen: ") || proof.startsWith("as ");
    }
  }

  private static List<Row> rows() throws IOException {
    final List<Row> rows = new ArrayList<>();
    for (final String line : Files.readAllLines(PAGE)) {
      final String[] cells = line.split(" *\\| *", -1);
      if (cells.length == 6 && !cells[1].equals("call") && !cells[1].startsWith("---")) {
        rows.add(new Row(cells[1], cells[2], cells[4]));
      }
    }
    assertTrue(rows.size() > 300, () -> rows.size() + " lines");
    return rows;
  }

  @Test
  void everyLineIsProven() throws IOException {
    final Map<String, Consumer<Scene>> scenes = LinuxOracleTest.scenes();
    final Map<String, String> played = new TreeMap<>();
    final List<String> wrong = new ArrayList<>();
    for (final Row row : rows()) {
      if (row.isExcused()) {
        continue;
      }
      final List<MatchResult> proofs = PROOF.matcher(row.proof).results().toList();
      if (proofs.isEmpty()) {
        wrong.add("nothing shows " + row);
      }
      for (final MatchResult proof : proofs) {
        final String name = proof.group(1);
        final boolean shown =
            Character.isUpperCase(name.charAt(0))
                ? isInTest(name, row)
                : scenes.containsKey(name)
                    && isInScene(
                        played.computeIfAbsent(name, n -> play(scenes.get(n))),
                        note(name, proof.group(2), row),
                        row);
        if (!shown) {
          wrong.add(proof.group() + " does not show " + row);
        }
      }
    }
    assertEquals(List.of(), wrong);
  }

  private static String play(final Consumer<Scene> scene) {
    try (Host host = new Host(Mode.INLINE)) {
      return LinuxOracleTest.play(scene, new StackCalls(host.posix));
    }
  }

  /** Where scenes of every call are named alike, the note begins with the call. */
  private static String note(final String scene, final String note, final Row row) {
    if (note != null) {
      return note;
    }
    return scene.startsWith("kind: ") ? row.call : "";
  }

  private static boolean isInScene(final String transcript, final String note, final Row row) {
    return Arrays.stream(row.errno.split(", ", -1))
        .allMatch(
            errno ->
                transcript
                    .lines()
                    .anyMatch(line -> line.startsWith(note) && line.endsWith(" = " + errno)));
  }

  /** The test is there, and its class speaks of the errno. */
  private static boolean isInTest(final String name, final Row row) {
    final String[] parts = name.split("\\.", 2);
    try {
      final Class<?> test = Class.forName(ErrnoTableTest.class.getPackageName() + "." + parts[0]);
      final boolean there =
          Arrays.stream(test.getDeclaredMethods())
              .map(Method::getName)
              .anyMatch(method -> method.equals(parts[1]));
      final String source = Files.readString(SOURCES.resolve(parts[0] + ".java"));
      return there
          && Arrays.stream(row.errno.split(", ", -1))
              .allMatch(e -> source.contains("Errno." + e) || source.contains(e + "\""));
    } catch (final ClassNotFoundException | IOException e) {
      return false;
    }
  }

  @Test
  void everyCallAndErrnoIsThere() throws IOException, IllegalAccessException {
    final TreeSet<String> calls = new TreeSet<>();
    final TreeSet<String> errnos = new TreeSet<>();
    for (final Row row : rows()) {
      calls.add(row.call);
      errnos.addAll(List.of(row.errno.split(", ", -1)));
    }
    final TreeSet<String> missing = new TreeSet<>();
    HostileArgumentsTest.methods().map(Method::getName).forEach(missing::add);
    for (final Field field : Errno.class.getFields()) {
      missing.add(Errno.name(field.getInt(null)));
    }
    missing.removeAll(calls);
    missing.removeAll(errnos);
    assertEquals(new TreeSet<>(), missing);
  }
}
