package io.ustack.apps.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/congestion.md shows what its command lines make and what NetSimTest found; {@code
 * -Dustack.snapshots=write} writes both anew.
 */
final class CongestionPageTest {
  private static final Path ROOT = Path.of(System.getProperty("ustack.root", ".."));
  private static final Path PAGE = ROOT.resolve("docs/congestion.md");
  private static final Path TABLES =
      ROOT.resolve("test-support/src/test/resources/io/ustack/testsupport/sim");
  private static final boolean WRITE = "write".equals(System.getProperty("ustack.snapshots"));

  @TempDir private Path directory;

  @Test
  void itsPlotsAreWhatItsCommandsDraw() throws IOException {
    final Matcher commands =
        Pattern.compile("(?m)^\\./ustack (sim .* --plot )docs/(img/(\\S+))$")
            .matcher(Files.readString(PAGE));
    int count = 0;
    while (commands.find()) {
      final Path drawn = directory.resolve(commands.group(3));
      final CommandRun run = CommandRun.of((commands.group(1) + drawn).split(" ", -1));
      assertEquals(0, run.exitCode(), run::toString);
      final Path shown = ROOT.resolve("docs").resolve(commands.group(2));
      if (WRITE) {
        Files.createDirectories(shown.getParent());
        Files.writeString(shown, Files.readString(drawn));
      }
      assertEquals(Files.readString(shown), Files.readString(drawn), commands.group());
      assertTrue(Files.readString(PAGE).contains("](" + commands.group(2) + ")"), shown::toString);
      count++;
    }
    assertEquals(5, count);
  }

  @Test
  void itsTablesAreThoseOfTheTests() throws IOException {
    String page = Files.readString(PAGE);
    for (final String name :
        List.of("throughput.txt", "fairness.txt", "round-trips.txt", "ecn.txt", "options.txt")) {
      final String table = Files.readString(TABLES.resolve(name));
      final Pattern block = Pattern.compile("(<!-- " + name + " -->\n```\n)((?s).*?)(```)");
      final Matcher shown = block.matcher(page);
      assertTrue(shown.find(), name);
      if (WRITE) {
        page = shown.replaceFirst("$1" + Matcher.quoteReplacement(table) + "$3");
        Files.writeString(PAGE, page);
      } else {
        assertEquals(table, shown.group(2), name);
      }
    }
  }
}
