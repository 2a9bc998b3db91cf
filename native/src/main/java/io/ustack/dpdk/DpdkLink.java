package io.ustack.dpdk;

import com.sun.jna.Pointer;
import io.ustack.buffer.Packet;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * One queue pair of a DPDK port. A burst in either direction is one JNI call; the frames are
 * described in memory that C and Java share.
 *
 * <p>{@link #receive}, {@link #transmit} and the pool belong to one thread. {@link #close} is
 * called by that thread or after it ended.
 */
public final class DpdkLink implements LinkDevice {
  private static final int SIZE = DpdkLayout.FRAME_SIZE;

  /** Index in the lower half, offset in the upper. */
  private static final int PLACE = DpdkLayout.FRAME_PLACE;

  /** Length in the lower half, flags in the upper. */
  private static final int EXTENT = DpdkLayout.FRAME_EXTENT;

  private final DpdkPort port;
  private final int queueNumber;
  private final DpdkPacketPool pool;
  private final long queue;
  private final ByteBuffer rxFrames;
  private final ByteBuffer txFrames;
  private final LinkCapabilities capabilities;
  private final long[] lastCounters = new long[DpdkLayout.COUNTERS];
  private boolean open;
  private boolean closed;

  DpdkLink(
      final DpdkPort port, final int queueNumber, final DpdkPacketPool pool, final long queue) {
    this.port = port;
    this.queueNumber = queueNumber;
    this.pool = pool;
    this.queue = queue;
    rxFrames = frames(DpdkCalls.ustack_queue_rx_frames(queue));
    txFrames = frames(DpdkCalls.ustack_queue_tx_frames(queue));
    final String name = port.config().name();
    capabilities =
        new LinkCapabilities(
            queueNumber == 0 ? name : name + "/" + queueNumber,
            port.macAddress(),
            port.mtuBytes(),
            false,
            port.trainSegments());
  }

  private static ByteBuffer frames(final long address) {
    return new Pointer(address)
        .getByteBuffer(0, (long) DpdkLayout.BURST * SIZE)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The port runs: frames may pass. */
  void open() throws DpdkException {
    if (port.config().transport() == Transport.RING) {
      port.startRing(queue);
    }
    open = true;
  }

  @Override
  public LinkCapabilities capabilities() {
    return capabilities;
  }

  @Override
  public DpdkPacketPool pool() {
    return pool;
  }

  /** The port that this link is a queue of. */
  public DpdkPort port() {
    return port;
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    if (!open) {
      return 0;
    }
    final int count = DpdkNative.rx(queue, max);
    final ByteBuffer from = rxFrames;
    int heads = 0;
    for (int i = 0, at = 0; i < count; i++, at += SIZE) {
      final long place = from.getLong(at + PLACE);
      final long extent = from.getLong(at + EXTENT);
      final int flags = (int) (extent >>> Integer.SIZE);
      final Packet packet = pool.packet((int) place);
      packet.take((int) (place >>> Integer.SIZE), (int) extent, flags & ~DpdkLayout.CONTINUES);
      frames[heads++] = packet;
      if ((flags & DpdkLayout.CONTINUES) != 0) {
        final int followers = follow(packet, at + SIZE);
        packet.segments(1 + followers);
        i += followers;
        at += followers * SIZE;
      }
    }
    pool.taken(count);
    return heads;
  }

  /** Takes what follows the head of a train, described from here on; returns how many. */
  private int follow(final Packet head, final int from) {
    Packet last = head;
    int count = 0;
    int flags = DpdkLayout.CONTINUES;
    for (int at = from; (flags & DpdkLayout.CONTINUES) != 0; at += SIZE) {
      final long place = rxFrames.getLong(at + PLACE);
      final long extent = rxFrames.getLong(at + EXTENT);
      final Packet packet = pool.packet((int) place);
      flags = (int) (extent >>> Integer.SIZE);
      packet.take((int) (place >>> Integer.SIZE), (int) extent, 0);
      last.follower = packet;
      last = packet;
      count++;
    }
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    int done = 0;
    while (open && done < count) {
      int segments = 0;
      int end = done;
      while (end < count && segments + frames[end].segments() <= DpdkLayout.BURST) {
        segments = describe(frames[end++], segments);
      }
      final int sent = DpdkNative.tx(queue, segments);
      pool.taken(-sent);
      done = forget(frames, done, sent);
      if (sent < segments || segments == 0) {
        break;
      }
    }
    return done;
  }

  /** Describes a frame or a train behind so many segments; returns how many there are now. */
  private int describe(final Packet head, final int segments) {
    int at = segments;
    for (Packet packet = head; packet != null; packet = packet.follower) {
      final int continues = packet.follower == null ? 0 : DpdkLayout.CONTINUES;
      describe(packet, at++ * SIZE, head.flags() | continues);
    }
    return at;
  }

  @SuppressWarnings("ReferenceEquality") // the same memory, not equal bytes
  private void describe(final Packet packet, final int at, final int flags) {
    if (packet.bytes() != pool.bytes()) {
      throw new IllegalArgumentException("packet " + packet.index() + " is of another pool");
    }
    txFrames.putLong(at + PLACE, packet.index() | (long) packet.offset() << Integer.SIZE);
    txFrames.putLong(at + EXTENT, packet.length() | (long) flags << Integer.SIZE);
  }

  /**
   * So many segments are the port's now. What is left of a train takes its place.
   *
   * @return the index of the first frame that is still ours
   */
  private int forget(final Packet[] frames, final int from, final int segments) {
    int at = from;
    int left = segments;
    while (left > 0) {
      final int count = Math.min(left, frames[at].segments());
      left -= count;
      final Packet rest = forget(frames[at], count);
      if (rest == null) {
        at++;
      } else {
        // The shim has written its headers, and its descriptor says where they begin.
        final long place = txFrames.getLong(segments * SIZE + PLACE);
        final long extent = txFrames.getLong(segments * SIZE + EXTENT);
        rest.place((int) (place >>> Integer.SIZE), (int) extent);
        frames[at] = rest;
      }
    }
    return at;
  }

  /** The first segments of a train are the port's now; returns the rest of it. */
  private static @Nullable Packet forget(final Packet head, final int segments) {
    final int flags = head.flags();
    final int left = head.segments() - segments;
    Packet packet = head;
    for (int i = 0; i < segments && packet != null; i++) {
      final Packet rest = packet.follower;
      packet.drop();
      packet = rest;
    }
    if (packet != null) {
      packet.flags(flags);
      packet.segments(left);
    }
    return packet;
  }

  /** The queue in the shim; 0 once the link is closed. Under the port's lock. */
  long queue() {
    return closed ? 0 : queue;
  }

  /** What the shim counted on this queue. */
  public long counter(final QueueCounter counter) {
    synchronized (port) {
      if (!closed) {
        DpdkCalls.ustack_queue_counters(queue, lastCounters);
      }
      return lastCounters[counter.ordinal()];
    }
  }

  /** Frames that the shim or the port lost; the port's own are counted on its first link. */
  @Override
  public long lostFrames() {
    long lost = queueNumber == 0 ? port.statistics().lostIn() : 0;
    for (final QueueCounter counter : QueueCounter.values()) {
      lost += counter.lost() ? counter(counter) : 0;
    }
    return lost;
  }

  /**
   * Stops the queue; with the ring transport, what was handed over is sent first, as far as the
   * port takes it. Packets in the stack's hands stay valid until they are released. The last link
   * of a port closes the port.
   */
  @Override
  public void close() {
    synchronized (port) {
      if (closed) {
        return;
      }
      counter(QueueCounter.RX_LINEARISED);
      closed = true;
      open = false;
      DpdkCalls.ustack_queue_close(queue);
      port.linkClosed();
    }
  }
}
