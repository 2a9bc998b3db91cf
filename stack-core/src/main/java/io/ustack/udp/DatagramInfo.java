package io.ustack.udp;

/** Where a received datagram came from and how long it was; filled in anew by each receive. */
public final class DatagramInfo {
  int address;
  int port;
  int lengthBytes;

  /** The sender's address. */
  public int address() {
    return address;
  }

  /** The sender's port. */
  public int port() {
    return port;
  }

  /** The length of the whole datagram, which may be more than was copied. */
  public int lengthBytes() {
    return lengthBytes;
  }
}
