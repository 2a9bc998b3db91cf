package io.ustack.apps.bench.stall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.OwnJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A JVM that logs, of the version that runs this. */
class JvmLogTest {
  /** Collects garbage, and stops all threads for something else, between two looks at the clock. */
  static final class Pausing {
    private Pausing() {}

    /** Says the times, one behind the other. */
    public static void main(final String[] arguments) throws IOException {
      System.out.println("ready");
      System.in.read();
      final long beginNs = System.nanoTime();
      System.gc();
      final long collectedNs = System.nanoTime();
      final int threads = Thread.getAllStackTraces().size();
      System.out.println(beginNs + " " + collectedNs + " " + System.nanoTime() + " " + threads);
    }
  }

  private static Path file(final JvmLog log) {
    return Path.of(log.option().replaceFirst(".*:file=([^:]*):.*", "$1"));
  }

  @Test
  void pausesAreOnTheClockOfSystemNanoTime() throws IOException, InterruptedException {
    try (JvmLog log = JvmLog.create()) {
      final Process process =
          new ProcessBuilder(OwnJvm.command(Pausing.class, "-XX:+UseSerialGC", log.option()))
              .redirectErrorStream(true)
              .start();
      try {
        assertEquals("ready", process.inputReader().readLine());
        log.forget();
        assertFalse(Files.exists(file(log)));
        assertEquals(0, log.events().stream().filter(JvmLogTest::isCollection).count());
        process.getOutputStream().write("go\n".getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
        final String said = process.inputReader().readLine();
        process.waitFor();
        final String[] times = said.split(" ", -1);
        final long beginNs = Long.parseLong(times[0]);
        final long collectedNs = Long.parseLong(times[1]);
        final List<JvmEvent> events = log.events();
        final JvmEvent collection =
            events.stream().filter(JvmLogTest::isCollection).findFirst().orElseThrow();
        assertTrue(collection.stoppedNs(beginNs, collectedNs) > 0, events::toString);
        assertTrue(collection.beginNs() - beginNs > 0, events::toString);
        assertTrue(
            events.stream()
                .filter(event -> event.kind() == JvmEvent.Kind.SAFEPOINT)
                .anyMatch(event -> event.stoppedNs(collectedNs, Long.parseLong(times[2])) > 0),
            events::toString);
      } finally {
        process.destroyForcibly();
      }
    }
  }

  private static boolean isCollection(final JvmEvent event) {
    return event.kind() == JvmEvent.Kind.COLLECTION;
  }

  @Test
  void aFileThatNobodyOpenedIsNotLeftBehind() throws IOException {
    final JvmLog log = JvmLog.create();
    assertTrue(Files.exists(file(log)));
    log.close();
    assertFalse(Files.exists(file(log)));
  }
}
