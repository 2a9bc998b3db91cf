package io.ustack.testing;

import io.ustack.buffer.MemoryPacketPool;
import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.link.SoftwareChecksum;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;

/**
 * A link whose other end is a test: frames are injected as bytes, and what the stack sends is kept
 * as bytes. Checksums are real in both directions.
 */
public final class ScriptLink implements LinkDevice {
  private final LinkCapabilities capabilities;
  private final MemoryPacketPool pool;
  private final Deque<byte[]> incoming = new ArrayDeque<>();
  private final Deque<byte[]> sent = new ArrayDeque<>();
  private int acceptable = Integer.MAX_VALUE;
  private int cuts;
  private int transmissions;
  private boolean joins = Boolean.parseBoolean(System.getProperty("ustack.joins", "true"));
  private long lost;
  private int arpAddress;
  private long arpMac;

  /** Takes trains of so many segments, and cuts them, so that the script sees single frames. */
  public static final int TRAIN_SEGMENTS = Integer.getInteger("ustack.trainSegments", 16);

  public ScriptLink(final long macAddress, final int mtuBytes, final int poolPackets) {
    this(macAddress, mtuBytes, poolPackets, TRAIN_SEGMENTS);
  }

  public ScriptLink(
      final long macAddress, final int mtuBytes, final int poolPackets, final int trainSegments) {
    this(macAddress, mtuBytes, new MemoryPacketPool(poolPackets, mtuBytes + 14), trainSegments);
  }

  /** A link that shares its pool with others. */
  public ScriptLink(final long macAddress, final int mtuBytes, final MemoryPacketPool pool) {
    this(macAddress, mtuBytes, pool, TRAIN_SEGMENTS);
  }

  private ScriptLink(
      final long macAddress,
      final int mtuBytes,
      final MemoryPacketPool pool,
      final int trainSegments) {
    capabilities = new LinkCapabilities("script", macAddress, mtuBytes, false, trainSegments);
    this.pool = pool;
  }

  /**
   * From now on ARP is not part of the script: requests for this address are answered, and no ARP
   * frame is kept.
   */
  public void answerArp(final int address, final long mac) {
    arpAddress = address;
    arpMac = mac;
  }

  private boolean isArp(final byte[] frame) {
    if (arpMac == 0 || frame[12] != 0x08 || frame[13] != 0x06) {
      return false;
    }
    final ByteBuffer request = ByteBuffer.wrap(frame);
    if (request.getShort(20) == 1 && request.getInt(38) == arpAddress) {
      final long mac =
          ((request.getShort(22) & 0xFFFFL) << 32) | (request.getInt(24) & 0xFFFF_FFFFL);
      final byte[] reply = Frames.arp(2, arpMac, arpAddress, mac, request.getInt(28));
      inject(Frames.ethernet(mac, arpMac, TestNet.ARP_TYPE, reply));
    }
    return true;
  }

  /** Puts a frame on the wire towards the stack; longer ones than the MTU allows are lost. */
  public void inject(final byte[] frame) {
    incoming.add(frame);
  }

  /** Takes the oldest frame that the stack sent, or null. */
  public byte[] takeSent() {
    return sent.poll();
  }

  /** The oldest frame that the stack sent, which stays. */
  public byte[] firstSent() {
    return sent.element();
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
    while (count < max && !incoming.isEmpty()) {
      final byte[] bytes = incoming.remove();
      final Packet frame = bytes.length <= pool.frameCapacityBytes() ? pool.allocate() : null;
      if (frame == null) {
        lost++;
        continue;
      }
      frame.bytes().put(frame.append(bytes.length), bytes);
      SoftwareChecksum.verify(frame);
      frames[count++] = frame;
    }
    return joins ? TrainMaker.join(frames, count) : count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    int taken = 0;
    transmissions++;
    while (taken < count && acceptable > 0) {
      final Packet frame = Objects.requireNonNull(frames[taken]);
      final Packet rest = TrainCutter.cut(frame);
      send(frame);
      acceptable -= acceptable == Integer.MAX_VALUE ? 0 : 1;
      if (rest == null) {
        taken++;
      } else {
        cuts++;
        frames[taken] = rest;
      }
    }
    return taken;
  }

  /** How often the stack asked it to take frames. */
  public int transmissions() {
    return transmissions;
  }

  /** Whether received segments that lie side by side come as trains. */
  public void joins(final boolean on) {
    joins = on;
  }

  /** How often something was cut off a train. */
  public int cuts() {
    return cuts;
  }

  private void send(final Packet frame) {
    SoftwareChecksum.fill(frame);
    final byte[] bytes = new byte[frame.length()];
    frame.bytes().get(frame.offset(), bytes);
    if (!isArp(bytes)) {
      sent.add(bytes);
    }
    frame.release();
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
