package io.ustack.ipv4;

import io.ustack.arp.Arp;
import io.ustack.arp.Neighbour;
import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.EthernetOutput;
import io.ustack.ethernet.MacAddress;
import io.ustack.link.FlowShare;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The way out: finds paths, and puts the IPv4 header in front of what is sent along them. */
public final class Ipv4Output {
  /** Paths remembered; two that meet in one place displace each other. */
  private static final int PATHS_SHIFT = 32 - 14;

  private final LocalAddresses local;
  private final RoutingTable routes;
  private final EthernetOutput wire;
  private final EthernetOutput loopback;
  private final Arp arp;
  private final Counters counters;
  private final @Nullable Path[] paths = new @Nullable Path[1 << (32 - PATHS_SHIFT)];
  private final Identifications identifications;
  private boolean closed;

  /** The wire's device is gone: only we ourselves can be reached. */
  private volatile boolean wireGone;

  /** Sends over {@code wire}, or over {@code loopback} what is for this stack itself. */
  public Ipv4Output(
      final LocalAddresses local,
      final RoutingTable routes,
      final EthernetOutput wire,
      final EthernetOutput loopback,
      final Arp arp,
      final Counters counters) {
    this.local = local;
    this.routes = routes;
    this.wire = wire;
    this.loopback = loopback;
    this.arp = arp;
    this.counters = counters;
    identifications = new Identifications(wire.flows());
  }

  /** Whose answers come back to this stack. */
  public FlowShare flows() {
    return wire.flows();
  }

  /** Which addresses are ours. */
  public LocalAddresses local() {
    return local;
  }

  /**
   * The path from a local to a remote address.
   *
   * @param localAddress one of ours, or 0 to choose
   * @param remoteAddress a unicast address; 0 means this stack, as on Linux
   * @return null without a route, to a group or to everybody, or when the two can't be together:
   *     ENETUNREACH
   */
  public @Nullable Path path(final int localAddress, final int remoteAddress) {
    final int remote = remoteAddress == Ipv4Address.ANY ? anyAsRemote(localAddress) : remoteAddress;
    return local.isBroadcast(remote) ? null : find(localAddress, remote);
  }

  /**
   * The path from a local address to everybody, {@link LocalAddresses#isBroadcast}: what is sent
   * along goes to the link, and as on Linux to this stack too.
   *
   * @param localAddress one of ours, or 0 to choose
   * @return null without a route: ENETUNREACH
   */
  public @Nullable Path broadcastPath(final int localAddress, final int broadcastAddress) {
    return find(localAddress, broadcastAddress);
  }

  private @Nullable Path find(final int localAddress, final int remote) {
    final int source = localAddress == Ipv4Address.ANY ? sourceFor(remote) : localAddress;
    final int place = ((source * 31 + remote) * 0x9E37_79B9) >>> PATHS_SHIFT;
    final Path known = paths[place];
    if (known != null && known.remoteAddress() == remote && known.localAddress() == source) {
      return known;
    }
    final Path path = newPath(source, remote);
    if (path != null) {
      paths[place] = path;
    }
    return path;
  }

  /** Whether {@link #path} would find one. Any thread. */
  public boolean hasRoute(final int localAddress, final int remoteAddress) {
    final int remote = remoteAddress == Ipv4Address.ANY ? anyAsRemote(localAddress) : remoteAddress;
    return !local.isBroadcast(remote) && leads(localAddress, remote);
  }

  /** Whether {@link #broadcastPath} would find one. Any thread. */
  public boolean hasBroadcastRoute(final int localAddress, final int broadcastAddress) {
    return leads(localAddress, broadcastAddress);
  }

  private boolean leads(final int localAddress, final int remote) {
    final int source = localAddress == Ipv4Address.ANY ? sourceFor(remote) : localAddress;
    return nextHop(source, remote) != RoutingTable.NO_ROUTE;
  }

  /** The largest packet on the wire, IPv4 header included. Any thread. */
  public int mtuBytes() {
    return wire.mtuBytes();
  }

  private @Nullable Path newPath(final int source, final int remote) {
    final int nextHop = nextHop(source, remote);
    if (nextHop == RoutingTable.NO_ROUTE) {
      return null;
    }
    final boolean broadcast = local.isBroadcast(remote);
    final boolean inside = broadcast ? Ipv4Address.isLoopback(remote) : local.isLocal(remote);
    return new Path(this, inside ? loopback : wire, nextHop, source, remote, broadcast);
  }

