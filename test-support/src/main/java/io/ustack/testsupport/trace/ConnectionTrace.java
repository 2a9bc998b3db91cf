package io.ustack.testsupport.trace;

import io.ustack.ipv4.Ipv4Address;

/** One connection as seen where its host's link is. */
public final class ConnectionTrace {
  private final int localPort;
  private final int remoteAddress;
  private final int remotePort;
  private final StreamTrace outgoing = new StreamTrace();
  private final StreamTrace incoming = new StreamTrace();

  ConnectionTrace(final int localPort, final int remoteAddress, final int remotePort) {
    this.localPort = localPort;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  /** What the host sends. */
  public StreamTrace outgoing() {
    return outgoing;
  }

  /** What the host receives. */
  public StreamTrace incoming() {
    return incoming;
  }

  public int localPort() {
    return localPort;
  }

  public int remoteAddress() {
    return remoteAddress;
  }

  public int remotePort() {
    return remotePort;
  }

  boolean isBetween(final int ownPort, final int address, final int port) {
    return localPort == ownPort && remoteAddress == address && remotePort == port;
  }

  /** As {@code 80 with 10.99.0.1:43210}. */
  @Override
  public String toString() {
    return localPort + " with " + Ipv4Address.format(remoteAddress) + ":" + remotePort;
  }
}
