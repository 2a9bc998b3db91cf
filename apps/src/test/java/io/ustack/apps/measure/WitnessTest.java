package io.ustack.apps.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.measure.Witness.Usage;
import java.util.List;
import org.junit.jupiter.api.Test;

class WitnessTest {
  private static final long MS = 1_000_000;
  private static final Usage ZERO = new Usage(0, 0, 0);
  private static final double BLOCK_NS = 200 * MS;

  private final Witness witness = new Witness();

  private void judge(final int blocks, final Usage end) {
    for (int i = 0; i < blocks; i++) {
      witness.judge(ZERO, end, BLOCK_NS);
    }
  }

  @Test
  void whatWeUseOurselvesIsNoDoubt() {
    judge(8, new Usage(400 * MS, 400 * MS, 0));
    assertEquals(List.of(), witness.doubts());
  }

  @Test
  void othersAre() {
    judge(5, new Usage(400 * MS, 400 * MS, 0));
    judge(3, new Usage(400 * MS, 350 * MS, 0));
    assertEquals(List.of("others used the processors in 3 of 8 blocks"), witness.doubts());
  }

  @Test
  void aFewDisturbedBlocksAreBorneByTheMedian() {
    judge(6, new Usage(400 * MS, 400 * MS, 0));
    judge(2, new Usage(400 * MS, 200 * MS, 0));
    assertEquals(List.of(), witness.doubts());
  }

  /** In no block by itself more than the ticks of 10 ms may be wrong. */
  @Test
  void aLittleAllTheTimeIsADoubt() {
    judge(8, new Usage(436 * MS, 400 * MS, 14 * MS));
    assertEquals(
        List.of(
            "others used the processors, 18 % of one in the median block",
            "the hypervisor took the processors, 7 % of one in the median block"),
        witness.doubts());
  }

  @Test
  void othersMayBePartOfWhatIsMeasured() {
    judge(8, new Usage(400 * MS, 300 * MS, 0));
    assertEquals(1, witness.doubts().size());
    assertEquals(List.of(), witness.ofTheMachine());
  }

  @Test
  void soIsAHypervisor() {
    judge(8, new Usage(0, 0, 30 * MS));
    assertEquals(List.of("the hypervisor took the processors in 8 of 8 blocks"), witness.doubts());
  }

  @Test
  void seesThisProcess() {
    final long before = Usage.now().ofOursNs();
    long sum = 0;
    final long endNs = System.nanoTime() + 300 * MS;
    while (System.nanoTime() - endNs < 0) {
      sum += System.identityHashCode(sum);
    }
    final Usage after = Usage.now();
    assertTrue(after.ofOursNs() - before >= 10 * MS && after.ofAllNs() > 0, () -> "" + after);
  }
}