  /** Who gets the packets next: the remote itself when it is us. */
  private int nextHop(final int source, final int remote) {
    if (!local.isLocal(source)) {
      return RoutingTable.NO_ROUTE;
    }
    if (local.isLocal(remote) || remote == Ipv4Address.LOOPBACK_BROADCAST) {
      return remote;
    }
    // RFC 1122 3.2.1.3 (g): an address of 127/8 never leaves the host.
    if (wireGone || Ipv4Address.isLoopback(source)) {
      return RoutingTable.NO_ROUTE;
    }
    if (local.isBroadcast(remote)) {
      return remote;
    }
    if (Ipv4Address.isThisNetwork(remote)
        || Ipv4Address.isMulticast(remote)
        || Ipv4Address.isReserved(remote)) {
      return RoutingTable.NO_ROUTE;
    }
    return routes.nextHop(remote);
  }

  private static int anyAsRemote(final int localAddress) {
    return localAddress == Ipv4Address.ANY ? Ipv4Address.LOOPBACK : localAddress;
  }

  /**
   * RFC 1122 3.3.4.3: to ourselves with the address spoken to, of 127.0.0.0/8 as on Linux with the
   * first; else with the link's.
   */
  private int sourceFor(final int remote) {
    if (Ipv4Address.isLoopback(remote)) {
      return Ipv4Address.LOOPBACK;
    }
    return local.isLocal(remote) ? remote : local.address();
  }

  /** From now on no route leads to the wire. Stack thread. */
  public void onWireGone() {
    wireGone = true;
    Arrays.fill(paths, null);
  }

  /** Sends nothing any more: what comes along a path is dropped as LINK_CLOSED. */
  public void close() {
    closed = true;
  }

  boolean send(
      final Path path,
      final Packet packet,
      final int protocol,
      final int typeOfService,
      final int fragmentFlags,
      final int timeToLive,
      final long nowNs) {
    if (closed) {
      return drop(packet, DropReason.LINK_CLOSED);
    }
    final int totalLength = packet.length() + Ipv4Header.LENGTH_BYTES;
    if (totalLength > path.mtuBytes()) {
      return drop(packet, DropReason.IPV4_TOO_LONG);
    }
    final int at = packet.prepend(Ipv4Header.LENGTH_BYTES);
    packet.networkOffset(at);
    packet.transportOffset(at + Ipv4Header.LENGTH_BYTES);
    packet.addFlags(Packet.TX_IPV4_CHECKSUM);
    // RFC 6864 4.1: with DF and whole, any identification will do; else it must not repeat soon.
    final boolean atomic = (fragmentFlags & Ipv4Header.DONT_FRAGMENT) != 0;
    Ipv4Header.write(
        packet.bytes(),
        at,
        typeOfService,
        totalLength,
        atomic ? 0 : identifications.next(),
        fragmentFlags,
        timeToLive,
        protocol,
        path.localAddress(),
        path.remoteAddress());
    if (path.link.isLoopback()) {
      counters.increment(Counter.IPV4_PACKETS_OUT);
      path.link.send(packet, 0, EthernetHeader.TYPE_IPV4);
      return true;
    }
    return path.broadcast ? sendToAll(packet) : sendToNeighbour(path, packet, nowNs);
  }

  /** Linux ip_mc_output: everybody is also us. */
  private boolean sendToAll(final Packet packet) {
    counters.increment(Counter.IPV4_PACKETS_OUT);
    final Packet copy = loopback.room() == 0 ? null : loopback.allocate();
    if (copy != null) {
      final int at = copy.append(packet.length());
      copy.bytes().put(at, packet.bytes(), packet.offset(), packet.length());
      copy.flags(packet.flags());
      copy.networkOffset(at);
      copy.transportOffset(at + Ipv4Header.LENGTH_BYTES);
      loopback.send(copy, 0, EthernetHeader.TYPE_IPV4);
    }
    wire.send(packet, MacAddress.BROADCAST, EthernetHeader.TYPE_IPV4);
    return true;
  }

  /** How many segments a train may have now; what has to wait for a neighbour goes one by one. */
  int trainSegments(final Path path, final long nowNs) {
    final int most = path.link.trainSegments();
    final Neighbour neighbour = path.neighbour;
    final boolean goes =
        most > 1
            && neighbour != null
            && neighbour.address() == path.nextHop
            && !arp.wouldPark(neighbour, nowNs);
    return goes ? Math.min(most, path.link.room()) : 1;
  }

  private boolean sendToNeighbour(final Path path, final Packet packet, final long nowNs) {
    Neighbour neighbour = path.neighbour;
    if (neighbour == null || neighbour.address() != path.nextHop) {
      neighbour = arp.neighbour(path.nextHop, nowNs);
      path.neighbour = neighbour;
    }
    counters.add(Counter.IPV4_PACKETS_OUT, packet.segments());
    arp.send(neighbour, packet, nowNs);
    return true;
  }

  private boolean drop(final Packet packet, final DropReason reason) {
    counters.drop(reason);
    packet.release();
    return false;
  }
}
