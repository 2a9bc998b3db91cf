package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.counter.Counter;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PipeContenderTest {
  private static final long BLOCK_NS = 20_000_000;

  /** One after the other on one pair of stacks: what a cell leaves behind is in nobody's way. */
  @Test
  void everyCellMoves() throws CommandFailure {
    try (PipeContender contender = new PipeContender()) {
      for (final String label :
          new String[] {
            "rr-1",
            "rr-300",
            "rr1k-2",
            "cps",
            "bulk-2",
            "bulk-down-2",
            "rr-1",
            "rr-8-loss",
            "timers-9",
            "neighbours-9",
            "listeners-9",
            "rr-1"
          }) {
        final Cell cell = Cell.parse(label).orElseThrow();
        contender.open(cell);
        final Block block = contender.block(BLOCK_NS);
        assertTrue(block.operations() > 0, label);
        assertTrue(block.elapsedNs() >= BLOCK_NS, label);
        final long measured = block.latency().getTotalCount() - block.unanswered();
        // Of those asked before the block the latency is not known.
        final long unknown = block.operations() - measured;
        assertTrue(cell.kind().isBulk() ? measured == 0 : unknown >= 0, label);
        assertTrue(cell.kind().isBulk() || unknown <= cell.connections(), label);
        contender.shut();
      }
    }
  }

  /** A client whose reset was lost on the way is not what the next one meets. */
  @Test
  void theServerForgetsConnectionsWhoseClientIsGone() {
    try (PipeEnds ends = new PipeEnds(Cell.parse("rr-5").orElseThrow())) {
      final Load load = Cell.parse("rr-5").orElseThrow().load(ends.client());
      load.open();
      while (!load.isOpen()) {
        load.step(0);
        ends.service().step(0);
      }
      final int before = ends.service().connections();
      ends.service().clear();
      assertEquals(5, before);
      assertEquals(0, ends.service().connections());
    }
  }

  /** A connection that the server drops is no connection per second. */
  @Test
  void aDroppedConnectionIsNoSuccess() {
    final Cell cell = Cell.parse("cps-1").orElseThrow();
    try (PipeEnds ends = new PipeEnds(cell)) {
      final Load load = cell.load(ends.client());
      load.open();
      while (ends.service().connections() == 0) {
        load.step(0);
        ends.service().step(0);
      }
      ends.service().clear();
      final IllegalStateException dropped =
          assertThrows(
              IllegalStateException.class,
              () -> {
                while (load.operations() == 0) {
                  load.step(0);
                  ends.service().step(0);
                }
              });
      assertEquals("the server closed a connection", dropped.getMessage());
    }
  }

  /** With an answer unread: neither end is left with a TIME_WAIT. */
  @Test
  void aConnectionPerSecondEndsWithAReset() {
    final Cell cell = Cell.parse("cps-2").orElseThrow();
    try (PipeEnds ends = new PipeEnds(cell)) {
      final Load load = cell.load(ends.client());
      load.open();
      while (load.operations() < 20) {
        load.step(0);
        ends.service().step(0);
      }
      final long resets = ends.asking().counters().value(Counter.TCP_RESETS_OUT);
      // Those of the last step are on their way.
      assertTrue(resets >= load.operations() - 2, () -> resets + " resets");
      load.close();
    }
  }

  /** Not on those that other cells share. */
  @Test
  void aCellWithBystandersHasEndsOfItsOwn() throws CommandFailure {
    try (PipeContender contender = new PipeContender()) {
      for (final String label : new String[] {"rr-1", "timers-5000", "rr-1"}) {
        final Cell cell = Cell.parse(label).orElseThrow();
        contender.open(cell);
        final int timers = contender.ends().asking().timers().scheduled();
        assertEquals(cell.kind().hasBystanders(), timers >= 5000, label);
        contender.shut();
      }
    }
  }

  /** Else those that ask already would leave little time for those that connect. */
  @Test
  void nobodyAsksBeforeAllAreConnected() {
    final Cell cell = Cell.parse("rr-1000").orElseThrow();
    try (PipeEnds ends = new PipeEnds(cell)) {
      final Load load = cell.load(ends.client());
      load.open();
      while (!load.isOpen()) {
        assertEquals(0, load.operations());
        load.step(0);
        ends.service().step(0);
      }
      while (load.operations() < 1000) {
        load.step(0);
        ends.service().step(0);
      }
      load.close();
    }
  }

  @Test
  void manyConnectionsHaveALargerHeap() {
    assertEquals(1024, Sides.heapMb(cells("rr-10000", "idle-1000000")));
    assertEquals(2048, Sides.heapMb(cells("rr-1", "rr-100000")));
  }

  private static List<Cell> cells(final String... labels) {
    return Stream.of(labels).map(label -> Cell.parse(label).orElseThrow()).toList();
  }

  /** Towards one port there are only as many connections as there are ephemeral ports. */
  @Test
  void moreConnectionsThanOnePortTakes() throws CommandFailure {
    assertEquals(BenchService.ECHO_PORT, BenchService.echoPort(0));
    try (PipeEnds ends = new PipeEnds(Cell.parse("rr-100000").orElseThrow())) {
      final Sockets client = ends.client();
      final ByteBuffer one = ByteBuffer.allocateDirect(1);
      int answered = 0;
      for (final int connection : new int[] {24_999, 25_000, 50_000, 99_999}) {
        client.connect(BenchService.echoPort(connection));
      }
      for (int i = 0; i < 100; i++) {
        final int ready = client.await(0);
        for (int j = 0; j < ready; j++) {
          if (client.isWritable(j)) {
            client.expectToRead(client.ready(j));
            client.send(client.ready(j), one, 1);
          } else {
            answered += client.receive(client.ready(j), one, 1);
          }
        }
        ends.service().step(0);
      }
      assertEquals(4, answered);
      assertEquals(4, ends.service().connections());
      assertEquals(
          4,
          IntStream.of(24_999, 25_000, 50_000, 99_999)
              .map(BenchService::echoPort)
              .distinct()
              .count());
    }
  }
}
