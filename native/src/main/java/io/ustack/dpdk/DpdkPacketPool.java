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
 *
 * <p>It may have shorter packets besides, which ports receive into and nobody else: {@link
 * #allocate} gives the others. A frame that is longer reaches Java in one of those.
 */
public final class DpdkPacketPool implements PacketPool, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DpdkPacketPool.class.getName());
  private static final int E2BIG = 7;
  private static final int EINVAL = 22;

  /** Packets that rest in Java at most; a few bursts. */
  private static final int RESTING = 256;

  /** The share of the pool that they are at most: a port can't receive into them. */
  private static final int RESTING_SHARE = 8;

  private static final int REFILL = 32;

  /** To ask DPDK what ports hold takes a moment, and they hold about the same all the time. */
  private static final int ASKED_PER_LOOK = 256;

  /** What is in use does not say of which length it is. */
  private static final int ASKED_PER_LOOK_AT_BOTH = 16;

  /** Of so many packets one is long, where there are shorter ones. */
  private static final int SHARE = 4;

  private static final int VLAN_TAG_BYTES = 4;
  private static final int ETHERNET_HEADER_BYTES = 14;

  private final String name;
  private final ByteBuffer bytes;
  private final ByteBuffer indices;
  private final Packet[] packets;
  private final Packet[] resting;
  private final Packet[] shorterResting = new Packet[DpdkLayout.BURST];
  private final int longCount;
  private final int frameCapacityBytes;
  private final int shorterFrameBytes;
  private long handle;
  private int restingCount;
  private int shorterRestingCount;
  private int inUse;

  /** As it was when last looked at. */
  private int withPorts;

  private final int askedPerLook;
  private int asked;

  private DpdkPacketPool(
      final String name,
      final long handle,
      final int longCount,
      final int room,
      final int shorterCount,
      final int shorterFrameBytes) {
    this.name = name;
    this.handle = handle;
    this.longCount = longCount;
    this.shorterFrameBytes = shorterCount == 0 ? 0 : shorterFrameBytes;
    askedPerLook = shorterCount == 0 ? ASKED_PER_LOOK : ASKED_PER_LOOK_AT_BOTH;
    asked = askedPerLook;
    final int count = longCount + shorterCount;
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
    resting = new Packet[Math.min(RESTING, Math.max(1, longCount / RESTING_SHARE))];
    packets = new Packet[count];
    for (int i = 0; i < count; i++) {
      packets[i] =
          new Packet(this, i, bytes, offsets[i], i < longCount ? room : room(shorterFrameBytes));
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
    return create(eal, name, count, mtuBytes, 0, numaNode);
  }

  /**
   * The same, three quarters of them shorter.
   *
   * @param shorterFrameBytes what of a frame fits into the shorter packets; 0: there are none
   */
  static DpdkPacketPool create(
      final DpdkEal eal,
      final String name,
      final int count,
      final int mtuBytes,
      final int shorterFrameBytes,
      final int numaNode)
      throws DpdkException {
    final int room = room(Math.max(2048, frameBytes(mtuBytes)));
    final int longCount = shorterFrameBytes == 0 ? count : (count + 1) / SHARE - 1;
    final int shorterCount = shorterFrameBytes == 0 ? 0 : count - longCount;
    final long handle =
        DpdkCalls.ustack_pool_create(
            name, longCount, room, shorterCount, room(shorterFrameBytes), numaNode);
    if (handle < 0) {
      throw failure(name, count, (int) -handle);
    }
    return new DpdkPacketPool(name, handle, longCount, room, shorterCount, shorterFrameBytes);
  }

  /** Bytes of the longest frame with such an MTU. */
  static int frameBytes(final int mtuBytes) {
    return mtuBytes + ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES;
  }

  private static int room(final int frameBytes) {
    final int headroom = Math.max(DpdkLayout.MBUF_HEADROOM_BYTES, Packet.HEADROOM_BYTES);
    return (frameBytes + headroom + 63) & ~63;
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
    if (packet.index() >= longCount) {
      giveBack(packet);
      return;
    }
    if (restingCount == resting.length) {
      spill((resting.length + 3) / 4);
    }
    resting[restingCount++] = packet;
  }

  private void giveBack(final Packet shorter) {
    shorterResting[shorterRestingCount++] = shorter;
    if (shorterRestingCount == shorterResting.length) {
      spillShorter();
    }
  }

  private void spillShorter() {
    for (int i = 0; i < shorterRestingCount; i++) {
      indices.putInt(i * Integer.BYTES, shorterResting[i].index());
    }
    DpdkNative.free(handle, shorterRestingCount);
    shorterRestingCount = 0;
  }

  private boolean refill() {
    if (handle == 0) {
      return false;
    }
    final int count = DpdkNative.alloc(handle, Math.min(REFILL, resting.length));
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
    if (++asked > askedPerLook) {
      asked = 0;
      withPorts = handle == 0 ? 0 : countWithPorts();
    }
    return Math.max(0, packets.length - inUse - withPorts);
  }

  /** Packets in the rings of ports and drivers. */
  private int countWithPorts() {
    final int free = restingCount + DpdkCalls.ustack_pool_available(handle);
    if (longCount == packets.length) {
      return packets.length - inUse - free;
    }
    // As if all were of the kind that is scarcer.
    final int shorterCount = packets.length - longCount;
    final int shorterFree = shorterRestingCount + DpdkCalls.ustack_pool_shorter_available(handle);
    final long scarcer =
        Math.min(
            (long) free * packets.length / longCount,
            (long) shorterFree * packets.length / shorterCount);
    return packets.length - inUse - (int) scarcer;
  }

  @Override
  public int capacity() {
    return packets.length;
  }

  @Override
  public int frameCapacityBytes() {
    return frameCapacityBytes;
  }

  /** What of a frame fits into the shorter packets; 0 where all are alike. */
  int shorterFrameBytes() {
    return shorterFrameBytes;
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
    if (shorterRestingCount > 0) {
      spillShorter();
    }
    final int unused =
        DpdkCalls.ustack_pool_available(handle) + DpdkCalls.ustack_pool_shorter_available(handle);
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
