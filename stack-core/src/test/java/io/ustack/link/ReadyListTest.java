package io.ustack.link;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
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
    list.add(third);
    assertSame(third, list.poll());
    assertNull(list.poll());
    list.add(third);
    list.addLater(third);
    list.nextCycle();
    assertSame(third, list.poll());
    assertSame(first, list.poll());
    assertSame(second, list.poll());
    assertNull(list.poll());
    list.addLater(first);
    assertFalse(list.isEmpty()); // or the stack would sleep over it
    list.nextCycle();
    list.nextCycle();
    assertSame(first, list.poll());
    assertNull(list.poll());
  }

  /** Who was to wait has something to say at once, and perhaps something else later. */
  @Test
  void nowComesBeforeLater() {
    list.addLater(first);
    list.add(first);
    assertSame(first, list.poll());
    list.nextCycle();
    assertNull(list.poll());
    list.addLater(first);
    list.add(first);
    assertSame(first, list.poll());
    list.addLater(first);
    list.nextCycle();
    assertSame(first, list.poll());
    assertNull(list.poll());
  }

  @Test
  void isAsLongAsItHasToBe() {
    final Emitter[] many = new Emitter[1000];
    for (int i = 0; i < many.length; i++) {
      many[i] = new Silent();
    }
    for (int round = 0; round < 3; round++) {
      list.add(first); // so that it does not begin where its memory does
      assertSame(first, list.poll());
      for (int i = 0; i < many.length; i += 2) {
        list.add(many[i]);
        list.addLater(many[i + 1]);
      }
      for (int i = 0; i < many.length; i += 2) {
        assertSame(many[i], list.poll());
      }
      assertNull(list.poll());
      list.nextCycle();
      for (int i = 1; i < many.length; i += 2) {
        assertSame(many[i], list.poll());
      }
      assertNull(list.poll());
    }
  }

  @Test
  void whoComesNextCanBeLookedAt() {
    assertNull(list.peek(0));
    list.add(first);
    list.addLater(third);
    assertSame(first, list.peek(0));
    assertNull(list.peek(1));
    for (int i = 1; i < 64; i++) {
      list.add(new Silent()); // as many as there is memory for
    }
    list.poll();
    list.add(second);
    assertSame(second, list.peek(63));
    assertNull(list.peek(64));
    assertSame(list.peek(0), list.poll());
  }

  // ---- Without memory

  private boolean hasMemory = true;
  private final ReadyList poor =
      new ReadyList(
          places -> {
            if (!hasMemory) {
              throw new OutOfMemoryError("on purpose");
            }
            return new Emitter[places];
          });

  private static Emitter[] many(final int count) {
    final Emitter[] many = new Emitter[count];
    Arrays.setAll(many, i -> new Silent());
    return many;
  }

  private void expectFromPoor(final Emitter... emitters) {
    for (final Emitter emitter : emitters) {
      assertSame(emitter, poor.poll());
    }
    assertNull(poor.poll());
    assertTrue(poor.isEmpty());
  }

  /** Who could not be listed is in no list: asking again later works. */
  @Test
  void whoFindsNoPlaceIsNotListed() {
    final Emitter[] many = many(64);
    for (final Emitter emitter : many) {
      poor.add(emitter);
    }
    hasMemory = false;
    assertThrows(OutOfMemoryError.class, () -> poor.add(first));
    poor.add(many[63]); // it is there
    assertSame(many[0], poor.poll());
    poor.add(first); // a place has become free
    expectFromPoor(concatenated(Arrays.copyOfRange(many, 1, 64), first));
  }

  @Test
  void whoFindsNoPlaceForLaterMayTryAgain() {
    final Emitter[] many = many(64);
    for (final Emitter emitter : many) {
      poor.addLater(emitter);
    }
    hasMemory = false;
    assertThrows(OutOfMemoryError.class, () -> poor.addLater(first));
    poor.addLater(many[63]);
    hasMemory = true;
    poor.addLater(first);
    poor.addLater(second);
    hasMemory = false;
    assertThrows(OutOfMemoryError.class, poor::nextCycle); // the other list is too short
    hasMemory = true;
    poor.nextCycle();
    expectFromPoor(concatenated(many, first, second));
  }

  /**
   * Those that were to wait for the next cycle stay where they are, and are asked a cycle later.
   */
  @Test
  void withoutMemoryNobodyMovesIntoTheNextCycle() {
    final Emitter[] many = many(64);
    for (final Emitter emitter : many) {
      poor.add(emitter);
    }
    poor.addLater(first);
    poor.addLater(second);
    hasMemory = false;
    assertThrows(OutOfMemoryError.class, poor::nextCycle);
    assertSame(many[0], poor.poll());
    assertThrows(OutOfMemoryError.class, poor::nextCycle); // one place for two
    poor.addLater(first); // it is there
    assertSame(many[1], poor.poll());
    poor.nextCycle();
    expectFromPoor(concatenated(Arrays.copyOfRange(many, 2, 64), first, second));
  }

  private static Emitter[] concatenated(final Emitter[] some, final Emitter... more) {
    final Emitter[] all = Arrays.copyOf(some, some.length + more.length);
    System.arraycopy(more, 0, all, some.length, more.length);
    return all;
  }
}
