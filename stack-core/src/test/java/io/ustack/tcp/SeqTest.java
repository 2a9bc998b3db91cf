package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sequence numbers, modulo 2^32: RFC 9293 3.4. */
class SeqTest {
  private static final int FAR = Integer.MAX_VALUE;

  @ParameterizedTest(name = "at {0}")
  @ValueSource(ints = {0, 1, -1, 5000, Integer.MAX_VALUE, Integer.MIN_VALUE, -5000})
  void orderIsTheSameEverywhereOnTheCircle(final int at) {
    for (final int distance : new int[] {1, 2, 1460, 65_536, 1 << 30, FAR}) {
      final int later = at + distance;
      assertTrue(Seq.lt(at, later));
      assertTrue(Seq.leq(at, later));
      assertTrue(Seq.gt(later, at));
      assertTrue(Seq.geq(later, at));
      assertFalse(Seq.lt(later, at));
      assertFalse(Seq.leq(later, at));
      assertFalse(Seq.gt(at, later));
      assertFalse(Seq.geq(at, later));
      assertEquals(later, Seq.max(at, later));
      assertEquals(later, Seq.max(later, at));
      assertEquals(at, Seq.min(at, later));
      assertEquals(at, Seq.min(later, at));
    }
    assertFalse(Seq.lt(at, at));
    assertFalse(Seq.gt(at, at));
    assertTrue(Seq.leq(at, at));
    assertTrue(Seq.geq(at, at));
    assertEquals(at, Seq.max(at, at));
  }

  @ParameterizedTest(name = "{0} in [{1}, +{2}): {3}")
  @CsvSource({
    "10, 10, 1, true",
    "10, 10, 0, false",
    "9, 10, 5, false",
    "14, 10, 5, true",
    "15, 10, 5, false",
    "2, -3, 6, true",
    "3, -3, 6, false",
    "-4, -3, 6, false",
    "2147483646, 0, 2147483647, true",
    "2147483647, 0, 2147483647, false",
    "-1, 0, 2147483647, false"
  })
  void window(final int value, final int from, final int length, final boolean inside) {
    assertEquals(inside, Seq.inWindow(value, from, length));
  }
}
