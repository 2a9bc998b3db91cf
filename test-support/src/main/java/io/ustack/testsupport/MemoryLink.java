package io.ustack.testsupport;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.link.SoftwareChecksum;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A link whose other end is the caller: frames go in as bytes, and what the stack sends comes out
 * as bytes. Checksums are real in both directions.
 *
 * <p>Static neighbours are the link's: it answers ARP requests for them by itself. Those requests,
 * and the announcements of the stack's own address, do not come out.
 */
public final class MemoryLink implements LinkDevice {
  private static final int ETHERNET_HEADER_BYTES = 14;
  private static final int TYPE_ARP = 0x0806;

  // RFC 826, from the start of the frame.
  private static final int ARP_OPERATION_OFFSET = 20;
  private static final int ARP_SENDER_MAC_OFFSET = 22;
  private static final int ARP_SENDER_ADDRESS_OFFSET = 28;
  private static final int ARP_TARGET_ADDRESS_OFFSET = 38;
  private static final int ARP_FRAME_BYTES = 42;

  private final LinkCapabilities capabilities;
  private final MemoryPacketPool pool;
  private final Map<Integer, Long> neighbours = new HashMap<>();
  private final Deque<byte[]> incoming = new ArrayDeque<>();
  private final Deque<byte[]> sent = new ArrayDeque<>();
  private int acceptable = Integer.MAX_VALUE;
  private long lost;

  /** A link with a pool of so many packets. */
  public MemoryLink(final long macAddress, final int mtuBytes, final int poolPackets) {
    capabilities = new LinkCapabilities("memory", macAddress, mtuBytes, false);
    pool = new MemoryPacketPool(poolPackets, mtuBytes + ETHERNET_HEADER_BYTES);
  }

  /** From now on the link answers ARP requests for {@code address}. */
  public void neighbour(final int address, final long macAddress) {
    neighbours.put(address, macAddress);
  }

  /** Puts a frame on the wire towards the stack; longer ones than the MTU allows are lost. */
  public void inject(final byte[] frame) {
    incoming.add(frame.clone());
  }

  /** Takes the oldest frame that the stack sent; null when there is none. */
  public byte @Nullable [] takeSent() {
    return sent.poll();
  }

  /** Frames sent and not taken. */
  public int sentCount() {
    return sent.size();
  }

  /** Takes at most this many more frames from the stack, as a NIC whose ring is full. */
  public void accept(final int frames) {
    acceptable = frames;
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
    int count = 0;
    while (count < max) {
      final byte[] bytes = incoming.poll();
      if (bytes == null) {
        break;
      }
      final Packet frame = bytes.length <= pool.frameCapacityBytes() ? pool.allocate() : null;
      if (frame == null) {
        lost++;
        continue;
      }
      frame.bytes().put(frame.append(bytes.length), bytes);
      SoftwareChecksum.verify(frame);
      frames[count++] = frame;
    }
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    final int taken = Math.min(count, acceptable);
    for (int i = 0; i < taken; i++) {
      final Packet frame = Objects.requireNonNull(frames[i]);
      SoftwareChecksum.fill(frame);
      final byte[] bytes = new byte[frame.length()];
      frame.bytes().get(frame.offset(), bytes);
      frame.release();
      if (!answersArp(bytes)) {
        sent.add(bytes);
      }
    }
    acceptable -= acceptable == Integer.MAX_VALUE ? 0 : taken;
    return taken;
  }

  /** Whether the frame is ARP that the link deals with itself. */
  private boolean answersArp(final byte[] bytes) {
    final ByteBuffer frame = ByteBuffer.wrap(bytes);
    if (bytes.length < ARP_FRAME_BYTES || frame.getShort(12) != TYPE_ARP) {
      return false;
    }
    final int sender = frame.getInt(ARP_SENDER_ADDRESS_OFFSET);
    final int target = frame.getInt(ARP_TARGET_ADDRESS_OFFSET);
    if (sender == target) {
      return true;
    }
    final Long mac = neighbours.get(target);
    if (mac == null || frame.getShort(ARP_OPERATION_OFFSET) != 1) {
      return false;
    }
    incoming.add(reply(frame, target, mac, sender));
    return true;
  }

  private static byte[] reply(
      final ByteBuffer request, final int address, final long mac, final int asker) {
    final ByteBuffer reply = ByteBuffer.allocate(ARP_FRAME_BYTES);
    reply.put(request.slice(ARP_SENDER_MAC_OFFSET, 6));
    putMac(reply, mac);
    reply.putShort((short) TYPE_ARP).putShort((short) 1).putShort((short) 0x0800);
    reply.put((byte) 6).put((byte) 4).putShort((short) 2);
    putMac(reply, mac);
    reply.putInt(address);
    reply.put(request.slice(ARP_SENDER_MAC_OFFSET, 6)).putInt(asker);
    return reply.array();
  }

  static void putMac(final ByteBuffer into, final long mac) {
    into.putShort((short) (mac >>> 32)).putInt((int) mac);
  }

  @Override
  public long lostFrames() {
    return lost;
  }

  @Override
  public void close() {
    incoming.clear();
  }
}
