package io.ustack.udp;

import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Header;

/**
 * What is said of a datagram beside its bytes: filled in anew by each receive, and by whoever sends
 * one. Made once; one thread at a time.
 */
public final class DatagramInfo {
  int address;
  int port;
  int lengthBytes;
  int localAddress = Ipv4Address.ANY;
  int typeOfService;
  int timeToLive = Ipv4Header.DEFAULT_TIME_TO_LIVE;

  /** The other side's address. */
  public int address() {
    return address;
  }

  /** The other side's port. */
  public int port() {
    return port;
  }

  /** The length of the whole datagram, which may be more than was copied. */
  public int lengthBytes() {
    return lengthBytes;
  }

  /**
   * Our side's address: where a received datagram was sent to, which may be a broadcast address; of
   * one to be sent 0 for the endpoint's own.
   */
  public int localAddress() {
    return localAddress;
  }

  /** The type of service byte of its IPv4 header. */
  public int typeOfService() {
    return typeOfService;
  }

  /** The time to live of its IPv4 header. */
  public int timeToLive() {
    return timeToLive;
  }

  /** Where it goes. */
  public DatagramInfo to(final int newAddress, final int newPort) {
    address = newAddress;
    port = newPort;
    return this;
  }

  /** From which address of ours; 0 for the endpoint's own. */
  public DatagramInfo from(final int newLocalAddress) {
    localAddress = newLocalAddress;
    return this;
  }

  /**
   * IP_TOS and IP_TTL.
   *
   * @param newTypeOfService the whole byte, 0 to 255: UDP leaves the ECN bits to the application
   * @param newTimeToLive 1 to 255
   */
  public DatagramInfo service(final int newTypeOfService, final int newTimeToLive) {
    if ((newTypeOfService & ~0xFF) != 0 || newTimeToLive < 1 || newTimeToLive > 0xFF) {
      throw new IllegalArgumentException(
          "type of service " + newTypeOfService + ", time to live " + newTimeToLive);
    }
    typeOfService = newTypeOfService;
    timeToLive = newTimeToLive;
    return this;
  }
}
