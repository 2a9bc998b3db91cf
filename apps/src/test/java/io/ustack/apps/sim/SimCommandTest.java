package io.ustack.apps.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandRun;
import io.ustack.apps.plot.SvgDocument;
import io.ustack.apps.plot.SvgDocument.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SimCommandTest {
  @TempDir private Path directory;

  private static CommandRun sim(final String line) {
    final CommandRun run = CommandRun.of(("sim " + line).split(" ", -1));
    assertEquals(0, run.exitCode(), run::toString);
    assertEquals("", run.err(), run::toString);
    return run;
  }

  /** The words of the row of a flow, counted from 1. */
  private static String[] row(final CommandRun run, final int flow) {
    return run.out().lines().toList().get(1 + flow).strip().split(" +", -1);
  }

  @Test
  void aRowForEachFlow() {
    final CommandRun run = sim("--cc reno,bbr --rtt 20,30.5 --flows 3 --gap 0.5 --seconds 2");
    final List<String> lines = run.out().lines().toList();
    assertEquals(6, lines.size(), run::toString);
    // 10 Mbit/s x 30.5 ms: the longest round trip decides.
    assertEquals("line 10 Mbit/s, queue 38125 bytes, loss 0 %, seed 1", lines.get(0));
    assertEquals(lines.get(1).strip().split(" {2,}", -1).length, row(run, 1).length);
    assertEquals(List.of("1", "reno", "20", "0"), List.of(row(run, 1)).subList(0, 4));
    assertEquals(List.of("2", "bbr", "30.5", "0.5"), List.of(row(run, 2)).subList(0, 4));
    assertEquals(List.of("3", "reno", "20", "1"), List.of(row(run, 3)).subList(0, 4));
    assertEquals("1.000", row(run, 3)[5], "seconds since its start");
    assertTrue(lines.get(5).contains(" 0 lost"), run::toString);
  }

  @Test
  void aFlowOfSoManyBytesEnds() {
    final CommandRun run = sim("--bytes 1.25M --rate 10M --rtt 10");
    assertEquals("1250000", row(run, 1)[4]);
    assertEquals("100.0", row(run, 1)[7]);
    final double seconds = Double.parseDouble(row(run, 1)[5]);
    assertTrue(seconds > 1 && seconds < 1.3, run::toString);
    assertEquals(10 / seconds, Double.parseDouble(row(run, 1)[6]), 0.01);
  }

  @Test
  void lossAndMarksAreWhatWasAskedFor() {
    final CommandRun lossy = sim("--loss 1 --seconds 3");
    assertTrue(lossy.out().contains("loss 1 %"), lossy::toString);
    assertTrue(Integer.parseInt(row(lossy, 1)[8]) > 3, lossy::toString);
    final CommandRun marked = sim("--mark 0.5x --queue 4x --seconds 3");
    assertTrue(marked.out().contains("marks from 25000 bytes on"), marked::toString);
    assertTrue(marked.out().matches("(?s).* 0 dropped by the queue, [1-9][0-9]* marked\n"));
    assertEquals("0", row(marked, 1)[8], marked::toString);
  }

  @Test
  void optionsOfTcpMatter() {
    final String lossy = "--loss 5 --seconds 5 --queue 2x";
    final String usual = sim(lossy).out();
    assertNotEquals(usual, sim(lossy + " --no-sack").out());
    assertNotEquals(usual, sim(lossy + " --no-timestamps").out());
    assertNotEquals(usual, sim(lossy + " --seed 2").out().replace("seed 2", "seed 1"));
    assertEquals(usual, sim(lossy).out());
  }

  @Test
  void aPathThatCarriesNothingIsAFailure() {
    final CommandRun run = CommandRun.of("sim", "--loss", "100", "--bytes", "1k");
    assertEquals(1, run.exitCode(), run::toString);
    assertEquals(1, run.err().lines().count(), run::toString);
    assertTrue(run.err().startsWith("ustack sim: a connection has broken"), run::toString);
    assertTrue(run.out().contains("0.0 % of the line"), run::toString);
    // Linux gives up after 127 s, FreeBSD after 63 s.
    assertEquals("127.000", row(run, 1)[5], run::toString);
    final CommandRun other =
        CommandRun.of("sim", "--loss", "100", "--bytes", "1k", "--tcp-profile", "freebsd");
    assertEquals("63.000", row(other, 1)[5], other::toString);
  }

  @Test
  void thePlotShowsWhatTheTableSays() throws IOException {
    final Path file = directory.resolve("plot.svg");
    final CommandRun run = sim("--cc cubic,reno --seconds 5 --plot " + file);
    final String svg = Files.readString(file);
    final SvgDocument plot = SvgDocument.parse(svg);
    final List<String> texts = plot.texts();
    assertTrue(texts.contains("2 flows: cubic, reno"), texts::toString);
    assertTrue(texts.containsAll(List.of("congestion window", "sequence numbers sent", "time, s")));
    assertTrue(texts.containsAll(List.of("1 cubic", "2 reno", "sent again")), texts::toString);
    // Legend and curve of each panel in turn: the sequence numbers are the second curve.
    for (int flow = 0; flow < 2; flow++) {
      final List<Point> points = plot.points("c c" + flow, 3);
      final double end = points.get(points.size() - 1).y();
      final double megabytes = (72 + 2 * 190 + 44 - end) / 190 * axis(texts);
      final double received = Double.parseDouble(row(run, flow + 1)[4]) / 1e6;
      assertEquals(received, megabytes, 0.15, "sent is a window more than received");
    }
    sim("--cc cubic,reno --seconds 5 --plot " + file);
    assertEquals(svg, Files.readString(file), "the same bytes");
  }

  /** What 64 flows wait to send fits the memory that the launcher gives. */
  @Test
  void asManyFlowsAsThereMayBe() {
    final CommandRun run = sim("--flows 64 --seconds 0.2");
    assertEquals("64", row(run, 64)[0]);
  }

  @Test
  void aFlowForEachRoundTrip() {
    final CommandRun run = sim("--rtt 20,80 --seconds 0.2");
    assertEquals(List.of("2", "cubic", "80"), List.of(row(run, 2)).subList(0, 3));
  }

  @ParameterizedTest
  @CsvSource({
    "'--cc=,', --cc and --rtt name one flow at least",
    "--cc=, no congestion control algorithm",
    "--flows=0, not between 1 and 64",
    "--flows=65, not between 1 and 64",
    "--plot=, no file name"
  })
  void wrongOptionsAreOneLine(final String option, final String complaint) {
    final CommandRun run = CommandRun.of("sim", "--seconds", "0.1", option);
    assertNotEquals(0, run.exitCode(), run::toString);
    assertTrue(run.err().contains(complaint), run::toString);
    assertFalse(run.err().contains("Exception"), run::toString);
  }

  /** The largest label of the second panel's axis of bytes, in MB. */
  private static double axis(final List<String> texts) {
    final List<String> panel = texts.subList(0, texts.indexOf("sequence numbers sent"));
    final double last = Double.parseDouble(panel.get(panel.size() - 2));
    return panel.get(panel.size() - 1).equals("MB") ? last : last / 1000;
  }
}
