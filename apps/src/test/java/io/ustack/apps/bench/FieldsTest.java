package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.apps.bench.stall.Stalls;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

/** What processes of the bench say to each other arrives as it was said. */
class FieldsTest {
  @Test
  void whatIsNotKnownIsPassedOver() {
    final Fields fields = Fields.parse("ready ends=1 jdk=17.0.1 =x colour=blue=green");
    assertEquals(1, fields.number("ends"));
    assertEquals("17.0.1", fields.text("jdk"));
    assertEquals("blue=green", fields.text("colour"));
    assertEquals(0, fields.number("absent"));
    assertEquals("", fields.text("absent"));
  }

  @Test
  void blanksDoNotCutAValue() {
    assertEquals("a_b", Fields.parse(new Fields().with("name", "a b").toString()).text("name"));
  }

  @Test
  void aBlockTravels() {
    final Histogram latency = new Histogram(1, 10_000_000_000L, 3);
    latency.recordValue(1234);
    latency.recordValue(5_000_000_000L);
    final Work work =
        new Work(7, 8, 9, 10, Map.of("java", 11L, "C2_CompilerThre", 12L))
            .withStages(Map.of("input", 13L, "idle", 14L))
            .withStalls(new Stalls(1, 2, 3, 4, List.of(), 5));
    final Block sent = new Block(1, 2, work, Work.NONE, 3, latency, 4);
    final Block got = Block.of(Fields.parse("block " + sent.fields()));
    assertEquals(sent.operations(), got.operations());
    assertEquals(sent.elapsedNs(), got.elapsedNs());
    assertEquals(work, got.work());
    assertEquals(3, got.lostFrames());
    assertEquals(latency, got.latency());
    assertEquals(4, got.unanswered());
  }

  @Test
  void theServersWorkAndTheClientsStayApart() {
    final Work client = new Work(1, 2, 3, 4, Map.of());
    final Work server = new Work(5, 6, 7, 8, Map.of());
    final Block block =
        new Block(1, 2, client, Work.NONE, 3, new Histogram(3), 6).servedBy(server, 40);
    assertEquals(server, block.work());
    assertEquals(client, block.clientWork());
    assertEquals(43, block.lostFrames());
    assertEquals(6, block.unanswered());
    assertEquals(6, block.withWork(client).withLostFrames(0).unanswered());
  }
}
