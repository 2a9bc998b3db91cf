package io.ustack.testing;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import java.util.Objects;

/** A link on which one and the same frame arrives, and which allocates nothing. */
public final class RepeatLink implements LinkDevice {
  private final LinkCapabilities capabilities =
      new LinkCapabilities("repeat", TestNet.OUR_MAC, 1500, false);
  private final MemoryPacketPool pool;
  private byte[] frame = new byte[0];
  private int pending;
  private long sent;

  public RepeatLink() {
    this(new MemoryPacketPool(256, 1514));
  }

  /** A link that shares its pool with others. */
  public RepeatLink(final MemoryPacketPool pool) {
    this.pool = pool;
  }

  /** This frame arrives so many times. */
  public void arrive(final byte[] newFrame, final int times) {
    frame = newFrame;
    pending = times;
  }

  /** Frames that the stack sent. */
  public long sent() {
    return sent;
  }

  @Override
  public LinkCapabilities capabilities() {
    return capabilities;
  }

  @Override
  public PacketPool pool() {
    return pool;
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    final int count = Math.min(max, pending);
    for (int i = 0; i < count; i++) {
      final Packet packet = Objects.requireNonNull(pool.allocate());
      packet.bytes().put(packet.append(frame.length), frame);
      frames[i] = packet;
    }
    pending -= count;
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    for (int i = 0; i < count; i++) {
      frames[i].release();
    }
    sent += count;
    return count;
  }

  @Override
  public long lostFrames() {
    return 0;
  }

  @Override
  public void close() {}
}
