package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class CellResultTest {
  private static final long SECOND_NS = 1_000_000_000;
  private static final Cell CELL = Cell.parse("rr-64").orElseThrow();

  private static Block block(final long operations, final long lost) {
    final Histogram latency = new Histogram(1, 10_000_000_000L, 3);
    latency.recordValue(2000);
    return new Block(operations, SECOND_NS, 500 * operations, 2 * operations, lost, latency);
  }

  private static CellResult result(
      final List<Block> ours, final List<Block> theirs, final List<String> doubts) {
    return CellResult.of(
        CELL,
        "memif",
        "inline",
        theirs.isEmpty() ? null : "kernel-nio",
        new Comparison.Measured(ours, theirs, doubts));
  }

  @Test
  void neighboursAreCompared() {
    final List<Block> ours = new ArrayList<>();
    final List<Block> theirs = new ArrayList<>();
    for (int i = 1; i <= 9; i++) {
      ours.add(block(1000L * i, 0)); // the machine becomes faster, for both
      theirs.add(block(250L * i, 0));
    }
    final CellResult result = result(ours, theirs, List.of());
    assertEquals(4, result.ratio());
    assertEquals(4, result.lowerQuartile());
    assertEquals(4, result.upperQuartile());
    assertEquals(5000, result.opsPerSec());
    assertEquals(500, result.cpuNsPerOp());
    assertEquals(2, result.bytesAllocatedPerOp());
    assertEquals(2, result.p50Us(), 0.01);
    assertEquals(18, result.blocks());
    assertTrue(result.isTrusted(), result::line);
    assertTrue(result.line().contains("4.00 x kernel-nio (4.00, 4.00)"), result::line);
  }

  @Test
  void whatCannotBeTrustedSaysSo() {
    final CellResult few = result(Collections.nCopies(7, block(10, 0)), List.of(), List.of());
    assertTrue(few.line().endsWith("NOT TRUSTED: only 7 blocks"), few::line);
    assertTrue(few.json().endsWith("\"trusted\":false,\"doubts\":[\"only 7 blocks\"]}"), few::json);
    final CellResult lossy = result(Collections.nCopies(8, block(10, 1)), List.of(), List.of());
    assertEquals(List.of("8 frames were lost"), lossy.doubts());
    final CellResult busy =
        result(Collections.nCopies(8, block(10, 0)), List.of(), List.of("a busy machine"));
    assertEquals(List.of("a busy machine"), busy.doubts());
  }

  @Test
  void ratiosFarApartAreADoubt() {
    final List<Block> ours = new ArrayList<>(Collections.nCopies(8, block(1000, 0)));
    final List<Block> theirs = new ArrayList<>(Collections.nCopies(4, block(250, 0)));
    theirs.addAll(Collections.nCopies(4, block(500, 0)));
    assertEquals(List.of("the quartiles are far apart"), result(ours, theirs, List.of()).doubts());
  }

  @Test
  void withoutABaselineThereIsNoRatio() {
    final CellResult result = result(Collections.nCopies(8, block(10, 0)), List.of(), List.of());
    assertTrue(result.json().contains("\"baseline\":null,\"ratioToBaseline\":null,"), result::json);
    assertTrue(result.isTrusted(), result::line);
  }

  @Test
  void aStreamIsGivenInBits() {
    final CellResult bulk =
        CellResult.of(
            Cell.parse("bulk-1").orElseThrow(),
            "pipe",
            "inline",
            null,
            new Comparison.Measured(
                Collections.nCopies(8, block(1_000_000_000, 0)), List.of(), List.of()));
    assertTrue(bulk.line().contains(" 8.00 Gbit/s"), bulk::line);
    assertTrue(bulk.json().contains("\"gbitPerSec\":8.000"), bulk::json);
  }
}
