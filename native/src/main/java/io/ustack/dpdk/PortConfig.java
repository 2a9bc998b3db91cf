package io.ustack.dpdk;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How to open a port.
 *
 * @param name as DPDK calls it: {@code net_tap0}, {@code 0000:00:05.0}
 * @param queues queue pairs; each becomes a {@link DpdkLink}
 * @param mtuBytes largest IP packet; 0 keeps the port's own
 * @param macAddress 48 bits; 0 keeps the port's own
 * @param offload who does checksums
 * @param transport who runs the bursts
 * @param descriptors length of each hardware ring, received and sent
 * @param poolPackets buffers of each queue's pool, unless {@code pool} is given
 * @param ringEntries length of each of the two rings of {@link Transport#RING}
 * @param pool to share between ports of one thread; the port does not close it. Only with one
 *     queue. null: each queue has its own
 */
public record PortConfig(
    String name,
    int queues,
    int mtuBytes,
    long macAddress,
    Offload offload,
    Transport transport,
    int descriptors,
    int poolPackets,
    int ringEntries,
    @Nullable DpdkPacketPool pool) {

  public PortConfig {
    Objects.requireNonNull(name);
    if (queues < 1 || (pool != null && queues != 1)) {
      throw new IllegalArgumentException("queues " + queues);
    }
    if (mtuBytes != 0 && (mtuBytes < 576 || mtuBytes > 9600)) {
      throw new IllegalArgumentException("MTU " + mtuBytes + ", not 576 to 9600");
    }
    if (macAddress >>> 48 != 0 || (macAddress >>> 40 & 1) != 0) {
      throw new IllegalArgumentException("MAC address " + Long.toHexString(macAddress));
    }
    if (descriptors < 64 || descriptors > 32768 || ringEntries < 64 || ringEntries > 1 << 20) {
      throw new IllegalArgumentException(
          "descriptors " + descriptors + ", ring entries " + ringEntries);
    }
  }

  /**
   * One queue, the port's own MTU and MAC address, checksums where they are cheapest, no lcore
   * between.
   */
  public static PortConfig of(final String name) {
    return new PortConfig(name, 1, 0, 0, Offload.AUTO, Transport.DIRECT, 1024, 8191, 2048, null);
  }

  public PortConfig withQueues(final int newQueues) {
    return new PortConfig(
        name,
        newQueues,
        mtuBytes,
        macAddress,
        offload,
        transport,
        descriptors,
        poolPackets,
        ringEntries,
        pool);
  }

  public PortConfig withMtuBytes(final int newMtuBytes) {
    return new PortConfig(
        name,
        queues,
        newMtuBytes,
        macAddress,
        offload,
        transport,
        descriptors,
        poolPackets,
        ringEntries,
        pool);
  }

  public PortConfig withMacAddress(final long newMacAddress) {
    return new PortConfig(
        name,
        queues,
        mtuBytes,
        newMacAddress,
        offload,
        transport,
        descriptors,
        poolPackets,
        ringEntries,
        pool);
  }

  public PortConfig withOffload(final Offload newOffload) {
    return new PortConfig(
        name,
        queues,
        mtuBytes,
        macAddress,
        newOffload,
        transport,
        descriptors,
        poolPackets,
        ringEntries,
        pool);
  }

  public PortConfig withTransport(final Transport newTransport) {
    return new PortConfig(
        name,
        queues,
        mtuBytes,
        macAddress,
        offload,
        newTransport,
        descriptors,
        poolPackets,
        ringEntries,
        pool);
  }

  /**
   * Lengths of the hardware rings, of the transport's rings, and of the pool that must hold both
   * and the stack's own packets.
   */
  public PortConfig withSizes(
      final int newDescriptors, final int newRingEntries, final int newPoolPackets) {
    return new PortConfig(
        name,
        queues,
        mtuBytes,
        macAddress,
        offload,
        transport,
        newDescriptors,
        newPoolPackets,
        newRingEntries,
        pool);
  }

  public PortConfig withPool(final DpdkPacketPool newPool) {
    return new PortConfig(
        name,
        queues,
        mtuBytes,
        macAddress,
        offload,
        transport,
        descriptors,
        poolPackets,
        ringEntries,
        newPool);
  }
}
