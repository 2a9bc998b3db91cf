package io.ustack.dpdk;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How to open a port. What is out of the bounds in brackets is an {@link IllegalArgumentException}
 * that names it.
 *
 * @param name as DPDK calls it: {@code net_tap0}, {@code 0000:00:05.0}
 * @param queues queue pairs; each becomes a {@link DpdkLink} [1 to 65535, and what the port has]
 * @param mtuBytes largest IP packet; 0 keeps the port's own [576 to 9600]
 * @param macAddress 48 bits, of one interface; 0 keeps the port's own
 * @param vlan the 802.1Q VLAN that the port is in: what is sent gets its tag, what is received and
 *     has another one, or none, is dropped; the stack sees no tags. 0: in none, frames are left as
 *     they are [1 to 4094]
 * @param offloads what the port does for us
 * @param transport who runs the bursts
 * @param scatterBytes what a buffer holds of a received frame with {@link Offload#SCATTER} [256 to
 *     16384]
 * @param descriptors length of each hardware ring, received and sent [64 to 32768]
 * @param poolPackets buffers of each queue's pool, unless {@code pool} is given [64 to 2^22]
 * @param ringEntries length of each of the two rings of {@link Transport#RING} [64 to 2^20]
 * @param pool to share between ports of one thread; the port does not close it. Only with one
 *     queue. null: each queue has its own
 */
public record PortConfig(
    String name,
    int queues,
    int mtuBytes,
    long macAddress,
    int vlan,
    Offloads offloads,
    Transport transport,
    int scatterBytes,
    int descriptors,
    int poolPackets,
    int ringEntries,
    @Nullable DpdkPacketPool pool) {
  private static final int MOST_PACKETS = 1 << 22;

  public PortConfig {
    Objects.requireNonNull(name, "name");
    Objects.requireNonNull(offloads, "offloads");
    Objects.requireNonNull(transport, "transport");
    check("queues", queues, 1, pool == null ? 65_535 : 1);
    if (mtuBytes != 0) {
      check("mtuBytes", mtuBytes, 576, 9600);
    }
    if (macAddress >>> 48 != 0 || (macAddress >>> 40 & 1) != 0) {
      throw new IllegalArgumentException(
          "PortConfig: macAddress is "
              + Long.toHexString(macAddress)
              + ", not 48 bits without the group bit");
    }
    if (vlan != 0) {
      check("vlan", vlan, 1, 4094);
    }
    check("scatterBytes", scatterBytes, 256, 16_384);
    check("descriptors", descriptors, 64, 32_768);
    check("poolPackets", poolPackets, 64, MOST_PACKETS);
    check("ringEntries", ringEntries, 64, 1 << 20);
  }

  private static void check(
      final String setting, final int value, final int least, final int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "PortConfig: " + setting + " is " + value + ", not " + least + " to " + most);
    }
  }

  /**
   * One queue, the port's own MTU and MAC address, checksums where they are cheapest, no lcore
   * between.
   */
  public static PortConfig of(final String name) {
    return new PortConfig(
        name, 1, 0, 0, 0, Offloads.AUTO, Transport.DIRECT, 2048, 1024, 8191, 2048, null);
  }

  public PortConfig withQueues(final int newQueues) {
    final Parts parts = new Parts(this);
    parts.queues = newQueues;
    return parts.whole();
  }

  public PortConfig withMtuBytes(final int newMtuBytes) {
    final Parts parts = new Parts(this);
    parts.mtuBytes = newMtuBytes;
    return parts.whole();
  }

  public PortConfig withMacAddress(final long newMacAddress) {
    final Parts parts = new Parts(this);
    parts.macAddress = newMacAddress;
    return parts.whole();
  }

  public PortConfig withVlan(final int newVlan) {
    final Parts parts = new Parts(this);
    parts.vlan = newVlan;
    return parts.whole();
  }

  public PortConfig withOffloads(final Offloads newOffloads) {
    final Parts parts = new Parts(this);
    parts.offloads = newOffloads;
    return parts.whole();
  }

  public PortConfig withTransport(final Transport newTransport) {
    final Parts parts = new Parts(this);
    parts.transport = newTransport;
    return parts.whole();
  }

  public PortConfig withScatterBytes(final int newScatterBytes) {
    final Parts parts = new Parts(this);
    parts.scatterBytes = newScatterBytes;
    return parts.whole();
  }

  /**
   * How many frames may wait in each ring of {@link Transport#RING}: up to one less than the next
   * power of two. The pool grows with them.
   */
  public PortConfig withRingEntries(final int newRingEntries) {
    final int inRings = 2 * newRingEntries;
    return withSizes(
        descriptors,
        newRingEntries,
        inRings <= (poolPackets + 1) / 2
            ? poolPackets
            : Math.min(poolPackets + 2 * inRings, MOST_PACKETS));
  }

  /**
   * Lengths of the hardware rings, of the transport's rings, and of the pool that must hold both
   * and the stack's own packets.
   */
  public PortConfig withSizes(
      final int newDescriptors, final int newRingEntries, final int newPoolPackets) {
    final Parts parts = new Parts(this);
    parts.descriptors = newDescriptors;
    parts.poolPackets = newPoolPackets;
    parts.ringEntries = newRingEntries;
    return parts.whole();
  }

  /** The same with another number of packets in each queue's pool. */
  public PortConfig withPoolPackets(final int newPoolPackets) {
    return withSizes(descriptors, ringEntries, newPoolPackets);
  }

  public PortConfig withPool(final DpdkPacketPool newPool) {
    final Parts parts = new Parts(this);
    parts.pool = newPool;
    return parts.whole();
  }

  /** All of it, to change some. */
  private static final class Parts {
    private final String name;
    private int queues;
    private int mtuBytes;
    private long macAddress;
    private int vlan;
    private Offloads offloads;
    private Transport transport;
    private int scatterBytes;
    private int descriptors;
    private int poolPackets;
    private int ringEntries;
    private @Nullable DpdkPacketPool pool;

    Parts(final PortConfig config) {
      name = config.name;
      queues = config.queues;
      mtuBytes = config.mtuBytes;
      macAddress = config.macAddress;
      vlan = config.vlan;
      offloads = config.offloads;
      transport = config.transport;
      scatterBytes = config.scatterBytes;
      descriptors = config.descriptors;
      poolPackets = config.poolPackets;
      ringEntries = config.ringEntries;
      pool = config.pool;
    }

    PortConfig whole() {
      return new PortConfig(
          name,
          queues,
          mtuBytes,
          macAddress,
          vlan,
          offloads,
          transport,
          scatterBytes,
          descriptors,
          poolPackets,
          ringEntries,
          pool);
    }
  }
}
