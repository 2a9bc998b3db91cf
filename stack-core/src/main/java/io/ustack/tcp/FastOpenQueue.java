package io.ustack.tcp;

/**
 * Connections of one listener that were opened by a cookie and whose handshake is not done: their
 * number is what a stolen cookie can cost us (RFC 7413 5.1). One that ended in RST keeps its place
 * for a while, or who spoofs could make room for himself.
 */
final class FastOpenQueue {
  /** Linux tcp_fastopen_queue_check: 60 s. */
  private static final long HELD_NS = 60_000_000_000L;

  private final long[] heldUntilNs;
  private int firstHeld;
  private int held;
  private int pending;

  /** A queue for {@code limit} connections, at least one. */
  FastOpenQueue(final int limit) {
    heldUntilNs = new long[limit];
  }

  int limit() {
    return heldUntilNs.length;
  }

  int pending() {
    return pending;
  }

  /** Whether no more may be opened this way now; others go on as if they had no cookie. */
  boolean isFull(final long nowNs) {
    while (held > 0 && heldUntilNs[firstHeld] - nowNs <= 0) {
      firstHeld = (firstHeld + 1) % heldUntilNs.length;
      held--;
    }
    return pending + held >= heldUntilNs.length;
  }

  void onOpened() {
    pending++;
  }

  /** Its handshake is done, or it is gone. */
  void onEnded() {
    pending--;
  }

  /** RST ends it; {@link #onEnded} follows. */
  void onReset(final long nowNs) {
    if (held < heldUntilNs.length) {
      heldUntilNs[(firstHeld + held) % heldUntilNs.length] = nowNs + HELD_NS;
      held++;
    }
  }
}
