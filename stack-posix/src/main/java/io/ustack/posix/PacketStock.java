package io.ustack.posix;

import io.ustack.buffer.LentPackets;
import io.ustack.buffer.Packet;
import java.util.concurrent.locks.Lock;
import org.jspecify.annotations.Nullable;

/** Empty packets of a shard that applications may claim: fetched several at a time. Any thread. */
final class PacketStock {
  /** What one visit to the stack fetches. */
  private static final int FETCHED = 8;

  private final Shard shard;
  private final Lock lock;
  private final Fetch fetch = new Fetch();

  // Under the lock.
  private final @Nullable Packet[] packets = new @Nullable Packet[FETCHED];
  private int count;

  PacketStock(final Shard shard, final Lock lock) {
    this.shard = shard;
    this.lock = lock;
  }

  /** An empty packet, lent to the caller; null when no more can be lent, or the stack is over. */
  @Nullable Packet claim() {
    lock.lock();
    try {
      if (count == 0) {
        fetch.fetched = 0;
        shard.call(fetch);
        if (fetch.isDone()) {
          count = fetch.fetched;
          System.arraycopy(fetch.packets, 0, packets, 0, count);
        }
      }
      return count == 0 ? null : take();
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Packet take() {
    final Packet packet = packets[--count];
    packets[count] = null;
    return packet;
  }

  /** Gives all back. */
  void close() {
    lock.lock();
    try {
      while (count > 0) {
        final Packet packet = take();
        if (packet != null) {
          shard.lent.giveBack(packet);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private final class Fetch extends StackCall {
    private final @Nullable Packet[] packets = new @Nullable Packet[FETCHED];
    private int fetched;

    @Override
    void run(final long nowNs) {
      final LentPackets lent = shard.lent;
      lent.collect(); // what came back since the last cycle
      Packet packet = lent.lendEmpty();
      while (packet != null) {
        packets[fetched++] = packet;
        packet = fetched < FETCHED ? lent.lendEmpty() : null;
      }
    }
  }
}
