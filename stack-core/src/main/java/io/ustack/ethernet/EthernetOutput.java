package io.ustack.ethernet;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketPool;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.link.FlowShare;
import io.ustack.link.LinkCapabilities;
import io.ustack.link.LinkDevice;
import io.ustack.link.TransmitBatch;
import org.jspecify.annotations.Nullable;

/** The sending end of one link: puts the Ethernet header in front and adds to the batch. */
public final class EthernetOutput {
  private final LinkCapabilities link;
  private final FlowShare flows;
  private final long macAddress;
  private final PacketPool pool;
  private final TransmitBatch batch;
  private final Counters counters;
  private final int reservedPackets;

  /**
   * The output of {@code device} through {@code batch}.
   *
   * @param macAddress the source address of every frame; 0 on loopback
   * @param reservedPackets how many packets of the pool are not for data
   */
  public EthernetOutput(
      final LinkDevice device,
      final long macAddress,
      final TransmitBatch batch,
      final int reservedPackets,
      final Counters counters) {
    this.link = device.capabilities();
    flows = device.flows();
    this.macAddress = macAddress;
    this.pool = device.pool();
    this.batch = batch;
    this.reservedPackets = reservedPackets;
    this.counters = counters;
  }

  /** Whose answers come back on the link. */
  public FlowShare flows() {
    return flows;
  }

  /** Our address on the link. */
  public long macAddress() {
    return macAddress;
  }

  /** The largest packet, IPv4 header included. */
  public int mtuBytes() {
    return link.mtuBytes();
  }

  /** Whether every frame comes back to us, and no address needs resolving. */
  public boolean isLoopback() {
    return link.loopback();
  }

  /** How many segments a train may have; 1 where single frames are taken only. */
  public int trainSegments() {
    return link.trainSegments();
  }

  /** Frames that fit the batch now. */
  public int room() {
    return batch.room();
  }

  /**
   * An empty packet owned by the caller, for data; null is counted as PACKETS_RESERVED when what is
   * left is kept for {@link #allocateReserved}.
   */
  public @Nullable Packet allocate() {
    if (pool.available() <= reservedPackets) {
      counters.increment(
          reservedPackets == 0 ? Counter.PACKET_POOL_EXHAUSTED : Counter.PACKETS_RESERVED);
      return null;
    }
    return allocateReserved();
  }

  /**
   * An empty packet owned by the caller, for what keeps the host alive and visible while data must
   * wait: ACKs, RSTs, ARP and ICMP; null is counted as PACKET_POOL_EXHAUSTED.
   */
  public @Nullable Packet allocateReserved() {
    final Packet packet = pool.allocate();
    if (packet == null) {
      counters.increment(Counter.PACKET_POOL_EXHAUSTED);
    }
    return packet;
  }

  /**
   * Sends what the packet holds as the payload of one frame; takes the packet over. Without room in
   * the batch it is dropped and counted as TRANSMIT_QUEUE_FULL.
   */
  public void send(final Packet packet, final long destination, final int type) {
    final int at = packet.prepend(EthernetHeader.LENGTH_BYTES);
    EthernetHeader.write(packet.bytes(), at, destination, macAddress, type);
    batch.add(packet);
  }
}
