package io.ustack.buffer;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ByteRing} in which packets can stand for their bytes: for a consumer that borrows what
 * arrived instead of having it copied, and a producer that hands over packets which it filled.
 *
 * <p>A packet that stands in the ring counts as its bytes do, towards {@link #length} and {@link
 * #free}, and is read by {@link #peek} as if they had been stored.
 */
public final class PacketRing extends ByteRing {
  /** Null until somebody wants packets, and again once nothing has come for a while. */
  private volatile @Nullable KeptPackets kept;

  /** An empty ring that will hold at most {@code capacityBytes} (at most 1 GiB). */
  public PacketRing(final int capacityBytes) {
    super(capacityBytes);
  }

  /** The same with its storage from a budget. */
  public PacketRing(final int capacityBytes, final MemoryBudget budget) {
    super(capacityBytes, budget);
  }

  /**
   * From now on packets of {@code lent} may stand in it. The application, one thread at a time,
   * whichever end is its own; idempotent.
   */
  public void keepPackets(final LentPackets lent) {
    if (kept == null) {
      kept = new KeptPackets(lent);
    }
  }

  /**
   * Lends a packet that came and lets it stand for bytes that are still to be published, as {@link
   * #store} does with a copy. Producer.
   *
   * @param ahead how many bytes are stored and not published before it
   * @param packet belongs to the ring if the answer is true
   * @param offset where in the packet's memory the bytes are, absolute; {@code length} above 0
   * @return false when no packets are wanted here, or there is no room for one or for its bytes
   */
  public boolean keep(final int ahead, final Packet packet, final int offset, final int length) {
    final KeptPackets packets = kept;
    if (packets == null
        || length <= 0
        || ahead + length > free()
        || !packets.hasRoom()
        || !packets.lent().lend(packet)) {
      return false;
    }
    packet.place(offset, length);
    packets.add(packet, writePosition() + ahead);
    return true;
  }

  /**
   * As {@link #keep}, of a packet that is lent to the caller, placed on the bytes. Producer, which
   * has called {@link #keepPackets}.
   */
  public boolean put(final int ahead, final Packet packet) {
    final KeptPackets packets = kept;
    if (packets == null || ahead + packet.length() > free() || !packets.hasRoom()) {
      return false;
    }
    packets.add(packet, writePosition() + ahead);
    VarHandle.fullFence();
    if (super.isRetired() || packets.isRetired()) {
      // Retired meanwhile, by the consumer: one of the two finds the packet.
      packets.retire();
    }
    return true;
  }

  /**
   * Takes out the packet in which the byte {@code at} bytes behind the head lies, placed on its
   * bytes from there on, and consumes everything to its end. It stays lent, now to the caller.
   * Consumer.
   *
   * @return null when that byte is not in a packet
   */
  public @Nullable Packet take(final int at) {
    final KeptPackets packets = kept;
    if (packets == null || length() <= at) {
      return null;
    }
    final int run = packets.runAt(readPosition() + at);
    final Packet packet = packets.found();
    if (packet == null || packets.lent().isClosed() || !packets.takeFound()) {
      return null;
    }
    packet.place(packets.foundOffset(), run);
    discard(at + run);
    return packet;
  }

  /**
   * How many published bytes, {@code at} bytes behind the head, lie in front of the next packet or
   * the end. Consumer.
   */
  public int runBeforePacket(final int at) {
    final int left = length() - at;
    final KeptPackets packets = kept;
    if (packets == null) {
      return left;
    }
    final int run = packets.runAt(readPosition() + at);
    return packets.found() == null ? Math.min(left, run) : 0;
  }

  @Override
  public void peek(final int at, final ByteBuffer target, final int offset, final int length) {
    final KeptPackets packets = kept;
    if (packets == null) {
      super.peek(at, target, offset, length);
    } else {
      peek(packets, at, target, null, offset, length);
    }
  }

  @Override
  public void peek(final int at, final byte[] target, final int offset, final int length) {
    final KeptPackets packets = kept;
    if (packets == null) {
      super.peek(at, target, offset, length);
    } else {
      peek(packets, at, null, target, offset, length);
    }
  }

  /** Of the two targets exactly one is not null. */
  private void peek(
      final KeptPackets packets,
      final int at,
      final @Nullable ByteBuffer buffer,
      final byte @Nullable [] array,
      final int offset,
      final int length) {
    checkPublished(at, length);
    for (int moved = 0; moved < length; ) {
      final int run = Math.min(packets.runAt(readPosition() + at + moved), length - moved);
      final Packet packet = packets.found();
      if (packet == null && buffer != null) {
        super.peek(at + moved, buffer, offset + moved, run);
      } else if (packet == null && array != null) {
        super.peek(at + moved, array, offset + moved, run);
      } else if (packet != null && buffer != null) {
        buffer.put(offset + moved, packet.bytes(), packets.foundOffset(), run);
      } else if (packet != null && array != null) {
        packet.bytes().get(packets.foundOffset(), array, offset + moved, run);
      }
      moved += run;
    }
  }

  @Override
  public void discard(final int length) {
    super.discard(length);
    final KeptPackets packets = kept;
    if (packets != null) {
      packets.dropBefore(readPosition());
    }
  }

  /** As {@link #take}, by the stack, to which the packet belongs from here on. Stack thread. */
  public @Nullable Packet reclaim(final int at) {
    final KeptPackets packets = kept;
    final Packet packet = packets == null ? null : take(at);
    if (packets != null && packet != null) {
      packets.lent().reclaim(packet);
    }
    return packet;
  }

  /** As {@link ByteRing#retire}; the packets are given back. */
  @Override
  public void retire() {
    super.retire();
    givePacketsBack();
  }

  /**
   * Gives back all packets that stand in it, and those that are {@link #put} later: what their
   * bytes were nobody will ask, or is told that it {@link #isRetired}. Stack thread.
   */
  public void givePacketsBack() {
    final KeptPackets packets = kept;
    if (packets != null) {
      packets.retire();
    }
  }

  /** How many packets stand in it, about. Any thread. */
  public int packets() {
    final KeptPackets packets = kept;
    return packets == null ? 0 : packets.count();
  }

  /** As {@link ByteRing#sleep}; packets are wanted again once somebody says so. */
  @Override
  public void sleep() {
    super.sleep();
    if (kept != null && length() == 0) {
      kept = null;
    }
  }

  @Override
  public void renew(final int newCapacityBytes) {
    kept = null;
    super.renew(newCapacityBytes);
  }

  @Override
  public boolean isFresh() {
    return kept == null && super.isFresh();
  }

  /**
   * As {@link ByteRing#isRetired}; and when its packets were given back, or the stack is closed.
   */
  @Override
  public boolean isRetired() {
    VarHandle.loadLoadFence(); // what was read before this was read before the packets went
    final KeptPackets packets = kept;
    return super.isRetired()
        || (packets != null && (packets.isRetired() || packets.lent().isClosed()));
  }
}
