package io.ustack.arp;

import io.ustack.buffer.Packet;

/** Told when address resolution gave up on a packet that was waiting for it. */
public interface UnresolvedObserver {
  /** The packet, which begins with its IPv4 header, is only borrowed and is dropped afterwards. */
  void onUnresolved(Packet packet, long nowNs);
}
