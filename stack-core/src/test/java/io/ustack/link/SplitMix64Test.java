package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SplitMix64Test {
  @Test
  void givesThePublishedNumbers() {
    final SplitMix64 random = new SplitMix64(1234567);
    assertEquals(6457827717110365317L, random.next());
    assertEquals(3203168211198807973L, random.next());
    assertEquals(Long.parseUnsignedLong("9817491932198370423"), random.next());
  }

  @Test
  void agreesWithTheLibrary() {
    for (long seed = -50; seed < 50; seed++) {
      final SplitMix64 ours = new SplitMix64(seed);
      final SplittableRandom theirs = new SplittableRandom(seed);
      for (int i = 0; i < 100; i++) {
        assertEquals(theirs.nextLong(), ours.next());
      }
    }
  }

  @Test
  void probabilitiesAreKept() {
    final SplitMix64 random = new SplitMix64(1);
    int hits = 0;
    for (int i = 0; i < 100_000; i++) {
      assertFalse(random.happens(0));
      assertTrue(random.happens(1));
      hits += random.happens(0.1) ? 1 : 0;
    }
    assertEquals(10_000, hits, 400); // four standard deviations
  }

  @Test
  void boundsAreKept() {
    final SplitMix64 random = new SplitMix64(2);
    final int[] seen = new int[7];
    for (int i = 0; i < 70_000; i++) {
      seen[(int) random.below(7)]++;
    }
    for (final int count : seen) {
      assertEquals(10_000, count, 400);
    }
  }
}
