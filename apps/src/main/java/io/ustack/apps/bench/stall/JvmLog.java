package io.ustack.apps.bench.stall;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A file in which another JVM logs its pauses while this one holds it open. It loses its name as
 * soon as both have it, so that nothing is left behind however they end.
 */
public final class JvmLog implements AutoCloseable {
  /** In memory, where there is such a place: a JVM that logs may wait for a disk. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private final Path file;
  private final BufferedReader lines;
  private final JvmEvents events = new JvmEvents();

  private JvmLog(final Path file) throws IOException {
    this.file = file;
    lines = Files.newBufferedReader(file, StandardCharsets.UTF_8);
  }

  /** Makes the file. */
  public static JvmLog create() throws IOException {
    final String prefix = "ustack-jvm-";
    final Path file =
        Files.isWritable(MEMORY)
            ? Files.createTempFile(MEMORY, prefix, ".log")
            : Files.createTempFile(prefix, ".log");
    return new JvmLog(file);
  }

  /** The option with which a JVM logs there. */
  public String option() {
    return "-Xlog:"
        + JvmEvents.LOGGED
        + ":file="
        + file
        + ":"
        + JvmEvents.DECORATION
        + ":filecount=0";
  }

  /** The JVM runs, so it has opened the file, which nobody else needs to find. */
  public void forget() throws IOException {
    Files.deleteIfExists(file);
  }

  /** Everything that the JVM has logged so far. */
  public List<JvmEvent> events() throws IOException {
    String line = lines.readLine();
    while (line != null) {
      events.add(line);
      line = lines.readLine();
    }
    return events.all();
  }

  @Override
  public void close() {
    try {
      forget();
      lines.close();
    } catch (final IOException e) {
      // What can't be deleted was deleted by somebody else.
    }
  }
}
