package io.ustack.buffer;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The packets of one stack that applications hold, or will be shown: a bounded share of the pool,
 * so that who never gives anything back keeps nobody from receiving.
 *
 * <p>Packets are lent on the stack thread. Any thread gives them back; they return to the pool when
 * the stack thread next {@link #collect}s.
 */
public final class LentPackets {
  /** Empty places before and behind {@link #returned}: 128 bytes, however long a reference is. */
  private static final int SLACK = 32;

  // What the stack thread writes with each loan, away from what others look at to end one.
  private static final int COUNT = 0;
  private static final int REFUSED = 1;

  private final PacketPool pool;
  private final @Nullable Packet[] lent;
  private final SpacedLongs own = new SpacedLongs(2);

  /** Of these, packets that came; the rest is for those that are to be filled. */
  private final int mostReceived;

  /** What was given back, linked by {@link Packet#next}; only ever taken as a whole. */
  private final AtomicReferenceArray<@Nullable Packet> returned =
      new AtomicReferenceArray<>(SLACK + 1 + SLACK);

  private volatile boolean closed;

  private boolean refuses;

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
    if (closed || refuses || count() >= mostReceived) {
      noteRefusal();
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
    final int taken = (int) own.getPlain(REFUSED);
    own.setPlain(REFUSED, 0);
    return taken;
  }

  private void noteRefusal() {
    own.setPlain(REFUSED, own.getPlain(REFUSED) + (refuses ? 1 : 0));
  }

  private void note(final Packet packet) {
    final int at = count();
    packet.lentAt = at;
    lent[at] = packet;
    own.setPlain(COUNT, at + 1);
  }

  /** Lends an empty packet to be filled; null when share or pool are used up. Stack thread. */
  public @Nullable Packet lendEmpty() {
    if (closed || refuses || count() == lent.length) {
      noteRefusal();
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
    final int left = count() - 1;
    own.setPlain(COUNT, left);
    final Packet last = lent[left];
    lent[left] = null;
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
      before = returned.get(SLACK);
      packet.next = before;
    } while (!returned.compareAndSet(SLACK, before, packet));
  }

  /** Releases what was given back. Stack thread; returns how many. */
  public int collect() {
    if (returned.get(SLACK) == null) {
      return 0;
    }
    int collected = 0;
    Packet packet = returned.getAndSet(SLACK, null);
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
    return returned.get(SLACK) == null;
  }

  /** How many are lent, what was not collected yet included. Stack thread. */
  public int count() {
    return (int) own.getPlain(COUNT);
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
    final int left = count();
    for (int i = 0; i < left; i++) {
      final Packet packet = lent[i];
      if (packet != null) {
        packet.release();
      }
    }
    Arrays.fill(lent, 0, left, null);
    own.setPlain(COUNT, 0);
  }
}
