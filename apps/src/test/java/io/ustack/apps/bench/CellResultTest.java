package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.bench.stall.JvmEvent;
import io.ustack.apps.bench.stall.Stall;
import io.ustack.apps.bench.stall.Stalls;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class CellResultTest {
  private static final long SECOND_NS = 1_000_000_000;
  private static final Cell CELL = Cell.parse("rr-64").orElseThrow();

  private static Block block(final long operations, final long lost) {
    final Histogram latency = new Histogram(1, 10_000_000_000L, 3);
    latency.recordValue(2000);
    final Work work = new Work(500 * operations, 2 * operations, 1, 3_000_000, Map.of("java", 7L));
    return new Block(operations, SECOND_NS, work, Work.NONE, lost, latency);
  }

  private static Block unanswered(final long operations, final long unanswered) {
    final Block block = block(operations, 0);
    return new Block(
        operations, SECOND_NS, block.work(), Work.NONE, 0, block.latency(), unanswered);
  }

  private static Subject subject(final Cell cell) {
    return new Subject(cell, "memif", "inline", "direct", "17.0.1", List.of());
  }

  private static CellResult result(
      final List<Block> ours, final List<Block> theirs, final List<String> doubts) {
    return CellResult.of(
        subject(CELL),
        theirs.isEmpty() ? null : "kernel-nio",
        new Comparison.Measured(ours, theirs, doubts, null));
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
    assertEquals(2, CellResult.us(result.latency(), 50), 0.01);
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

  /** Nobody knows p99.9 when one in a thousand was not waited for. */
  @Test
  void requestsThatNobodyWaitedForAreADoubt() {
    final CellResult few =
        result(Collections.nCopies(8, unanswered(4000, 4)), List.of(), List.of());
    assertEquals(List.of(), few.doubts());
    assertTrue(few.json().contains("\"unanswered\":32,"), few::json);
    assertEquals(
        List.of("40 requests had no answer when their block ended"),
        result(Collections.nCopies(8, unanswered(4000, 5)), List.of(), List.of()).doubts());
  }

  @Test
  void codeThatIsStillCompiledIsADoubt() {
    final Work little = new Work(1, 1, 0, 0, Map.of("C2_CompilerThre", SECOND_NS / 30));
    final Work much = new Work(1, 1, 0, 0, Map.of("C1_CompilerThre", SECOND_NS / 10));
    final Block steady = block(10, 0).servedBy(little, 0);
    final Block compiled = block(10, 0).servedBy(much, 0);
    assertEquals(List.of(), result(Collections.nCopies(8, steady), List.of(), List.of()).doubts());
    assertEquals(
        List.of("the code was still being compiled"),
        result(Collections.nCopies(8, compiled), List.of(), List.of()).doubts());
  }

  /** A baseline that was ill is no measure: the same is asked of it. */
  @Test
  void theBaselineIsDoubtedToo() {
    final Work compiling = new Work(1, 1, 0, 0, Map.of("C2_CompilerThre", SECOND_NS / 10));
    final Block ill =
        new Block(10, SECOND_NS, compiling, Work.NONE, 5, new Histogram(1, SECOND_NS, 3), 1);
    final CellResult result =
        CellResult.of(
            subject(Cell.parse("rr-64@1000").orElseThrow()),
            "kernel-nio",
            new Comparison.Measured(
                Collections.nCopies(8, block(1000, 0)),
                Collections.nCopies(8, ill),
                List.of(),
                null));
    assertEquals(
        List.of(
            "kernel-nio: 40 frames were lost",
            "kernel-nio: only 10 of 1000 requests a second",
            "kernel-nio: 8 requests had no answer when their block ended",
            "kernel-nio: the code was still being compiled"),
        result.doubts());
  }

  @Test
  void stagesAreToldPerOperation() {
    final Work server =
        new Work(5000, 0, 0, 0, Map.of()).withStages(Map.of("input", 1450L, "idle", 20L));
    final Work client = new Work(1, 0, 0, 0, Map.of()).withStages(Map.of("receive", 30L));
    final Block block = new Block(10, SECOND_NS, server, client, 0, new Histogram(1, SECOND_NS, 3));
    final CellResult result = result(Collections.nCopies(8, block), List.of(), List.of());
    final List<String> lines = result.line().lines().toList();
    assertEquals(3, lines.size(), result::line);
    assertEquals(
        "      ns/op at the server:  application 0.0  commands 0.0  receive 0.0  input 145.0"
            + "  timers 0.0  emit 0.0  transmit 0.0  idle 2.0",
        lines.get(1));
    assertTrue(lines.get(2).contains("at the client:"), lines.get(2));
    assertTrue(lines.get(2).contains("receive 3.0"), lines.get(2));
    assertTrue(
        result.json().contains("\"stageNsPerOp\":{\"idle\":2.00,\"input\":145.00}"), result::json);
  }

  @Test
  void stallsAreToldByTheirCauses() {
    final Stall off = new Stall(1, 80_000, 90_000, 10_000, 80_000, 1, 0, 0, 0, 0);
    final Stall paused = new Stall(100, 60_000, 60_000, 0, 0, 1, 0, 0, 0, 0);
    final Work server =
        new Work(1, 0, 0, 0, Map.of()).withStalls(new Stalls(1, 2, 3, 4, List.of(off), 2));
    final Work client =
        new Work(1, 0, 0, 0, Map.of()).withStalls(new Stalls(1, 2, 3, 4, List.of(paused), 0));
    final Block block = new Block(10, SECOND_NS, server, client, 0, new Histogram(1, SECOND_NS, 3));
    final CellResult result =
        CellResult.of(
            subject(CELL),
            null,
            new Comparison.Measured(Collections.nCopies(8, block), List.of(), List.of(), null),
            List.of(
                List.of(),
                List.of(new JvmEvent(JvmEvent.Kind.SAFEPOINT, "Cleanup", 90, 110, 60_000))));
    assertEquals(
        List.of(
            "      stalls of more than 50 us at the server:",
            "        scheduler                          8       0.640 ms  longest       80 us",
            "        16 more in full tables, of causes unknown",
            "      stalls of more than 50 us at the client:",
            "        safepoint, Cleanup                 8       0.480 ms  longest       60 us"),
        result.line().lines().skip(1).toList());
    assertTrue(
        result
            .json()
            .contains(
                "\"stalls\":{\"scheduler\":{\"count\":8,\"totalUs\":640.0,\"longestUs\":80.0}},\"stallsNotKept\":16,\"clientStalls\":{\"safepoint,"
                    + " Cleanup\":{\"count\":8,"),
        result::json);
    assertTrue(result.json().contains("},\"clientStallsNotKept\":0,"), result::json);
    final CellResult unwatched = result(Collections.nCopies(8, block), List.of(), List.of());
    assertFalse(unwatched.json().toLowerCase(Locale.ROOT).contains("stalls"), unwatched::json);
  }

  @Test
  void ratiosFarApartAreADoubt() {
    final List<Block> ours = new ArrayList<>(Collections.nCopies(8, block(1000, 0)));
    final List<Block> theirs = new ArrayList<>(Collections.nCopies(4, block(250, 0)));
    theirs.addAll(Collections.nCopies(4, block(500, 0)));
    assertEquals(List.of("the quartiles are far apart"), result(ours, theirs, List.of()).doubts());
  }

  /** The keys that programs count on, and that nothing in them breaks JSON. */
  @Test
  void jsonHasTheKeysThatWereAgreed() {
    final Subject subject =
        new Subject(CELL, "memif", "inline", "direct", "17.0.1", List.of("a \"note\""));
    final String json =
        CellResult.of(
                subject,
                "../old\\build",
                new Comparison.Measured(
                    Collections.nCopies(8, block(1000, 0)),
                    Collections.nCopies(8, block(500, 0)),
                    List.of(),
                    null))
            .json();
    for (final String member :
        new String[] {
          "{\"cell\":\"rr-64\",\"wire\":\"memif\",\"mode\":\"inline\",\"conns\":64,",
          "\"opsPerSec\":1000.0,",
          "\"gbitPerSec\":0.000,",
          "\"p50Us\":2.000,",
          "\"p99Us\":2.000,",
          "\"p999Us\":2.000,",
          "\"maxUs\":2.000,",
          "\"cpuNsPerOp\":500.000,",
          "\"bytesAllocatedPerOp\":2.0000,",
          "\"baseline\":\"../old\\\\build\",\"ratioToBaseline\":2.0000,",
          "\"baselineOpsPerSec\":500.0,",
          "\"quartiles\":[2.0000,2.0000],\"blocks\":16,",
          "\"gcCount\":8,\"gcMs\":24,",
          "\"threadCpuMs\":{\"java\":0.0},",
          "\"notes\":[\"a \\\"note\\\"\"],",
          "\"trusted\":true,\"doubts\":[]}"
        }) {
      assertTrue(json.contains(member), () -> member + " is not in " + json);
    }
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
            subject(Cell.parse("bulk-1").orElseThrow()),
            null,
            new Comparison.Measured(
                Collections.nCopies(8, block(1_000_000_000, 0)), List.of(), List.of(), null));
    assertTrue(bulk.line().contains(" 8.00 Gbit/s"), bulk::line);
    assertTrue(bulk.json().contains("\"gbitPerSec\":8.000"), bulk::json);
  }
}
