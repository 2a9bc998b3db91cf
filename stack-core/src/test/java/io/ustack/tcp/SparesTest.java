package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

/** What is kept of the parts that are given back. */
class SparesTest {
  @Test
  void theLastIsTakenFirstAndNoMoreAreKeptThanWasSaid() {
    final Spares<Object> spares = new Spares<>(Object::new, 2);
    final Object first = spares.take();
    final Object second = spares.take();
    final Object third = spares.take();
    assertNotSame(first, second);
    spares.give(first);
    spares.give(second);
    spares.give(third);
    assertSame(second, spares.take());
    assertSame(first, spares.take());
    assertNotSame(third, spares.take());
  }
}
