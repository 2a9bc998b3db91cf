package io.ustack.ipv4;

import io.ustack.arp.Neighbour;
import io.ustack.buffer.Packet;
import io.ustack.ethernet.EthernetOutput;
import org.jspecify.annotations.Nullable;

/**
 * Where packets from one local to one remote address go. Transports keep it and send along it
 * without knowing headers below theirs. Stack thread only.
 */
public final class Path {
  private final Ipv4Output output;
  final EthernetOutput link;
  final int nextHop;
  private final int localAddress;
  private final int remoteAddress;

  /** The remote is everybody. */
  final boolean broadcast;

  /** Linux ip_rt_min_pmtu: whoever says less is not believed (RFC 5927 7.2). */
  public static final int MIN_MTU_BYTES = 552;

  /** Linux ip_rt_mtu_expires; RFC 1191 6.3 says ten minutes, too. */
  private static final long MTU_VALID_NS = 600_000_000_000L;

  /** What the network said, while it is valid; 0 when it said nothing. */
  private int learntMtuBytes;

  private long learntMtuNs;

  /** The cache's entry for the next hop, as far as it still is. */
  @Nullable Neighbour neighbour;

  Path(
      final Ipv4Output output,
      final EthernetOutput link,
      final int nextHop,
      final int localAddress,
      final int remoteAddress,
      final boolean broadcast) {
    this.output = output;
    this.link = link;
    this.nextHop = nextHop;
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
    this.broadcast = broadcast;
  }

  /** The source of packets sent along. */
  public int localAddress() {
    return localAddress;
  }

  /** The destination of packets sent along. */
  public int remoteAddress() {
    return remoteAddress;
  }

  /** The largest packet, IPv4 header included. */
  public int mtuBytes() {
    return link.mtuBytes();
  }

  /**
   * The largest packet that gets through to the remote, as far as is known: at most {@link
   * #mtuBytes}, and less for ten minutes after the network said so.
   */
  public int pathMtuBytes(final long nowNs) {
    if (learntMtuBytes == 0 || nowNs - learntMtuNs >= MTU_VALID_NS) {
      learntMtuBytes = 0;
      return mtuBytes();
    }
    return Math.min(learntMtuBytes, mtuBytes());
  }

  /** The network said that only smaller packets get through; see {@link #MIN_MTU_BYTES}. */
  public void learnMtu(final int mtu, final long nowNs) {
    learntMtuBytes = Math.max(mtu, MIN_MTU_BYTES);
    learntMtuNs = nowNs;
  }

  /** The largest transport header and payload together. */
  public int maxTransportBytes() {
    return link.mtuBytes() - Ipv4Header.LENGTH_BYTES;
  }

  /**
   * Frames that can be sent now. At 0 an emitter sends nothing and says that it has more; what is
   * sent all the same is dropped and counted as TRANSMIT_QUEUE_FULL.
   */
  public int transmitRoom() {
    return link.room();
  }

  /** How many segments a train that is sent along now may have; 1: no trains. */
  public int trainSegments(final long nowNs) {
    return output.trainSegments(this, nowNs);
  }

  /**
   * An empty packet to send data along, owned by the caller; see {@link EthernetOutput#allocate}.
   */
  public @Nullable Packet allocate() {
    return link.allocate();
  }

  /** The same for what may have the last; see {@link EthernetOutput#allocateReserved}. */
  public @Nullable Packet allocateReserved() {
    return link.allocateReserved();
  }

  /**
   * Sends a packet that begins with its transport header; takes it over. It may wait for address
   * resolution, and {@link TransportProtocol#onUnreachable} tells when it waited in vain. TCP and
   * UDP go with DF set, as Linux sends them (RFC 1191).
   *
   * @return false when it was dropped and counted
   */
  public boolean send(final Packet packet, final int protocol, final long nowNs) {
    final boolean dontFragment = protocol != Ipv4Header.PROTOCOL_ICMP;
    return send(packet, protocol, 0, dontFragment, nowNs);
  }

  /**
   * As {@link #send} of TCP and UDP, with the type of service byte and the time to live as the
   * caller wants them (RFC 9293 3.9.2). Routers may mark what says {@link Ipv4Header#ECN_CAPABLE}
   * instead of dropping it (RFC 3168 5).
   *
   * @param timeToLive 1 to 255
   */
  public boolean send(
      final Packet packet,
      final int protocol,
      final int typeOfService,
      final int timeToLive,
      final long nowNs) {
    return output.send(
        this, packet, protocol, typeOfService, Ipv4Header.DONT_FRAGMENT, timeToLive, nowNs);
  }

  /** As {@link #send}, with the type of service byte and the DF flag as the caller wants them. */
  public boolean send(
      final Packet packet,
      final int protocol,
      final int typeOfService,
      final boolean dontFragment,
      final long nowNs) {
    final int flags = dontFragment ? Ipv4Header.DONT_FRAGMENT : 0;
    return output.send(
        this, packet, protocol, typeOfService, flags, Ipv4Header.DEFAULT_TIME_TO_LIVE, nowNs);
  }
}
