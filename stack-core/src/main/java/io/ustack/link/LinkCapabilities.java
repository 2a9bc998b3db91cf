package io.ustack.link;

/**
 * What a link is.
 *
 * @param name as the user knows it: {@code pipe-a}, {@code net_tap0}
 * @param macAddress 48 bits; 0 on loopback
 * @param mtuBytes largest IP packet; the frame is 14 bytes longer
 * @param loopback true where every frame comes back to the sender and no address resolution is
 *     needed
 * @param trainSegments how many segments a train to transmit may have ({@link
 *     io.ustack.buffer.Packet#follower}); 1 where there are none
 */
public record LinkCapabilities(
    String name, long macAddress, int mtuBytes, boolean loopback, int trainSegments) {

  /** Of a link that takes single frames only. */
  public LinkCapabilities(
      final String name, final long macAddress, final int mtuBytes, final boolean loopback) {
    this(name, macAddress, mtuBytes, loopback, 1);
  }

  /** The same, but single frames only. */
  public LinkCapabilities withoutTrains() {
    return new LinkCapabilities(name, macAddress, mtuBytes, loopback);
  }
}
