package io.ustack.buffer;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The packets of one stack that applications hold, or will be shown: a bounded share of the pool,
 * so that who never gives anything back keeps nobody from receiving.
 *
 * <p>Packets are lent on the stack thread. Any thread gives them back; they return to the pool when
 * the stack thread next {@link #collect}s.
 */
public final class LentPackets {
  private final PacketPool pool;
  private final @Nullable Packet[] lent;
  private int count;

  /** Of these, packets that came; the rest is for those that are to be filled. */
  private final int mostReceived;

  /** What was given back, linked by {@link Packet#next}; only ever taken as a whole. */
  private final AtomicReference<@Nullable Packet> returned = new AtomicReference<>();

  private volatile boolean closed;

  private boolean refuses;
  private int refused;

  /** None yet, and {@code most} at a time. */
  public LentPackets(final PacketPool pool, final int most) {
    this.pool = pool;
    lent = new @Nullable Packet[most];
    mostReceived = most - most / 4;
  }

  /**
   * Lends a packet that came, if three quarters of the share allow it: peers send those, and may
   * not use up what applications need to send. From then on it belongs to whoever it is lent to.
   * Stack thread.
   */
  public boolean lend(final Packet packet) {
    if (closed || refuses || count >= mostReceived) {
      refused += refuses ? 1 : 0;
      return false;
    }
    note(packet);
    return true;
  }

  /** While packets are short nothing is lent: what comes is copied. Stack thread. */
  public void refuse(final boolean newRefuses) {
    refuses = newRefuses;
  }

  /** How many were {@linkplain #refuse refused} since the last call. Stack thread. */
  public int takeRefused() {
    final int taken = refused;
    refused = 0;
    return taken;
  }

  private void note(final Packet packet) {
    packet.lentAt = count;
    lent[count++] = packet;
  }

  /** Lends an empty packet to be filled; null when share or pool are used up. Stack thread. */
  public @Nullable Packet lendEmpty() {
    if (closed || refuses || count == lent.length) {
      refused += refuses ? 1 : 0;
      return null;
    }
    final Packet packet = pool.allocate();
    if (packet != null) {
      note(packet);
    }
    return packet;
  }

  /** Ends the loan of a packet that came back in other ways: it is the caller's. Stack thread. */
  public void reclaim(final Packet packet) {
    final int at = packet.lentAt;
    final Packet last = lent[--count];
    lent[count] = null;
    if (last != null && last != packet) {
      lent[at] = last;
      last.lentAt = at;
    }
  }

  /**
   * Takes a packet back from whoever it is lent to. Any thread, once per loan; too late, when all
   * is {@linkplain #close closed}, it does nothing.
   */
  public void giveBack(final Packet packet) {
    if (closed) {
      return;
    }
    Packet before;
    do {
      before = returned.get();
      packet.next = before;
    } while (!returned.compareAndSet(before, packet));
  }

  /** Releases what was given back. Stack thread; returns how many. */
  public int collect() {
    if (returned.get() == null) {
      return 0;
    }
    int collected = 0;
    Packet packet = returned.getAndSet(null);
    while (packet != null) {
      final Packet following = packet.next;
      reclaim(packet);
      packet.release();
      packet = following;
      collected++;
    }
    return collected;
  }

  /** Whether nothing waits to be collected. Any thread. */
  public boolean isCollected() {
    return returned.get() == null;
  }

  /** How many are lent, what was not collected yet included. Stack thread. */
  public int count() {
    return count;
  }

  /** How many can be lent at a time. */
  public int most() {
    return lent.length;
  }

  /** Whether {@link #close} was called: what is lent is nobody's memory any more. Any thread. */
  public boolean isClosed() {
    return closed;
  }

  /** The end of the stack: everything goes back to the pool, whoever holds it. Stack thread. */
  public void close() {
    closed = true;
    collect();
    for (int i = 0; i < count; i++) {
      final Packet packet = lent[i];
      if (packet != null) {
        packet.release();
      }
    }
    Arrays.fill(lent, 0, count, null);
    count = 0;
  }
}
