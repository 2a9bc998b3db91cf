package io.ustack.udp;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.ipv4.Ipv4Address;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.Path;
import org.jspecify.annotations.Nullable;

/** Turns the queued datagrams of endpoints into packets, one at a time. One per stack. */
final class UdpEmission {
  private final Udp udp;
  private final Counters counters;
  private final DatagramInfo sending = new DatagramInfo();

  UdpEmission(final Udp udp, final Counters counters) {
    this.udp = udp;
    this.counters = counters;
  }

  /** Sends the oldest datagram of {@code endpoint}; false when it has to wait for room. */
  boolean emit(final UdpEndpoint endpoint, final DatagramRing outgoing, final long nowNs) {
    if (!outgoing.first(sending)) {
      return false;
    }
    final int from =
        sending.localAddress == Ipv4Address.ANY ? endpoint.localAddress() : sending.localAddress;
    final Path way = pathTo(endpoint, from, sending.address);
    if (way == null) {
      counters.drop(DropReason.IPV4_NO_ROUTE);
      outgoing.remove(sending);
      return true;
    }
    return emit(endpoint, outgoing, way, nowNs);
  }

  private boolean emit(
      final UdpEndpoint endpoint, final DatagramRing outgoing, final Path way, final long nowNs) {
    final Packet packet = way.transmitRoom() == 0 ? null : oldest(outgoing, way);
    if (packet == null) {
      return false;
    }
    final int at = packet.prepend(UdpHeader.LENGTH_BYTES);
    UdpHeader.write(packet.bytes(), at, endpoint.localPort(), sending.port, packet.length());
    packet.flags(Packet.TX_UDP_CHECKSUM);
    if (way.send(
        packet, Ipv4Header.PROTOCOL_UDP, sending.typeOfService, sending.timeToLive, nowNs)) {
      counters.increment(Counter.UDP_DATAGRAMS_OUT);
    }
    return true;
  }

  /** Takes out the oldest datagram: its packet, or a copy; null without a packet for that. */
  private @Nullable Packet oldest(final DatagramRing outgoing, final Path way) {
    final Packet own = outgoing.reclaim();
    if (own != null) {
      return own;
    }
    final Packet packet = way.allocate();
    if (packet != null) {
      outgoing.peek(packet.bytes(), packet.append(sending.lengthBytes), sending.lengthBytes);
      outgoing.remove(sending);
    }
    return packet;
  }

  /** The way to an address, which an endpoint remembers until it sends elsewhere. */
  @Nullable Path pathTo(final UdpEndpoint endpoint, final int from, final int address) {
    final Path last = endpoint.lastPath;
    if (last != null
        && last.remoteAddress() == address
        && (from == Ipv4Address.ANY || last.localAddress() == from)) {
      return last;
    }
    endpoint.lastPath = udp.path(from, address);
    return endpoint.lastPath;
  }
}
