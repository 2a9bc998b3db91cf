package io.ustack.ipv4;

import io.ustack.buffer.Packet;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.counter.DropReason;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.EthernetProtocol;
import io.ustack.ethernet.MacAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way in of one link: every IPv4 packet is validated here, once, and handed to its transport.
 * What passes has a right header, no padding, one host as source, and us or everybody as
 * destination.
 */
public final class Ipv4Input implements EthernetProtocol {
  private final LocalAddresses local;
  private final boolean loopback;
  private final TransportTable transports;
  private final UnreachableSender unreachable;
  private final Counters counters;

  /**
   * The input of a link.
   *
   * @param loopback whether packets come from ourselves
   */
  public Ipv4Input(
      final LocalAddresses local,
      final boolean loopback,
      final TransportTable transports,
      final UnreachableSender unreachable,
      final Counters counters) {
    this.local = local;
    this.loopback = loopback;
    this.transports = transports;
    this.unreachable = unreachable;
    this.counters = counters;
  }

  @Override
  public void input(final Packet packet, final long nowNs) {
    counters.add(Counter.IPV4_PACKETS_IN, packet.segments());
    final ByteBuffer bytes = packet.bytes();
    final int at = packet.networkOffset();
    final DropReason malformed = checkHeader(packet, bytes, at);
    if (malformed != null) {
      drop(packet, malformed);
      return;
    }
    final int source = Ipv4Header.source(bytes, at);
    final int destination = Ipv4Header.destination(bytes, at);
    final DropReason misdirected = checkAddresses(packet, source, destination);
    if (misdirected != null) {
      drop(packet, misdirected);
      return;
    }
    if (Ipv4Header.isFragment(bytes, at)) {
      // RFC 791 3.2 asks for reassembly, which is not there yet.
      drop(packet, DropReason.IPV4_FRAGMENT);
      return;
    }
    // What is behind the packet's own length is padding of the link.
    packet.trim(at - packet.offset() + Ipv4Header.totalLength(bytes, at));
    packet.transportOffset(at + Ipv4Header.headerBytes(bytes, at));
    final int ecn = Ipv4Header.typeOfService(bytes, at) & Ipv4Header.ECN_MASK;
    if (ecn == Ipv4Header.CONGESTION_EXPERIENCED) {
      counters.increment(Counter.IPV4_CONGESTION_MARKS_IN);
      packet.addFlags(Packet.RX_CONGESTION_EXPERIENCED);
    }
    final TransportProtocol transport = transports.find(Ipv4Header.protocol(bytes, at));
    if (transport == null) {
      unreachable.protocolUnreachable(packet, nowNs);
      drop(packet, DropReason.IPV4_PROTOCOL_UNKNOWN);
      return;
    }
    transport.input(packet, source, destination, nowNs);
  }

  private static @Nullable DropReason checkHeader(
      final Packet packet, final ByteBuffer bytes, final int at) {
    final DropReason malformed = Ipv4Header.validate(bytes, at, packet.end() - at);
    if (malformed != null) {
      return malformed;
    }
    return (packet.flags() & Packet.RX_IPV4_CHECKSUM_BAD) != 0 ? DropReason.IPV4_CHECKSUM : null;
  }

  private @Nullable DropReason checkAddresses(
      final Packet packet, final int source, final int destination) {
    // RFC 1122 3.2.1.3 (g): an address of 127/8 is never seen outside a host.
    final boolean broadcast =
        local.isBroadcast(destination) && (loopback || !Ipv4Address.isLoopback(destination));
    if (!broadcast && !isOurs(destination, packet)) {
      return DropReason.IPV4_NOT_FOR_US;
    }
    return isHost(source) ? null : DropReason.IPV4_SOURCE_INVALID;
  }

  private boolean isOurs(final int destination, final Packet packet) {
    if (loopback) {
      return local.isLocal(destination);
    }
    // RFC 1122 3.2.1.3 (g): 127/8 is never seen outside a host. 3.3.6: a frame to everybody that
    // holds a packet to one host is not for that host.
    return destination == local.address()
        && EthernetHeader.destination(packet.bytes(), packet.offset()) != MacAddress.BROADCAST;
  }

  /** RFC 1122 3.2.1.3: a source address is one host's, and from the wire not our own. */
  private boolean isHost(final int source) {
    if (loopback) {
      return local.isLocal(source);
    }
    return !local.isLocal(source)
        && !Ipv4Address.isThisNetwork(source)
        && !Ipv4Address.isMulticast(source)
        && !Ipv4Address.isReserved(source)
        && !local.isBroadcast(source);
  }

  private void drop(final Packet packet, final DropReason reason) {
    counters.drop(reason);
    packet.release();
  }
}
