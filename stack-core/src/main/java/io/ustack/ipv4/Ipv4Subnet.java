package io.ustack.ipv4;

/**
 * An address and how much of it names the network: {@code 10.99.0.2/24}.
 *
 * @param address a host's address, not only the network's
 * @param prefixLength 0..32
 */
public record Ipv4Subnet(int address, int prefixLength) {
  public Ipv4Subnet {
    if (prefixLength < 0 || prefixLength > 32) {
      throw new IllegalArgumentException("not a prefix length: " + prefixLength);
    }
  }

  /** Reads {@code a.b.c.d/n}; without {@code /n} it is one host. */
  public static Ipv4Subnet parse(final String text) {
    final int slash = text.indexOf('/');
    if (slash < 0) {
      return new Ipv4Subnet(Ipv4Address.parse(text), 32);
    }
    final int address = Ipv4Address.parse(text.substring(0, slash));
    final String prefix = text.substring(slash + 1);
    if (!prefix.matches("[0-9]|[12][0-9]|3[0-2]")) {
      throw new IllegalArgumentException("not a prefix length: '" + prefix + "'");
    }
    return new Ipv4Subnet(address, Integer.parseInt(prefix));
  }

  /** The mask: {@code /24} is {@code 0xFFFFFF00}. */
  public int mask() {
    return prefixLength == 0 ? 0 : -1 << (32 - prefixLength);
  }

  public boolean contains(final int other) {
    return ((other ^ address) & mask()) == 0;
  }

  /**
   * Whether {@code other} stands for this subnet itself, so that no host has it. A /31 and a /32
   * have none (RFC 3021 2.1).
   */
  public boolean isNetwork(final int other) {
    return prefixLength < 31 && other == (address & mask());
  }

  /**
   * Whether {@code other} is this subnet's directed broadcast address. A /31 and a /32 have none
   * (RFC 3021 2.1).
   */
  public boolean isBroadcast(final int other) {
    return prefixLength < 31 && other == (address | ~mask());
  }

  @Override
  public String toString() {
    return Ipv4Address.format(address) + "/" + prefixLength;
  }
}
