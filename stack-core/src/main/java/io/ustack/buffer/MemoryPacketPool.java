package io.ustack.buffer;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A pool over one direct buffer, for links that need no DPDK. */
public final class MemoryPacketPool implements PacketPool {
  private final Packet[] free;
  private final int frameCapacityBytes;
  private int freeCount;

  /**
   * A pool of {@code capacity} packets.
   *
   * @param frameCapacityBytes the longest frame a packet can hold
   * @throws IllegalArgumentException unless both are above 0 and all of it fits 2 GiB
   */
  public MemoryPacketPool(final int capacity, final int frameCapacityBytes) {
    final long bytesEach = (Packet.HEADROOM_BYTES + (long) frameCapacityBytes + 63) & ~63;
    if (capacity < 1 || frameCapacityBytes < 1 || capacity * bytesEach > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a pool of " + capacity + " packets for frames of " + frameCapacityBytes + " bytes");
    }
    final int stride = (int) bytesEach;
    final ByteBuffer memory = ByteBuffer.allocateDirect(capacity * stride);
    this.frameCapacityBytes = frameCapacityBytes;
    free = new Packet[capacity];
    for (int i = 0; i < capacity; i++) {
      free[capacity - 1 - i] = new Packet(this, i, memory, i * stride, stride);
    }
    freeCount = capacity;
  }

  @Override
  public @Nullable Packet allocate() {
    if (freeCount == 0) {
      return null;
    }
    final Packet packet = free[--freeCount];
    packet.take();
    return packet;
  }

  @Override
  public void release(final Packet packet) {
    packet.drop();
    free[freeCount++] = packet;
  }

  @Override
  public int inUse() {
    return free.length - freeCount;
  }

  @Override
  public int capacity() {
    return free.length;
  }

  @Override
  public int frameCapacityBytes() {
    return frameCapacityBytes;
  }
}
