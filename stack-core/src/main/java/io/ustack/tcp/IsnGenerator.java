package io.ustack.tcp;

import io.ustack.buffer.SipHash;

/**
 * Initial sequence numbers by RFC 6528: {@code ISN = M + F(localip, localport, remoteip,
 * remoteport, secretkey)}, with M a 4-microsecond clock and F SipHash-2-4. Nobody off the path can
 * guess one, and a reincarnation of a connection starts above its predecessor.
 */
public final class IsnGenerator implements IsnSource {
  private static final long M_TICK_NS = 4_000;

  /** No pair of ports: what it hashes to tells nothing of any ISN. */
  private static final long TIMESTAMPS = -1;

  private final long key0;
  private final long key1;

  /** With the stack's own secret of 128 bits. */
  public IsnGenerator(final long key0, final long key1) {
    this.key0 = key0;
    this.key1 = key1;
  }

  @Override
  public int isn(
      final int localAddress,
      final int localPort,
      final int remoteAddress,
      final int remotePort,
      final long nowNs) {
    final long addresses = ((long) localAddress << 32) | (remoteAddress & 0xFFFF_FFFFL);
    final long ports = ((long) localPort << 16) | remotePort;
    final int f = (int) SipHash.hash(key0, key1, addresses, ports);
    final int m = (int) Math.floorDiv(nowNs, M_TICK_NS);
    return m + f;
  }

  @Override
  public int timestampOffset(final int localAddress, final int remoteAddress) {
    final long addresses = ((long) localAddress << 32) | (remoteAddress & 0xFFFF_FFFFL);
    return (int) SipHash.hash(key0, key1, addresses, TIMESTAMPS);
  }
}
