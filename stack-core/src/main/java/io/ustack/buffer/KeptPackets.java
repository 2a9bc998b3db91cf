package io.ustack.buffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Packets, in order, each with the positions of the bytes of a {@link PacketRing} that it stands
 * for. One producer, one consumer; whoever takes a packet out of its slot owns it, so that the
 * queue can be {@linkplain #retire retired} under the consumer.
 */
final class KeptPackets {
  /** About 90 kB of segments; what comes beyond is copied. */
  private static final int CAPACITY = 64;

  private static final int NONE_BEFORE_END = Integer.MAX_VALUE;

  private static final VarHandle FIRST;
  private static final VarHandle END;

  static {
    try {
      final MethodHandles.Lookup lookup = MethodHandles.lookup();
      FIRST = lookup.findVarHandle(KeptPackets.class, "first", int.class);
      END = lookup.findVarHandle(KeptPackets.class, "end", int.class);
    } catch (final ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final LentPackets lent;
  private final AtomicReferenceArray<@Nullable Packet> packets =
      new AtomicReferenceArray<>(CAPACITY);
  private final int[] starts = new int[CAPACITY];
  private final int[] ends = new int[CAPACITY];
  private volatile boolean retired;
  private volatile int first;
  private volatile int end;

  /** Where the last {@link #runAt} looked: bytes are mostly asked for in order. Consumer. */
  private int lastLooked;

  // What runAt found; consumer.
  private @Nullable Packet found;
  private int foundSlot;
  private int foundOffset;

  KeptPackets(final LentPackets lent) {
    this.lent = lent;
  }

  LentPackets lent() {
    return lent;
  }

  /** Whether there is room for one more. Producer. */
  boolean hasRoom() {
    return end - first < CAPACITY;
  }

  /** How many there are, those included that were taken out of the middle. Any thread. */
  int count() {
    return end - first;
  }

  /** Adds a packet that is placed on the bytes from {@code position} on. Producer, with room. */
  void add(final Packet packet, final int position) {
    final int slot = end & (CAPACITY - 1);
    starts[slot] = position;
    ends[slot] = position + packet.length();
    packets.setPlain(slot, packet);
    END.setRelease(this, end + 1);
  }

  /**
   * How many bytes from {@code position} on lie in one piece: in {@link #found}, or in the ring
   * when that is null. Consumer; the position is not before those that were dropped.
   */
  int runAt(final int position) {
    found = null;
    for (int i = lookFrom(position); i != end; i++) {
      final int slot = i & (CAPACITY - 1);
      if (position - starts[slot] < 0) {
        return starts[slot] - position;
      }
      lastLooked = i;
      if (position - ends[slot] < 0) {
        final Packet packet = packets.getAcquire(slot);
        if (packet != null) { // else it was retired, and what is read is void
          found = packet;
          foundSlot = slot;
          foundOffset = packet.offset() + (position - starts[slot]);
        }
        return ends[slot] - position;
      }
    }
    return NONE_BEFORE_END;
  }

  /** Where the search begins: all before it lie before {@code position}. */
  private int lookFrom(final int position) {
    final int oldest = first;
    final boolean isThere = lastLooked - oldest >= 0 && end - lastLooked > 0;
    return isThere && position - starts[lastLooked & (CAPACITY - 1)] >= 0 ? lastLooked : oldest;
  }

  /** The packet of the last {@link #runAt}, and from where on. Consumer. */
  @Nullable Packet found() {
    return found;
  }

  int foundOffset() {
    return foundOffset;
  }

  /** Takes out what the last {@link #runAt} found; false when it is gone. Consumer. */
  boolean takeFound() {
    return found != null && packets.compareAndSet(foundSlot, found, null);
  }

  /** Gives back all whose bytes end before or at {@code position}. Consumer. */
  void dropBefore(final int position) {
    int at = first;
    while (at != end && position - ends[at & (CAPACITY - 1)] >= 0) {
      giveBack(at & (CAPACITY - 1));
      at++;
    }
    FIRST.setRelease(this, at);
  }

  /**
   * Nothing of it will be asked for: all are given back. A producer that adds one nevertheless
   * retires them once more.
   */
  void retire() {
    retired = true; // by then who reads may find nothing; who adds finds out
    VarHandle.fullFence();
    for (int slot = 0; slot < CAPACITY; slot++) {
      giveBack(slot);
    }
  }

  /** Whether {@link #retire} was called: what was read before this may be void. */
  boolean isRetired() {
    return retired;
  }

  private void giveBack(final int slot) {
    final Packet packet = packets.getAndSet(slot, null);
    if (packet != null) {
      lent.giveBack(packet);
    }
  }
}
