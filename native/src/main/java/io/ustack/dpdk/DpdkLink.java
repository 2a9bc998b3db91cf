package io.ustack.dpdk;

import com.sun.jna.Pointer;
import io.ustack.buffer.Packet;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

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
            false);
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
    for (int i = 0, at = 0; i < count; i++, at += SIZE) {
      final long place = from.getLong(at + PLACE);
      final long extent = from.getLong(at + EXTENT);
      final Packet packet = pool.packet((int) place);
      packet.take((int) (place >>> Integer.SIZE), (int) extent, (int) (extent >>> Integer.SIZE));
      frames[i] = packet;
    }
    pool.taken(count);
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    int done = 0;
    while (open && done < count) {
      final int burst = Math.min(count - done, DpdkLayout.BURST);
      describe(frames, done, burst);
      final int sent = DpdkNative.tx(queue, burst);
      for (int i = done; i < done + sent; i++) {
        frames[i].drop();
      }
      pool.taken(-sent);
      done += sent;
      if (sent < burst) {
        break;
      }
    }
    return done;
  }

  @SuppressWarnings("ReferenceEquality") // the same memory, not equal bytes
  private void describe(final Packet[] frames, final int from, final int count) {
    final ByteBuffer to = txFrames;
    final ByteBuffer memory = pool.bytes();
    for (int i = 0, at = 0; i < count; i++, at += SIZE) {
      final Packet packet = frames[from + i];
      if (packet.bytes() != memory) {
        throw new IllegalArgumentException("packet " + packet.index() + " is of another pool");
      }
      to.putLong(at + PLACE, packet.index() | (long) packet.offset() << Integer.SIZE);
      to.putLong(at + EXTENT, packet.length() | (long) packet.flags() << Integer.SIZE);
    }
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
