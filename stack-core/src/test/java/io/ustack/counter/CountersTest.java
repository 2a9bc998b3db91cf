package io.ustack.counter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.Allocation;
import org.junit.jupiter.api.Test;

class CountersTest {
  private final Counters counters = new Counters();

  @Test
  void everyCounterAndDropReasonHasItsOwnPlace() {
    int amount = 1;
    for (final Counter counter : Counter.values()) {
      counters.add(counter, amount++);
    }
    for (final DropReason reason : DropReason.values()) {
      for (int i = 0; i <= reason.ordinal(); i++) {
        counters.drop(reason);
      }
    }
    amount = 1;
    for (final Counter counter : Counter.values()) {
      assertEquals(amount++, counters.value(counter));
    }
    long drops = 0;
    for (final DropReason reason : DropReason.values()) {
      assertEquals(reason.ordinal() + 1, counters.value(reason));
      drops += reason.ordinal() + 1;
    }
    assertEquals(drops, counters.drops());
  }

  @Test
  void incrementsAddUp() {
    counters.increment(Counter.FRAMES_IN);
    counters.increment(Counter.FRAMES_IN);
    counters.add(Counter.FRAMES_IN, 1L << 40);
    assertEquals((1L << 40) + 2, counters.value(Counter.FRAMES_IN));
    assertEquals(0, counters.drops());
  }

  @Test
  void anotherThreadSeesThemGrow() throws InterruptedException {
    final Thread stack =
        new Thread(
            () -> {
              for (int i = 0; i < 1_000_000; i++) {
                counters.increment(Counter.BYTES_OUT);
                counters.drop(DropReason.LINK_CLOSED);
              }
            });
    stack.start();
    long last = 0;
    while (last < 1_000_000) {
      final long now = counters.value(Counter.BYTES_OUT);
      assertTrue(now >= last, "a counter went from " + last + " to " + now);
      last = now;
    }
    stack.join();
    assertEquals(1_000_000, counters.value(DropReason.LINK_CLOSED));
  }

  @Test
  void allocatesNothing() {
    final Runnable round =
        () -> {
          counters.increment(Counter.FRAMES_OUT);
          counters.drop(DropReason.UDP_LENGTH);
        };
    assertEquals(0, Allocation.bytesOfWarmRounds(20_000, 1_000, round));
  }
}
