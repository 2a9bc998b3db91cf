package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * docs/rfc-coverage.md is what the sources say. With {@code -Dustack.snapshots=write} it is written
 * instead.
 */
class RfcCoverageTest {
  private static final Path ROOT = Path.of(System.getProperty("ustack.root", ".."));
  private static final Path DOCS = ROOT.resolve("docs");
  private static final Path PAGE = DOCS.resolve("rfc-coverage.md");

  @Test
  void pageIsWhatTheSourcesSay() throws IOException {
    final CoverageSources sources = new CoverageSources(ROOT);
    final CoveragePage page = new CoveragePage(sources);
    final Rfc9293Requirements requirements =
        new Rfc9293Requirements(
            sources, Files.readAllLines(DOCS.resolve("coverage").resolve("rfc9293.txt")));
    assertEquals(List.of(), page.problems(), "said of clauses");
    assertEquals(List.of(), requirements.problems(), "said of RFC 9293, appendix B");
    assertTrue(
        sources.claims().size() > 200 && sources.deviations().size() > 10, "sources are read");
    final String wanted =
        page.text(requirements, Files.readString(DOCS.resolve("coverage").resolve("not-done.md")));
    if ("write".equals(System.getProperty("ustack.snapshots"))) {
      Files.writeString(PAGE, wanted);
      return;
    }
    assertEquals(
        wanted,
        Files.readString(PAGE),
        "docs/rfc-coverage.md is not what the sources say; -Dustack.snapshots=write writes it"
            + " anew");
  }
}
