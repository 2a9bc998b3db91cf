package io.ustack.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SpacedLongsTest {
  private static final int LINE_BYTES = 64;

  /** An array is one piece, so what is that far apart shares no line, wherever the array lies. */
  @Test
  void nothingLiesInTheLineOfAnother() {
    for (int count = 1; count < 5; count++) {
      final SpacedLongs longs = new SpacedLongs(count);
      int before = 0; // the first word of the array: other objects end there
      for (int i = 0; i < count; i++) {
        final int place = SpacedLongs.place(i);
        assertTrue((place - before) * Long.BYTES >= LINE_BYTES, "in front of " + i);
        before = place;
      }
      assertTrue((longs.length() - before) * Long.BYTES >= LINE_BYTES, "behind the last");
    }
  }

  @Test
  void eachIsAWordOfItsOwn() {
    final SpacedLongs longs = new SpacedLongs(3);
    longs.setPlain(0, 1);
    longs.setRelease(1, 2);
    assertTrue(longs.compareAndSet(2, 0, 3));
    assertFalse(longs.compareAndSet(2, 0, 4));
    assertEquals(1, longs.get(0));
    assertEquals(2, longs.getPlain(1));
    assertEquals(3, longs.get(2));
  }
}
