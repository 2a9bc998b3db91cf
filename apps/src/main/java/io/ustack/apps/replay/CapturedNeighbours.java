package io.ustack.apps.replay;

import io.ustack.ethernet.MacAddress;
import io.ustack.ipv4.Ipv4Subnet;
import java.util.HashMap;
import java.util.Map;

/**
 * Which host of a capture had which MAC address. A capture need not show how its hosts learned that
 * of each other, and the stack has to.
 */
final class CapturedNeighbours {
  /** Hosts remembered at most: captures of floods have no end. */
  private static final int MOST_HOSTS = 1 << 16;

  private static final long NONE = 0;

  private final Ipv4Subnet subnet;
  private final Map<Integer, Long> macs = new HashMap<>();
  private long routerMac = NONE;

  CapturedNeighbours(final Ipv4Subnet subnet) {
    this.subnet = subnet;
  }

  /** A packet from {@code address} came in a frame from {@code mac}. */
  void add(final int address, final long mac) {
    if (mac == NONE || MacAddress.isGroup(mac)) {
      return;
    }
    if (!subnet.contains(address)) {
      routerMac = routerMac == NONE ? mac : routerMac;
    } else if (macs.size() < MOST_HOSTS) {
      macs.putIfAbsent(address, mac);
    }
  }

  /** Somebody has brought packets of other networks. */
  boolean hasRouter() {
    return routerMac != NONE;
  }

  /**
   * An address that the router can have, where nobody says which it has: the first of the subnet
   * that is free.
   *
   * @return 0 when the subnet has no room for a router
   */
  int routerAddress() {
    final int network = subnet.address() & subnet.mask();
    for (int host = 1;
        host <= MOST_HOSTS
            && subnet.contains(network + host)
            && !subnet.isBroadcast(network + host);
        host++) {
      if (network + host != subnet.address() && !macs.containsKey(network + host)) {
        return network + host;
      }
    }
    return 0;
  }

  /** {@code gateway}, 0 for none, is the router, unless it is known as a host. */
  void nameRouter(final int gateway) {
    if (gateway != 0 && hasRouter()) {
      macs.putIfAbsent(gateway, routerMac);
    }
  }

  /** The MAC address of a host, 0 when the capture does not tell. */
  long mac(final int address) {
    return macs.getOrDefault(address, NONE);
  }
}
