package io.ustack.ipv4;

/**
 * Where a packet goes next: to its destination when that is on the link, else to the gateway.
 *
 * @param subnet what is on the link
 * @param gateway the default gateway, 0 for none
 */
public record RoutingTable(Ipv4Subnet subnet, int gateway) {
  /** What {@link #nextHop} says when there is no way. */
  public static final int NO_ROUTE = 0;

  /** The address to resolve for a packet to {@code destination}, or {@link #NO_ROUTE}. */
  public int nextHop(final int destination) {
    return subnet.contains(destination) ? destination : gateway;
  }
}
