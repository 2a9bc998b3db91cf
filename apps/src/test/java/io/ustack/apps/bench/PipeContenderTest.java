package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import org.junit.jupiter.api.Test;

class PipeContenderTest {
  private static final long BLOCK_NS = 20_000_000;

  /** One after the other on one pair of stacks: what a cell leaves behind is in nobody's way. */
  @Test
  void everyCellMoves() throws CommandFailure {
    try (PipeContender contender = new PipeContender()) {
      for (final String label :
          new String[] {
            "rr-1", "rr-300", "rr1k-2", "cps", "bulk-2", "bulk-down-2", "rr-1", "rr-8-loss"
          }) {
        final Cell cell = Cell.parse(label).orElseThrow();
        contender.open(cell);
        final Block block = contender.block(BLOCK_NS);
        assertTrue(block.operations() > 0, label);
        assertTrue(block.elapsedNs() >= BLOCK_NS, label);
        final long measured = block.latency().getTotalCount();
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
    try (PipeEnds ends = new PipeEnds(false)) {
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
}
