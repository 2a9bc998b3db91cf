package io.ustack.dpdk;

import com.sun.jna.Pointer;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Packets over the buffers of a DPDK mempool: one {@link Packet} per mbuf, one {@link ByteBuffer}
 * over all of them.
 *
 * <p>Free packets rest in a stack on the Java side, so that a stack which answers what it receives
 * never calls the allocator: what it releases is what it allocates next. The stack is refilled from
 * the mempool and spilled to it in bulk. One thread, as every {@link PacketPool}.
 */
public final class DpdkPacketPool implements PacketPool, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DpdkPacketPool.class.getName());
  private static final int E2BIG = 7;
  private static final int EINVAL = 22;

  /** Packets that rest in Java at most; a few bursts. */
  private static final int RESTING = 256;

  private static final int REFILL = 32;

  /** To ask DPDK what ports hold takes a moment, and they hold about the same all the time. */
  private static final int ASKED_PER_LOOK = 256;

  private static final int VLAN_TAG_BYTES = 4;
  private static final int ETHERNET_HEADER_BYTES = 14;

  private final String name;
  private final ByteBuffer bytes;
  private final ByteBuffer indices;
  private final Packet[] packets;
  private final Packet[] resting = new Packet[RESTING];
  private final int frameCapacityBytes;
  private long handle;
  private int restingCount;
  private int inUse;

  /** As it was when last looked at. */
  private int withPorts;

  private int asked = ASKED_PER_LOOK;

  private DpdkPacketPool(final String name, final long handle, final int count, final int room) {
    this.name = name;
    this.handle = handle;
    final int span = (int) DpdkCalls.ustack_pool_span(handle);
    final int[] offsets = new int[count];
    DpdkCalls.ustack_pool_offsets(handle, offsets);
    bytes = new Pointer(DpdkCalls.ustack_pool_base(handle)).getByteBuffer(0, span);
    bytes.order(ByteOrder.BIG_ENDIAN);
    indices =
        new Pointer(DpdkCalls.ustack_pool_indices(handle))
            .getByteBuffer(0, (long) DpdkLayout.BURST * Integer.BYTES)
            .order(ByteOrder.nativeOrder());
    frameCapacityBytes = room - Packet.HEADROOM_BYTES;
    packets = new Packet[count];
    for (int i = 0; i < count; i++) {
      packets[i] = new Packet(this, i, bytes, offsets[i], room);
    }
  }

  /**
   * Makes a pool, for one port or for several ports of one thread.
   *
   * @param eal the proof that DPDK runs
   * @param name unique in the process, at most 20 characters
   * @param count packets; ports hold as many as they have descriptors
   * @param mtuBytes largest IP packet that must fit
   * @param numaNode where the memory shall lie, -1 for anywhere
   * @throws DpdkException when there is not enough memory, or it spans 2 GiB, which one buffer
   *     can't cover
   */
  public static DpdkPacketPool create(
      final DpdkEal eal, final String name, final int count, final int mtuBytes, final int numaNode)
      throws DpdkException {
    final int frameBytes = mtuBytes + ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES;
    final int room =
        Math.max(2048, frameBytes)
            + Math.max(DpdkLayout.MBUF_HEADROOM_BYTES, Packet.HEADROOM_BYTES);
    final int aligned = (room + 63) & ~63;
    final long handle = DpdkCalls.ustack_pool_create(name, count, aligned, numaNode);
    if (handle < 0) {
      throw failure(name, count, (int) -handle);
    }
    return new DpdkPacketPool(name, handle, count, aligned);
  }

  private static DpdkException failure(final String name, final int count, final int errno) {
    final String what = "packet pool " + name + " of " + count + " packets";
    if (errno == E2BIG) {
      return new DpdkException(
          what
              + " spans 2 GiB or more: ask for fewer packets, or start with --no-huge or"
              + " --single-file-segments");
    }
    if (errno == EINVAL) {
      return new DpdkException(what + " is too small", DpdkEal.logTail());
    }
    return new DpdkException(
        what
            + " does not fit in DPDK's memory ("
            + DpdkEal.errorText(errno)
            + "): start with a larger -m, more hugepages, or ask for fewer packets (--packets,"
            + " --ring-entries)",
        DpdkEal.logTail());
  }

  @Override
  public @Nullable Packet allocate() {
    if (restingCount == 0 && !refill()) {
      return null;
    }
    final Packet packet = resting[--restingCount];
    packet.take();
    inUse++;
    return packet;
  }

  @Override
  public void release(final Packet packet) {
    packet.drop();
    inUse--;
    if (handle == 0) {
      return;
    }
    if (restingCount == RESTING) {
      spill(DpdkLayout.BURST);
    }
    resting[restingCount++] = packet;
  }

  private boolean refill() {
    if (handle == 0) {
      return false;
    }
    final int count = DpdkNative.alloc(handle, REFILL);
    for (int i = 0; i < count; i++) {
      resting[restingCount++] = packets[indices.getInt(i * Integer.BYTES)];
    }
    return count > 0;
  }

  private void spill(final int count) {
    for (int i = 0; i < count; i++) {
      indices.putInt(i * Integer.BYTES, resting[--restingCount].index());
    }
    DpdkNative.free(handle, count);
  }

  /** The packet over the buffer of that index. */
  Packet packet(final int index) {
    return packets[index];
  }

  /**
   * That many packets came into the stack's hands by {@link Packet#take}, or left them by {@link
   * Packet#drop}.
   */
  void taken(final int count) {
    inUse += count;
  }

  @Override
  public int inUse() {
    return inUse;
  }

  @Override
  public int available() {
    if (++asked > ASKED_PER_LOOK) {
      asked = 0;
      withPorts = handle == 0 ? 0 : countWithPorts();
    }
    return Math.max(0, packets.length - inUse - withPorts);
  }

  /** Packets in the rings of ports and drivers. */
  private int countWithPorts() {
    return packets.length - inUse - restingCount - DpdkCalls.ustack_pool_available(handle);
  }

  @Override
  public int capacity() {
    return packets.length;
  }

  @Override
  public int frameCapacityBytes() {
    return frameCapacityBytes;
  }

  /** The memory of all packets. */
  ByteBuffer bytes() {
    return bytes;
  }

  long handle() {
    return handle;
  }

  /**
   * Gives the memory back. After the ports that use it are closed, and with every packet released:
   * otherwise the memory stays, so that whoever still holds a packet reads and writes nobody else's
   * bytes, and the leak is logged. Idempotent.
   */
  @Override
  public void close() {
    if (handle == 0) {
      return;
    }
    while (restingCount > 0) {
      spill(Math.min(restingCount, DpdkLayout.BURST));
    }
    final int unused = DpdkCalls.ustack_pool_available(handle);
    if (DpdkCalls.ustack_pool_destroy(handle) < 0) { // it refuses while a buffer is out
      LOG.log(
          System.Logger.Level.WARNING,
          "packet pool {0} keeps its memory: {1} packets were not released, {2} buffers are with"
              + " ports",
          name,
          inUse,
          packets.length - unused - inUse);
    }
    handle = 0;
  }
}
