package io.ustack.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandQueueTest {
  @Test
  void isBoundedAndInOrder() {
    final CommandQueue queue = new CommandQueue(4);
    final Command[] commands = new Command[5];
    for (int i = 0; i < 5; i++) {
      commands[i] = new Numbered(0, i);
    }
    // Several times around.
    for (int round = 0; round < 10; round++) {
      assertTrue(queue.isEmpty());
      assertNull(queue.poll());
      for (int i = 0; i < 4; i++) {
        assertTrue(queue.offer(commands[i]));
      }
      assertFalse(queue.offer(commands[4]));
      assertSame(commands[0], queue.poll());
      assertTrue(queue.offer(commands[4]));
      for (int i = 1; i < 5; i++) {
        assertSame(commands[i], queue.poll());
      }
    }
  }

  @Test
  void hasAPowerOfTwoOfSlots() {
    assertThrows(IllegalArgumentException.class, () -> new CommandQueue(0));
    assertThrows(IllegalArgumentException.class, () -> new CommandQueue(3));
  }

  private record Numbered(int producer, int number) implements Command {
    @Override
    public void execute(final long nowNs) {}
  }

  /** Nothing is lost, doubled or overtaken by what the same thread offered later. */
  @SuppressWarnings("ThreadPriorityCheck") // Faster where cores are few; nothing depends on it.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 64})
  void manyThreadsOfferWhileOnePolls(final int capacity) throws InterruptedException {
    final int producers = 4;
    final int each = 5_000;
    final CommandQueue queue = new CommandQueue(capacity);
    final Thread[] threads = new Thread[producers];
    for (int p = 0; p < producers; p++) {
      final int producer = p;
      threads[p] =
          new Thread(
              () -> {
                for (int number = 0; number < each; number++) {
                  final Command command = new Numbered(producer, number);
                  while (!queue.offer(command)) {
                    Thread.yield();
                  }
                }
              });
      threads[p].start();
    }
    final int[] next = new int[producers];
    for (int taken = 0; taken < producers * each; ) {
      final Command command = queue.poll();
      if (command instanceof Numbered numbered) {
        assertEquals(next[numbered.producer]++, numbered.number);
        taken++;
      } else {
        Thread.yield();
      }
    }
    for (final Thread thread : threads) {
      thread.join();
    }
    assertTrue(queue.isEmpty());
    assertNull(queue.poll());
  }
}
