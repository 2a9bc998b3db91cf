package io.ustack.stack;

import io.ustack.buffer.SpacedLongs;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Commands on their way to the stack thread: bounded, any number of threads offer, one polls, no
 * locks. What one thread offers stays in order.
 */
public final class CommandQueue {
  /** Commands taken, written by the stack thread. */
  private static final int HEAD = 0;

  /** Slots claimed by offering threads. */
  private static final int TAIL = 1;

  private final AtomicReferenceArray<@Nullable Command> slots;
  private final int mask;
  private final SpacedLongs positions = new SpacedLongs(2);

  /** A queue for {@code capacity} commands, a power of two. */
  public CommandQueue(final int capacity) {
    if (Integer.bitCount(capacity) != 1) {
      throw new IllegalArgumentException("capacity is not a power of two: " + capacity);
    }
    slots = new AtomicReferenceArray<>(capacity);
    mask = capacity - 1;
  }

  /** Adds a command; any thread. False when the queue is full. */
  public boolean offer(final Command command) {
    long claimed;
    do {
      claimed = positions.get(TAIL);
      if (claimed - positions.get(HEAD) > mask) {
        return false;
      }
    } while (!positions.compareAndSet(TAIL, claimed, claimed + 1));
    slots.setRelease((int) claimed & mask, command);
    return true;
  }

  /**
   * Takes the oldest command; stack thread only. Null when there is none, or when the thread that
   * claimed the next slot has not filled it yet.
   */
  @Nullable Command poll() {
    final long next = positions.getPlain(HEAD);
    final int slot = (int) next & mask;
    final Command command = slots.getAcquire(slot);
    if (command != null) {
      slots.setPlain(slot, null);
      // Whoever sees the new head may fill the slot again, after it was cleared.
      positions.setRelease(HEAD, next + 1);
    }
    return command;
  }

  /** Whether nothing was offered that has not been taken; any thread. */
  public boolean isEmpty() {
    return positions.get(HEAD) == positions.get(TAIL);
  }
}
