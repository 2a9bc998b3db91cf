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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs the {@code *Race} classes under jcstress, in JVMs of its own: two threads meet some hundred
 * thousand times a second, and no outcome may be seen that is not listed. By default as C1 and as
 * C2 in its moods compile them; {@code @Tag("nightly")} also interpreted, where they meet so slowly
 * that it takes most of the time, and with everything else jcstress knows of.
 */
@Tag("one-jdk")
@Timeout(900)
class RacesTest {
  /** All of them run, also with two processors: none has more than two actors. */
  private static final int RACES = 5;

  private static final String C1 = "-XX:TieredStopAtLevel=1";

  /** The order of independent instructions is drawn by lot. */
  private static final String C2 =
      "-XX:-TieredCompilation -XX:+UnlockDiagnosticVMOptions"
          + " -XX:+StressLCM -XX:+StressGCM -XX:+StressIGVN -XX:+StressCCP";

  private static final String SHORT = "-m quick -f 1 -fsm 1 -iters 1 -time 300 -sc false";
  private static final String LONGER = "-m quick -f 1 -fsm 1 -iters 2 -time 300 -sc false";
  private static final String HOW = System.getProperty("ustack.races", LONGER);

  @ParameterizedTest
  @ValueSource(strings = {C1, C2})
  void noOutcomeIsSeenThatIsNotListed(final String jvm, @TempDir final Path folder)
      throws IOException, InterruptedException {
    run(folder, SHORT, List.of("-jvmArgs", jvm));
  }

  @Test
  @Tag("nightly")
  void norInAnyMoodOfTheJvm(@TempDir final Path folder) throws IOException, InterruptedException {
    run(folder, HOW, List.of());
  }

  private static void run(final Path folder, final String how, final List<String> more)
      throws IOException, InterruptedException {
    final Path output = folder.resolve("output");
    final List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("org.openjdk.jcstress.Main");
    command.addAll(List.of(how.split(" ")));
    command.addAll(more);
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
