package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the {@code *Race} classes under jcstress, in JVMs of its own: two threads meet some hundred
 * thousand times a second, and no outcome may be seen that is not listed. Ten seconds of that by
 * default, more in CI; {@code -Dustack.races="-m default"} takes its time.
 */
@Tag("one-jdk")
@Timeout(900)
class RacesTest {
  /** All of them run, also with two processors: none has more than two actors. */
  private static final int RACES = 5;

  private static final String SHORT = "-m sanity -sc false";
  private static final String LONGER = "-m quick -f 1 -fsm 1 -iters 2 -time 300 -sc false";
  private static final String HOW =
      System.getProperty("ustack.races", System.getenv("CI") == null ? SHORT : LONGER);

  @Test
  void noOutcomeIsSeenThatIsNotListed(@TempDir final Path folder)
      throws IOException, InterruptedException {
    final Path output = folder.resolve("output");
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("org.openjdk.jcstress.Main");
    command.addAll(List.of(HOW.split(" ")));
    command.addAll(List.of("-t", "io.ustack.posix", "-r", folder.toString()));
    final Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(800, TimeUnit.SECONDS), "still running");
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    final String said = Files.readString(output);
    assertEquals(0, process.exitValue(), said);
    assertTrue(said.contains("Failed tests: No matches"), said);
    assertTrue(said.contains("All remaining tests: " + RACES + " matching"), said);
  }
}
