package io.ustack.ipv4;

import io.ustack.buffer.Packet;

/**
 * Says to a sender that its packet reached nobody (RFC 1122 3.2.2.1). Whether an answer may be sent
 * at all, and at what rate, is decided behind this interface.
 */
public interface UnreachableSender {
  /**
   * No endpoint has the port. The packet is only borrowed, with its network and transport offset
   * set; the caller releases it.
   */
  void portUnreachable(Packet offending, long nowNs);

  /** No transport takes the protocol. The packet is only borrowed. */
  void protocolUnreachable(Packet offending, long nowNs);
}
