package io.ustack.tcp;

/**
 * Where the numbers come from that a connection starts with and nobody else may guess: {@link
 * IsnGenerator}, or fixed ones in tests.
 */
@FunctionalInterface
public interface IsnSource {
  /** The ISN of a new connection between these two ends. */
  int isn(int localAddress, int localPort, int remoteAddress, int remotePort, long nowNs);

  /**
   * What is added to the clock in the timestamps of all connections between these two hosts, so
   * that those of a later connection are larger (RFC 7323 5.4; Linux secure_tcp_ts_off).
   */
  default int timestampOffset(final int localAddress, final int remoteAddress) {
    return 0;
  }
}
