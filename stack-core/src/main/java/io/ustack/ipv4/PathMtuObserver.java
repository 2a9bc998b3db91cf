package io.ustack.ipv4;

/** Who can send less at a time when a packet was too big for a link on its way (RFC 1191). */
public interface PathMtuObserver {
  /** For transports whose users learn it otherwise, or never. */
  PathMtuObserver NONE =
      (mtuBytes, localAddress, localPort, remoteAddress, remotePort, quotedSequence, nowNs) -> {};

  /**
   * A packet that we sent did not fit; see {@link TransportProtocol#onUnreachable}.
   *
   * @param mtuBytes what would have passed; 0 when the router did not say
   */
  void onTooBig(
      int mtuBytes,
      int localAddress,
      int localPort,
      int remoteAddress,
      int remotePort,
      int quotedSequence,
      long nowNs);
}
