package io.ustack.ipv4;

/**
 * Which addresses are this stack's: one address with its subnet, and 127.0.0.0/8 inside.
 *
 * @param subnet our address on the link and the subnet around it
 */
public record LocalAddresses(Ipv4Subnet subnet) {
  public LocalAddresses {
    final int address = subnet.address();
    if (Ipv4Address.isThisNetwork(address)
        || Ipv4Address.isLoopback(address)
        || Ipv4Address.isMulticast(address)
        || Ipv4Address.isReserved(address)
        || subnet.isBroadcast(address)) {
      throw new IllegalArgumentException("not an address for a host: " + subnet);
    }
  }

  /** Our address on the link. */
  public int address() {
    return subnet.address();
  }

  /** Whether a packet to this unicast address is for this stack. */
  public boolean isLocal(final int address) {
    return address == subnet.address()
        || (Ipv4Address.isLoopback(address) && address != Ipv4Address.LOOPBACK_BROADCAST);
  }

  /**
   * Whether it is everybody's on our link, limited or directed broadcast (RFC 1122 3.3.6), or the
   * broadcast address of 127.0.0.0/8, which is as on Linux everybody's inside.
   */
  public boolean isBroadcast(final int address) {
    return address == Ipv4Address.BROADCAST
        || subnet.isBroadcast(address)
        || address == Ipv4Address.LOOPBACK_BROADCAST;
  }
}
