package io.ustack.tcp;

/** Where initial send sequence numbers come from: {@link IsnGenerator}, or a fixed one in tests. */
@FunctionalInterface
public interface IsnSource {
  /** The ISN of a new connection between these two ends. */
  int isn(int localAddress, int localPort, int remoteAddress, int remotePort, long nowNs);
}
