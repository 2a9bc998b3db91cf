package io.ustack.link;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Another link, made worse: loss, delay, jitter, reordering, duplication, corruption, congestion
 * marks and a slow line, each direction with its own {@link Faults} and its own pseudo-random
 * numbers. The same seed, frames and times give the same result to the bit.
 *
 * <p>Delayed frames wait in packets of the link's own pool, at most {@code heldFrames} in each
 * direction; then back-pressure sets in: nothing more is received from the link, and {@link
 * #transmit} takes fewer frames. Time is the caller's; {@link #nextArrivalNs()} says when there is
 * something to do next, in either direction, so that a simulation can jump there.
 *
 * <p>Corruption happens on the wire: an outgoing frame gets its checksums first, and an incoming
 * one is verified again after. Around a {@link LoopbackLink}, which verifies nothing, corrupt the
 * inbound side only.
 */
public final class FaultInjector extends ForwardingLink {
  private static final int BURST_FRAMES = 32;
  private static final int DEFAULT_HELD_FRAMES = 256;

  private final FaultLane inbound;
  private final FaultLane outbound;
  private final Packet[] arriving = new Packet[BURST_FRAMES];
  // Frames whose time has come and which the link did not take yet.
  private final Packet[] departing = new Packet[BURST_FRAMES];
  private int departingCount;
  private final AtomicLong lost = new AtomicLong();

  /** Frames that a link which threw did not take. */
  private long broken;

  /** What it threw while frames were taken: the next receive throws it. */
  private @Nullable RuntimeException owed;

  private long lastNowNs;
  private boolean closed;

  /**
   * An injector around {@code link} that holds up to 256 frames in each direction, fewer where the
   * pool is small.
   */
  public FaultInjector(
      final LinkDevice link, final Faults inbound, final Faults outbound, final long seed) {
    this(link, inbound, outbound, seed, heldFrames(link.pool()));
  }

  private static int heldFrames(final PacketPool pool) {
    return Math.max(1, Math.min(DEFAULT_HELD_FRAMES, pool.capacity() / 2 - BURST_FRAMES));
  }

  /**
   * An injector around {@code link}, which it owns and closes.
   *
   * @param inbound what happens to frames that are received
   * @param outbound what happens to frames that are transmitted
   * @param heldFrames the most frames that wait in each direction; both together must leave packets
   *     in the pool
   */
  public FaultInjector(
      final LinkDevice link,
      final Faults inbound,
      final Faults outbound,
      final long seed,
      final int heldFrames) {
    super(link);
    final PacketPool pool = link.pool();
    if (heldFrames < 1 || 2L * heldFrames + BURST_FRAMES >= pool.capacity()) {
      throw new IllegalArgumentException(
          "holding " + heldFrames + " frames each way empties a pool of " + pool.capacity());
    }
    final SplitMix64 seeds = new SplitMix64(seed);
    this.inbound = new FaultLane(inbound, seeds.next(), pool, heldFrames, true);
    this.outbound = new FaultLane(outbound, seeds.next(), pool, heldFrames, false);
  }

  /**
   * From now on this happens to frames that are received; those already on their way are not
   * changed.
   */
  public void inboundFaults(final Faults faults) {
    inbound.faults(faults);
  }

  /** What was done to received frames so far; the stack's thread. */
  public FaultCounts inboundCounts() {
    return inbound.counts();
  }

  /** What was done to transmitted frames so far; the stack's thread. */
  public FaultCounts outboundCounts() {
    return outbound.counts();
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    lastNowNs = nowNs;
    final RuntimeException error = owed;
    owed = null;
    if (error != null) {
      throw error;
    }
    depart(nowNs);
    // First what is due, which makes room for what the link has; then what of that is due at once.
    final int due = deliver(frames, 0, max, nowNs);
    arrive(nowNs);
    return deliver(frames, due, max, nowNs);
  }

  private int deliver(final Packet[] frames, final int from, final int max, final long nowNs) {
    int count = from;
    while (count < max) {
      final Packet frame = inbound.poll(nowNs);
      if (frame == null) {
        break;
      }
      frames[count++] = frame;
    }
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    if (closed) {
      return link.transmit(frames, count, nowNs);
    }
    lastNowNs = nowNs;
    tryToDepart(nowNs);
    final int taken = Math.min(count, outbound.room());
    for (int i = 0; i < taken; i++) {
      outbound.offer(frames[i], taken - 1 - i, nowNs);
    }
    countLost();
    tryToDepart(nowNs);
    return taken;
  }

  /** A transmit that throws has taken nothing that it keeps; so here the next receive throws. */
  private void tryToDepart(final long nowNs) {
    try {
      depart(nowNs);
    } catch (final RuntimeException e) {
      owed = e;
    }
  }

  private void arrive(final long nowNs) {
    int count = BURST_FRAMES;
    while (count == BURST_FRAMES && inbound.room() > 0) {
      count = link.receive(arriving, Math.min(BURST_FRAMES, inbound.room()), nowNs);
      for (int i = 0; i < count; i++) {
        inbound.offer(arriving[i], count - 1 - i, nowNs);
      }
    }
    countLost();
  }

  private void depart(final long nowNs) {
    while (true) {
      while (departingCount < BURST_FRAMES) {
        final Packet frame = outbound.poll(nowNs);
        if (frame == null) {
          break;
        }
        departing[departingCount++] = frame;
      }
      if (departingCount == 0) {
        return;
      }
      final int sent = sendDeparting(nowNs);
      departingCount -= sent;
      System.arraycopy(departing, sent, departing, 0, departingCount);
      if (departingCount > 0) {
        return;
      }
    }
  }

  private int sendDeparting(final long nowNs) {
    try {
      return link.transmit(departing, departingCount, nowNs);
    } catch (final RuntimeException e) {
      broken += TransmitBatch.releaseHeld(departing, departingCount);
      departingCount = 0;
      countLost();
      throw e;
    }
  }

  private void countLost() {
    lost.setOpaque(inbound.lostFrames() + outbound.lostFrames() + broken);
  }

  /** Frames that the link lost, and those lost here by chance or for a full queue. */
  @Override
  public long lostFrames() {
    return link.lostFrames() + lost.getOpaque();
  }

  /**
   * When the next frame is due in either direction; a moment that has come when one waits already.
   */
  @Override
  public long nextArrivalNs() {
    if (departingCount > 0) {
      return lastNowNs;
    }
    final long held = earlier(inbound.nextDueNs(), outbound.nextDueNs());
    // With no room left the link's own frames can't be taken: they are not what happens next.
    return inbound.room() > 0 ? earlier(held, link.nextArrivalNs()) : held;
  }

  /**
   * When the next frame of either direction is due that was not due at {@code nowNs}; {@link
   * Long#MAX_VALUE} when there is none. Frames that are due and wait for a full link are not in it.
   */
  public long nextDueNs(final long nowNs) {
    return earlier(after(nowNs, inbound.nextDueNs()), after(nowNs, outbound.nextDueNs()));
  }

  private static long after(final long nowNs, final long dueNs) {
    return dueNs == Long.MAX_VALUE || dueNs - nowNs > 0 ? dueNs : Long.MAX_VALUE;
  }

  private static long earlier(final long a, final long b) {
    if (a == Long.MAX_VALUE || b == Long.MAX_VALUE) {
      return a == Long.MAX_VALUE ? b : a;
    }
    return a - b <= 0 ? a : b;
  }

  @Override
  public void close() {
    closed = true;
    inbound.releaseAll();
    outbound.releaseAll();
    while (departingCount > 0) {
      departing[--departingCount].release();
    }
    link.close();
  }
}
