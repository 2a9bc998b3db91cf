package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ranges beyond RCV.NXT, against a set of single bytes. */
class OutOfOrderTest {
  private static final int SPACE = 1500;

  private final OutOfOrder ranges = new OutOfOrder();

  private static int runs(final BitSet set) {
    int runs = 0;
    for (int at = set.nextSetBit(0); at >= 0; at = set.nextSetBit(set.nextClearBit(at))) {
      runs++;
    }
    return runs;
  }

  /**
   * As a receiver uses it: ranges beyond {@code rcvNxt} come in, {@code rcvNxt} moves on, and what
   * touches it is absorbed.
   */
  @ParameterizedTest(name = "from {0}, steps up to {1}")
  @CsvSource({"0, 100", "-1500, 100", "2147482147, 100", "-1500, 5", "77, 1000", "-2147485148, 30"})
  void sameAsASetOfBytes(final long start, final int longest) {
    final int origin = (int) start;
    final Random random = new Random(start + longest);
    for (int life = 0; life < 40; life++) {
      final OutOfOrder tested = new OutOfOrder();
      final BitSet model = new BitSet();
      int rcvNxt = 0;
      while (rcvNxt < SPACE) {
        if (random.nextInt(5) > 0) {
          final int from = rcvNxt + 1 + random.nextInt(SPACE);
          final int to = from + 1 + random.nextInt(longest);
          final BitSet more = (BitSet) model.clone();
          more.set(from, to);
          final boolean fits = runs(more) <= OutOfOrder.MAX_RANGES || runs(more) <= runs(model);
          assertEquals(fits, tested.add(origin + from, origin + to));
          if (fits) {
            model.set(from, to);
          }
        } else {
          rcvNxt += 1 + random.nextInt(longest);
          final int reached = model.get(rcvNxt) ? model.nextClearBit(rcvNxt) : rcvNxt;
          assertEquals(origin + reached, tested.absorb(origin + rcvNxt));
          rcvNxt = reached;
          model.clear(0, rcvNxt);
        }
        assertEquals(model.isEmpty(), tested.isEmpty());
        assertEquals(runs(model), tested.ranges());
        if (!model.isEmpty()) {
          assertEquals(origin + model.length(), tested.lastEnd());
        }
      }
    }
  }

  @Test
  void rangesThatTouchAreOne() {
    assertTrue(ranges.add(10, 20));
    assertTrue(ranges.add(30, 40));
    assertEquals(2, ranges.ranges());
    assertTrue(ranges.add(20, 30));
    assertEquals(1, ranges.ranges());
    assertEquals(40, ranges.lastEnd());
    assertEquals(40, ranges.absorb(10));
    assertTrue(ranges.isEmpty());
  }

  @Test
  void oneRangeSwallowsMany() {
    for (int i = 0; i < 20; i++) {
      ranges.add(10 * i + 10, 10 * i + 13);
    }
    ranges.add(5, 205);
    assertEquals(1, ranges.ranges());
    assertEquals(205, ranges.lastEnd());
  }

  @Test
  void whatIsThereAlreadyChangesNothing() {
    ranges.add(10, 20);
    ranges.add(12, 18);
    ranges.add(10, 20);
    assertEquals(1, ranges.ranges());
    assertEquals(20, ranges.lastEnd());
  }

  @Test
  void fullOfRangesStillJoins() {
    for (int i = 0; i < OutOfOrder.MAX_RANGES; i++) {
      assertTrue(ranges.add(10 * i, 10 * i + 1));
    }
    assertFalse(ranges.add(5, 6));
    assertFalse(ranges.add(10_000, 10_001));
    assertEquals(OutOfOrder.MAX_RANGES, ranges.ranges());
    assertTrue(ranges.add(1, 3));
    assertTrue(ranges.add(3, 10));
    assertEquals(OutOfOrder.MAX_RANGES - 1, ranges.ranges());
    assertTrue(ranges.add(10_000, 10_001));
  }

  @Test
  void absorbStopsAtTheNextHole() {
    ranges.add(-10, -5);
    ranges.add(-3, 7);
    assertEquals(-12, ranges.absorb(-12));
    assertEquals(-5, ranges.absorb(-10));
    assertEquals(7, ranges.absorb(0));
    assertEquals(9, ranges.absorb(9));
  }
}
