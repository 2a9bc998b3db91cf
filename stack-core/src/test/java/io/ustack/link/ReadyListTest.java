package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReadyListTest {
  private final ReadyList list = new ReadyList();
  private final Emitter first = new Silent();
  private final Emitter second = new Silent();
  private final Emitter third = new Silent();

  private static final class Silent extends Emitter {
    @Override
    public boolean emit(final long nowNs) {
      return false;
    }
  }

  @Test
  void firstInFirstOut() {
    assertTrue(list.isEmpty());
    assertNull(list.poll());
    list.add(first);
    list.add(second);
    list.add(third);
    assertFalse(list.isEmpty());
    assertSame(first, list.poll());
    list.add(first);
    assertSame(second, list.poll());
    assertSame(third, list.poll());
    assertSame(first, list.poll());
    assertNull(list.poll());
    assertTrue(list.isEmpty());
  }

  @Test
  void anEmitterIsInTheListOnce() {
    list.add(first);
    list.add(second);
    list.add(first);
    assertSame(first, list.poll());
    assertSame(second, list.poll());
    assertNull(list.poll());
    list.add(second);
    assertSame(second, list.poll());
    assertNull(list.poll());
  }

  @Test
  void laterIsTheNextCycle() {
    list.addLater(first);
    list.addLater(second);
    list.addLater(first);
    list.add(second);
    list.add(third);
    assertSame(third, list.poll());
    assertNull(list.poll());
    list.add(third);
    list.nextCycle();
    assertSame(third, list.poll());
    assertSame(first, list.poll());
    assertSame(second, list.poll());
    assertNull(list.poll());
    list.addLater(first);
    list.nextCycle();
    list.nextCycle();
    assertSame(first, list.poll());
    assertNull(list.poll());
  }
}
