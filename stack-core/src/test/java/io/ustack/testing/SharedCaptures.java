package io.ustack.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder of captures that is not part of the project: the system property {@code ustack.pcaps},
 * or {@code ../shared/pcaps} beside the project. A test that asks for it is skipped where there is
 * none.
 */
public final class SharedCaptures {
  private SharedCaptures() {}

  /** The folder. */
  public static Path directory() {
    // Tests run in the module's folder.
    final Path beside = Path.of("..", "..", "shared", "pcaps");
    final Path directory = Path.of(System.getProperty("ustack.pcaps", beside.toString()));
    assumeTrue(Files.isReadable(directory.resolve("INDEX.tsv")), "no captures in " + directory);
    return directory;
  }

  /**
   * The lines of its index, without the header; fields are separated by tabs, the first is the
   * file's name.
   */
  public static List<String> index() throws IOException {
    final List<String> lines = Files.readAllLines(directory().resolve("INDEX.tsv"));
    return lines.subList(1, lines.size());
  }
}
