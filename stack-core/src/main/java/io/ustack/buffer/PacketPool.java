package io.ustack.buffer;

import org.jspecify.annotations.Nullable;

/** Where packets come from and go back to. One pool, one thread. */
public interface PacketPool {
  /**
   * An empty packet with full headroom, owned by the caller.
   *
   * @return null when the pool is exhausted; the caller counts that and goes without
   */
  @Nullable Packet allocate();

  /** Takes a packet back; {@link Packet#release()} calls it. */
  void release(Packet packet);

  /** Packets that are in somebody's hands now. Zero at the end of every test. */
  int inUse();

  /** Packets in all. */
  int capacity();

  /**
   * Packets that nobody has, about: what {@link #allocate} and the link can still take. Asked once
   * per packet, so it costs next to nothing.
   */
  default int available() {
    return capacity() - inUse();
  }

  /** Bytes of a frame that fit behind the headroom of {@link #allocate()}. */
  int frameCapacityBytes();
}
