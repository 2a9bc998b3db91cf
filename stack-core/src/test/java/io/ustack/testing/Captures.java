package io.ustack.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Captures with an index that says what is in them: those of the project, and those of another
 * folder where there is one: the system property {@code ustack.pcaps}, or {@code ../shared/pcaps}
 * beside the checkout. A test runs on whatever there is.
 */
public final class Captures {
  // Tests run in the module's folder.
  private static final Path OURS = Path.of("src", "test", "resources", "pcaps");
  private static final Path BESIDE = Path.of("..", "..", "shared", "pcaps");

  private static final String INDEX = "INDEX.tsv";

  private Captures() {}

  /**
   * A line of an index.
   *
   * @param frames how many it holds
   * @param linkType {@code ether} or {@code rawip}
   */
  public record Capture(Path file, int frames, String linkType) {
    public String name() {
      return String.valueOf(file.getFileName());
    }
  }

  /** One of the project's own. */
  public static Path of(final String name) {
    return OURS.resolve(name);
  }

  /** All there are: the project's first, none twice. */
  public static List<Capture> all() throws IOException {
    final List<Capture> all = new ArrayList<>(indexed(OURS));
    final List<String> names = all.stream().map(Capture::name).toList();
    final String elsewhere = System.getProperty("ustack.pcaps");
    if (elsewhere != null || Files.isReadable(BESIDE.resolve(INDEX))) {
      indexed(elsewhere == null ? BESIDE : Path.of(elsewhere)).stream()
          .filter(capture -> !names.contains(capture.name()))
          .forEach(all::add);
    }
    return all;
  }

  /** Fields are separated by tabs; the first line names them. */
  private static List<Capture> indexed(final Path folder) throws IOException {
    final List<String> lines = Files.readAllLines(folder.resolve(INDEX));
    final List<Capture> captures = new ArrayList<>();
    for (final String line : lines.subList(1, lines.size())) {
      final List<String> fields = List.of(line.split("\t", -1));
      captures.add(
          new Capture(
              folder.resolve(fields.get(0)), Integer.parseInt(fields.get(4)), fields.get(6)));
    }
    return captures;
  }
}
