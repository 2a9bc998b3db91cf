package io.ustack.stack;

import io.ustack.buffer.PressureLimits;
import io.ustack.buffer.SipHash;
import io.ustack.ethernet.MacAddress;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.tcp.TcpConfig;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * What one shard is told at its start; immutable. What can't be is an {@link
 * IllegalArgumentException} that names it.
 *
 * @param subnet our address and the subnet on the link
 * @param gateway the default gateway, 0 for none
 * @param macAddress what to use instead of the link's, an address of one interface; 0 to use the
 *     link's
 * @param tcp the numbers of TCP
 * @param pressure when packets and memory count as short
 * @param neighbours the most neighbours ARP remembers [1 to 2^20]
 * @param commands the most commands of other threads that wait, a power of two [1 to 2^20]
 * @param rest how long its thread rests while nothing happens
 * @param secret0 half of the secret behind hash tables, ports and initial sequence numbers
 * @param secret1 the other half
 */
public record StackConfig(
    Ipv4Subnet subnet,
    int gateway,
    long macAddress,
    TcpConfig tcp,
    PressureLimits pressure,
    int neighbours,
    int commands,
    Rest rest,
    long secret0,
    long secret1) {
  private static final int NEIGHBOURS = 1024;
  private static final int COMMANDS = 4096;
  private static final int MOST = 1 << 20;

  public StackConfig {
    checkPresent("subnet", subnet);
    checkPresent("tcp", tcp);
    checkPresent("pressure", pressure);
    checkPresent("rest", rest);
    if (macAddress >>> 48 != 0 || MacAddress.isGroup(macAddress)) {
      throw new IllegalArgumentException(
          "StackConfig: macAddress is "
              + Long.toHexString(macAddress)
              + ", not 48 bits without the group bit");
    }
    check("neighbours", neighbours, neighbours > 0, "1 to " + MOST);
    check(
        "commands",
        commands,
        commands > 0 && Integer.bitCount(commands) == 1,
        "a power of two up to " + MOST);
  }

  private static void checkPresent(final String name, final @Nullable Object value) {
    if (value == null) {
      throw new IllegalArgumentException("StackConfig: " + name + " is null");
    }
  }

  private static void check(
      final String name, final int value, final boolean possible, final String bounds) {
    if (!possible || value > MOST) {
      throw new IllegalArgumentException(
          "StackConfig: " + name + " is " + value + ", not " + bounds);
    }
  }

  /** The defaults for an address, with a fresh secret. */
  public static StackConfig of(final Ipv4Subnet subnet) {
    final SecureRandom random = new SecureRandom();
    return new StackConfig(
        subnet,
        0,
        0,
        TcpConfig.DEFAULT,
        PressureLimits.DEFAULT,
        NEIGHBOURS,
        COMMANDS,
        Rest.LONG,
        random.nextLong(),
        random.nextLong());
  }

  /** The same with a default gateway. */
  public StackConfig withGateway(final int newGateway) {
    final Parts parts = new Parts(this);
    parts.gateway = newGateway;
    return parts.whole();
  }

  /** The same with a MAC address of its own; the link must let frames to it through. */
  public StackConfig withMacAddress(final long newMacAddress) {
    final Parts parts = new Parts(this);
    parts.macAddress = newMacAddress;
    return parts.whole();
  }

  /** The same with other numbers for TCP. */
  public StackConfig withTcp(final TcpConfig newTcp) {
    final Parts parts = new Parts(this);
    parts.tcp = newTcp;
    return parts.whole();
  }

  /** The same with other shares at which packets and memory count as short. */
  public StackConfig withPressure(final PressureLimits newPressure) {
    final Parts parts = new Parts(this);
    parts.pressure = newPressure;
    return parts.whole();
  }

  /** The same with another limit on neighbours. */
  public StackConfig withNeighbours(final int newNeighbours) {
    final Parts parts = new Parts(this);
    parts.neighbours = newNeighbours;
    return parts.whole();
  }

  /** The same with a thread that rests otherwise; {@link Rest#LONG} is the default. */
  public StackConfig withRest(final Rest newRest) {
    final Parts parts = new Parts(this);
    parts.rest = newRest;
    return parts.whole();
  }

  /** The same with a known secret: two runs choose the same ports and sequence numbers. */
  public StackConfig withSecret(final long newSecret0, final long newSecret1) {
    final Parts parts = new Parts(this);
    parts.secret0 = newSecret0;
    parts.secret1 = newSecret1;
    return parts.whole();
  }

  /**
   * What each of so many shards is told that have this address together: its part of what
   * connections may hold, and the same secrets, so that a cookie of one is good for all.
   */
  public StackConfig ofShards(final int shards) {
    return withTcp(
        tcp.with()
            .maxConnections(Math.max(1, tcp.maxConnections() / shards))
            .maxTimeWaits(tcp.maxTimeWaits() / shards)
            .maxOrphans(tcp.maxOrphans() / shards)
            .maxBufferBytes(tcp.maxBufferBytes() / shards)
            .build());
  }

  /** Secrets for different uses, of which none tells another. */
  long subkey(final int use) {
    return SipHash.hash(secret0, secret1, use);
  }

  /** All of it, to change some. */
  private static final class Parts {
    private final Ipv4Subnet subnet;
    private int gateway;
    private long macAddress;
    private TcpConfig tcp;
    private PressureLimits pressure;
    private int neighbours;
    private int commands;
    private Rest rest;
    private long secret0;
    private long secret1;

    Parts(final StackConfig config) {
      subnet = config.subnet;
      gateway = config.gateway;
      macAddress = config.macAddress;
      tcp = config.tcp;
      pressure = config.pressure;
      neighbours = config.neighbours;
      commands = config.commands;
      rest = config.rest;
      secret0 = config.secret0;
      secret1 = config.secret1;
    }

    StackConfig whole() {
      return new StackConfig(
          subnet, gateway, macAddress, tcp, pressure, neighbours, commands, rest, secret0, secret1);
    }
  }
}
