package io.ustack.tcp;

import org.jspecify.annotations.Nullable;

/**
 * The retransmit queues of one stack that nobody needs just now: a connection borrows one for as
 * long as something of it is outstanding, so idle ones cost nothing and busy ones allocate nothing.
 */
final class RetransmitQueues {
  private static final int MAX_IDLE = 8192;

  /** Segments that the idle ones have memory for, all together. */
  private static final int MAX_IDLE_SEGMENTS = 1 << 17;

  private final @Nullable RetransmitQueue[] idle = new @Nullable RetransmitQueue[MAX_IDLE];
  private int count;
  private int segments;

  /** An empty one. */
  RetransmitQueue take() {
    if (count == 0) {
      return new RetransmitQueue();
    }
    final RetransmitQueue queue = idle[--count];
    idle[count] = null;
    if (queue == null) {
      return new RetransmitQueue();
    }
    segments -= queue.capacity();
    return queue;
  }

  /** Gives it back; its owner forgets it. */
  void give(final RetransmitQueue queue) {
    if (count < MAX_IDLE && segments + queue.capacity() <= MAX_IDLE_SEGMENTS) {
      if (!queue.isEmpty()) {
        queue.clear();
      }
      segments += queue.capacity();
      idle[count++] = queue;
    }
  }
}
