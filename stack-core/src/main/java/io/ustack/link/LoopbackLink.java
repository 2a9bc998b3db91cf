package io.ustack.link;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A link to itself: every frame transmitted comes back at the next receive, in order, as the same
 * packet. Nothing is copied.
 *
 * <p>Checksums are neither filled in nor verified, as on Linux's {@code lo}: the bytes never leave
 * memory, so no flag says that they are wrong.
 *
 * <p>Bounded: when it is full, {@link #transmit} takes fewer frames. The pool is that of the link
 * it stands beside, since packets pass between both.
 */
public final class LoopbackLink implements LinkDevice {
  private final LinkCapabilities capabilities;
  private final PacketPool pool;
  private final Packet[] waiting;
  private final AtomicLong lost = new AtomicLong();
  private int head;
  private int count;
  private long lastReceiveNs;
  private boolean closed;

  /**
   * A loopback link named {@code lo}.
   *
   * @param mtuBytes largest IP packet, no larger than the packets of {@code pool} can hold behind
   *     an Ethernet header
   * @param capacityFrames the most frames that wait
   */
  public LoopbackLink(final PacketPool pool, final int mtuBytes, final int capacityFrames) {
    this.pool = pool;
    capabilities = new LinkCapabilities("lo", 0, mtuBytes, true);
    waiting = new Packet[capacityFrames];
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
    lastReceiveNs = nowNs;
    final int taken = Math.min(max, count);
    for (int i = 0; i < taken; i++) {
      frames[i] = waiting[head];
      head = head + 1 == waiting.length ? 0 : head + 1;
    }
    count -= taken;
    return taken;
  }

  @Override
  public int transmit(final Packet[] frames, final int offered, final long nowNs) {
    if (closed) {
      for (int i = 0; i < offered; i++) {
        frames[i].release();
      }
      lost.setOpaque(lost.getPlain() + offered);
      return offered;
    }
    final int taken = Math.min(offered, waiting.length - count);
    for (int i = 0; i < taken; i++) {
      final int tail = head + count;
      frames[i].flags(0);
      waiting[tail < waiting.length ? tail : tail - waiting.length] = frames[i];
      count++;
    }
    return taken;
  }

  @Override
  public long lostFrames() {
    return lost.getOpaque();
  }

  /** The time of the last {@link #receive} while frames wait, which is a moment that has come. */
  @Override
  public long nextArrivalNs() {
    return count == 0 ? Long.MAX_VALUE : lastReceiveNs;
  }

  @Override
  public void close() {
    closed = true;
    while (count > 0) {
      waiting[head].release();
      head = head + 1 == waiting.length ? 0 : head + 1;
      count--;
    }
  }
}
