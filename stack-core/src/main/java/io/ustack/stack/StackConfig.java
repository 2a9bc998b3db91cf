package io.ustack.stack;

import io.ustack.buffer.SipHash;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.tcp.TcpConfig;
import java.security.SecureRandom;

/**
 * What one shard is told at its start; immutable.
 *
 * @param subnet our address and the subnet on the link
 * @param gateway the default gateway, 0 for none
 * @param macAddress what to use instead of the link's, 0 to use the link's
 * @param tcp the numbers of TCP
 * @param neighbours the most neighbours ARP remembers
 * @param commands the most commands of other threads that wait, a power of two
 * @param secret0 half of the secret behind hash tables, ports and initial sequence numbers
 * @param secret1 the other half
 */
public record StackConfig(
    Ipv4Subnet subnet,
    int gateway,
    long macAddress,
    TcpConfig tcp,
    int neighbours,
    int commands,
    long secret0,
    long secret1) {
  private static final int NEIGHBOURS = 1024;
  private static final int COMMANDS = 4096;

  /** The defaults for an address, with a fresh secret. */
  public static StackConfig of(final Ipv4Subnet subnet) {
    final SecureRandom random = new SecureRandom();
    return new StackConfig(
        subnet,
        0,
        0,
        TcpConfig.DEFAULT,
        NEIGHBOURS,
        COMMANDS,
        random.nextLong(),
        random.nextLong());
  }

  /** The same with a default gateway. */
  public StackConfig withGateway(final int newGateway) {
    return new StackConfig(
        subnet, newGateway, macAddress, tcp, neighbours, commands, secret0, secret1);
  }

  /** The same with a MAC address of its own; the link must let frames to it through. */
  public StackConfig withMacAddress(final long newMacAddress) {
    return new StackConfig(
        subnet, gateway, newMacAddress, tcp, neighbours, commands, secret0, secret1);
  }

  /** The same with other numbers for TCP. */
  public StackConfig withTcp(final TcpConfig newTcp) {
    return new StackConfig(
        subnet, gateway, macAddress, newTcp, neighbours, commands, secret0, secret1);
  }

  /** The same with another limit on neighbours. */
  public StackConfig withNeighbours(final int newNeighbours) {
    return new StackConfig(
        subnet, gateway, macAddress, tcp, newNeighbours, commands, secret0, secret1);
  }

  /** The same with a known secret: two runs choose the same ports and sequence numbers. */
  public StackConfig withSecret(final long newSecret0, final long newSecret1) {
    return new StackConfig(
        subnet, gateway, macAddress, tcp, neighbours, commands, newSecret0, newSecret1);
  }

  /** Secrets for different uses, of which none tells another. */
  long subkey(final int use) {
    return SipHash.hash(secret0, secret1, use);
  }
}
