package io.ustack.posix;

import io.ustack.ipv4.Ipv4Address;

/**
 * An IPv4 address and port that a call fills in: made once, used for every call. One thread at a
 * time.
 */
public final class SocketAddress4 {
  private int address;
  private int port;

  /** The address as an int in network value: 10.0.0.1 is 0x0A000001. */
  public int address() {
    return address;
  }

  /** The port, 0..65535. */
  public int port() {
    return port;
  }

  /** Sets both. */
  public void set(final int newAddress, final int newPort) {
    address = newAddress;
    port = newPort;
  }

  @Override
  public String toString() {
    return Ipv4Address.format(address) + ":" + port;
  }
}
