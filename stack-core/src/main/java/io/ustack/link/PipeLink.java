package io.ustack.link;

import io.ustack.buffer.ByteRing;
import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One end of a cable in memory: what one end transmits, the other receives, in order.
 *
 * <p>Each end belongs to one thread, and the two may be different threads: between them there is a
 * {@link ByteRing} per direction, in which a frame is its length and its bytes. A frame is copied
 * into it and released on transmit, and copied out into a packet of the receiver's own pool.
 * Checksums are real: filled in on transmit, verified on receive.
 *
 * <p>Bounded: when the ring is full, {@link #transmit} takes fewer frames. Frames are lost, and
 * counted by the end that loses them, when they are longer than the MTU allows, when the other end
 * is closed, and when the receiver's pool is empty, as on a NIC.
 */
public final class PipeLink implements LinkDevice {
  /** Bytes in front of an IP packet; {@link LinkCapabilities#mtuBytes()} does not count them. */
  private static final int ETHERNET_HEADER_BYTES = 14;

  private static final int LENGTH_PREFIX_BYTES = 4;

  private final LinkCapabilities capabilities;
  private final PacketPool pool;
  private final ByteRing incoming;
  private final ByteRing outgoing;
  private final byte[] prefix = new byte[LENGTH_PREFIX_BYTES];
  private final AtomicLong lost = new AtomicLong();
  private long lastReceiveNs;
  private boolean closed;

  /** Either end is closed; both have the same one. */
  private final AtomicBoolean unplugged;

  private PipeLink(
      final LinkCapabilities capabilities,
      final PacketPool pool,
      final ByteRing incoming,
      final ByteRing outgoing,
      final AtomicBoolean unplugged) {
    this.unplugged = unplugged;
    this.capabilities = capabilities;
    this.pool = pool;
    this.incoming = incoming;
    this.outgoing = outgoing;
  }

  /** The two ends of one pipe. */
  public record Pair(PipeLink a, PipeLink b) implements AutoCloseable {
    /** Closes both ends. */
    @Override
    public void close() {
      a.close();
      b.close();
    }
  }

  /**
   * A pipe with ends {@code pipe-a} (02:00:00:00:00:0a) and {@code pipe-b} (02:00:00:00:00:0b), MTU
   * 1500, 1024 packets in each pool and 256 KiB in flight each way.
   */
  public static Pair pair() {
    return pair(
        new LinkCapabilities("pipe-a", 0x02_00_00_00_00_0AL, 1500, false),
        new LinkCapabilities("pipe-b", 0x02_00_00_00_00_0BL, 1500, false),
        1024,
        1 << 18);
  }

  /**
   * A pipe between {@code a} and {@code b}.
   *
   * @param poolPackets packets in the pool of each end
   * @param ringBytes bytes that may be on their way in each direction, 4 more per frame than the
   *     frame has
   */
  public static Pair pair(
      final LinkCapabilities a,
      final LinkCapabilities b,
      final int poolPackets,
      final int ringBytes) {
    final ByteRing toA = ring(ringBytes, frameBytes(b));
    final ByteRing toB = ring(ringBytes, frameBytes(a));
    final PacketPool poolOfA = new MemoryPacketPool(poolPackets, frameBytes(a));
    final PacketPool poolOfB = new MemoryPacketPool(poolPackets, frameBytes(b));
    final AtomicBoolean unplugged = new AtomicBoolean();
    return new Pair(
        new PipeLink(a, poolOfA, toA, toB, unplugged),
        new PipeLink(b, poolOfB, toB, toA, unplugged));
  }

  private static int frameBytes(final LinkCapabilities end) {
    return end.mtuBytes() + ETHERNET_HEADER_BYTES;
  }

  private static ByteRing ring(final int ringBytes, final int largestFrameBytes) {
    if (ringBytes < LENGTH_PREFIX_BYTES + largestFrameBytes) {
      throw new IllegalArgumentException(
          "a ring of " + ringBytes + " bytes can't hold a frame of " + largestFrameBytes);
    }
    final ByteRing ring = new ByteRing(ringBytes);
    // Storage grows with the first use of its last byte; here it grows to its full size before the
    // first frame.
    ring.store(ringBytes - 1, new byte[1], 0, 1);
    return ring;
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
    if (closed) {
      return 0;
    }
    final int available = incoming.length();
    int taken = 0;
    int count = 0;
    // A frame is published whole, so behind every length lie its bytes.
    while (count < max && taken < available) {
      final int length = peekLength(taken);
      final Packet frame = length <= pool.frameCapacityBytes() ? pool.allocate() : null;
      if (frame == null) {
        loseOne();
      } else {
        incoming.peek(taken + LENGTH_PREFIX_BYTES, frame.bytes(), frame.append(length), length);
        SoftwareChecksum.verify(frame);
        frames[count++] = frame;
      }
      taken += LENGTH_PREFIX_BYTES + length;
    }
    incoming.discard(taken);
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    final boolean noPeer = unplugged.get();
    final int free = outgoing.free();
    int stored = 0;
    int taken = 0;
    while (taken < count) {
      final Packet frame = frames[taken];
      final int needed = LENGTH_PREFIX_BYTES + frame.length();
      if (noPeer || frame.length() > frameBytes(capabilities)) {
        loseOne();
      } else if (stored + needed > free) {
        break;
      } else {
        store(frame, stored);
        stored += needed;
      }
      frame.release();
      taken++;
    }
    outgoing.publish(stored);
    return taken;
  }

  private void store(final Packet frame, final int ahead) {
    SoftwareChecksum.fill(frame);
    final int length = frame.length();
    prefix[0] = (byte) (length >>> 24);
    prefix[1] = (byte) (length >>> 16);
    prefix[2] = (byte) (length >>> 8);
    prefix[3] = (byte) length;
    outgoing.store(ahead, prefix, 0, LENGTH_PREFIX_BYTES);
    outgoing.store(ahead + LENGTH_PREFIX_BYTES, frame.bytes(), frame.offset(), length);
  }

  private int peekLength(final int at) {
    incoming.peek(at, prefix, 0, LENGTH_PREFIX_BYTES);
    return (prefix[0] & 0xFF) << 24
        | (prefix[1] & 0xFF) << 16
        | (prefix[2] & 0xFF) << 8
        | (prefix[3] & 0xFF);
  }

  private void loseOne() {
    lost.setOpaque(lost.getPlain() + 1);
  }

  @Override
  public long lostFrames() {
    return lost.getOpaque();
  }

  /**
   * The time of the last {@link #receive} while frames wait, which is a moment that has come; this
   * end's thread only.
   */
  @Override
  public long nextArrivalNs() {
    return closed || incoming.length() == 0 ? Long.MAX_VALUE : lastReceiveNs;
  }

  /**
   * Unplugs this end: it receives nothing more, and what the other end transmits from now on is
   * lost. What is on its way there arrives.
   */
  @Override
  public void close() {
    closed = true;
    unplugged.set(true);
  }
}
