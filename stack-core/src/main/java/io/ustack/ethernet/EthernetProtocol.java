package io.ustack.ethernet;

import io.ustack.buffer.Packet;

/** Who takes the payload of received frames of one type. */
public interface EthernetProtocol {
  /**
   * Takes over a packet whose {@code networkOffset()} is the first byte behind the Ethernet header;
   * {@code offset()} is still the Ethernet header.
   */
  void input(Packet packet, long nowNs);
}
