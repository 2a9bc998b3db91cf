package io.ustack.tcp.congestion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class WindowedMaxTest {
  private static final int LENGTH = 10;

  private final WindowedMax max = new WindowedMax();

  @Test
  void largestStaysForTheWindowAndThenGoes() {
    max.update(100, 0, LENGTH);
    for (int round = 1; round <= LENGTH; round++) {
      max.update(50, round, LENGTH);
      assertEquals(100, max.value(), "round " + round);
    }
    max.update(50, LENGTH + 1, LENGTH);
    assertEquals(50, max.value());
  }

  @Test
  void nextLargestFollows() {
    max.update(100, 0, LENGTH);
    max.update(80, 4, LENGTH);
    max.update(60, 8, LENGTH);
    max.update(10, 11, LENGTH);
    assertEquals(80, max.value());
    max.update(10, 15, LENGTH);
    assertEquals(60, max.value());
    max.update(10, 19, LENGTH);
    assertEquals(10, max.value());
  }

  @Test
  void secondThatIsTooOldGoesWithTheFirst() {
    max.update(100, 0, LENGTH);
    max.update(80, 3, LENGTH);
    max.update(60, 8, LENGTH);
    max.update(10, 15, LENGTH);
    assertEquals(60, max.value());
  }

  @Test
  void silenceForLongerThanTheWindowForgetsEverything() {
    max.update(100, 0, LENGTH);
    max.update(5, 50, LENGTH);
    assertEquals(5, max.value());
  }

  /** Against the true maximum: never above it, and never below that of the newest quarter. */
  @Test
  void isBetweenTheMaximaOfTheWindowAndOfItsNewestPart() {
    final Random random = new Random(1);
    final int rounds = 10_000;
    final long[] seen = new long[rounds];
    for (int round = 0; round < rounds; round++) {
      seen[round] = random.nextInt(1000);
      max.update(seen[round], round, LENGTH);
      long whole = 0;
      long newest = 0;
      for (int back = 0; back <= LENGTH && back <= round; back++) {
        whole = Math.max(whole, seen[round - back]);
        newest = back <= LENGTH / 4 ? Math.max(newest, seen[round - back]) : newest;
      }
      assertTrue(max.value() <= whole, "round " + round);
      assertTrue(max.value() >= newest, "round " + round);
    }
  }
}
