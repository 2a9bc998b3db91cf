package io.ustack.shard;

import io.ustack.buffer.Packet;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.icmp.IcmpHeader;
import io.ustack.ipv4.Ipv4Header;
import java.nio.ByteBuffer;

/** Says which shard a received frame is for. Believes nothing: what is broken is anybody's. */
final class FrameOwner {
  /** Whoever received it: no shard knows more of it than another. */
  static final int ANYBODY = -1;

  /** Each of them. */
  static final int EVERYBODY = -2;

  /** The one that announces the address; those who ping are there as well. */
  static final int FIRST = 0;

  private static final int PORTS_BYTES = 4;

  private final ShardMap map;

  /** By a map. */
  FrameOwner(final ShardMap map) {
    this.map = map;
  }

  /**
   * The shard's number, {@link #ANYBODY} or {@link #EVERYBODY}.
   *
   * @param sorted whether TCP and UDP arrive where the map says, so that they are anybody's
   */
  int of(final Packet frame, final boolean sorted) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset();
    if (frame.length() < EthernetHeader.LENGTH_BYTES) {
      return ANYBODY;
    }
    return switch (EthernetHeader.type(bytes, at)) {
      case EthernetHeader.TYPE_IPV4 ->
          ofPacket(bytes, at + EthernetHeader.LENGTH_BYTES, frame.end(), sorted);
      // Each shard has a neighbour cache of its own.
      case EthernetHeader.TYPE_ARP -> EVERYBODY;
      default -> ANYBODY;
    };
  }

  private int ofPacket(final ByteBuffer bytes, final int at, final int end, final boolean sorted) {
    if (Ipv4Header.validate(bytes, at, end - at) != null
        || (Ipv4Header.fragmentField(bytes, at) & Ipv4Header.FRAGMENT_OFFSET) != 0) {
      return ANYBODY;
    }
    final int transport = at + Ipv4Header.headerBytes(bytes, at);
    return switch (Ipv4Header.protocol(bytes, at)) {
      // The first fragment has ports, by which no NIC sorts it.
      case Ipv4Header.PROTOCOL_TCP, Ipv4Header.PROTOCOL_UDP ->
          sorted && !Ipv4Header.isFragment(bytes, at) ? ANYBODY : ofFlow(bytes, at, transport, end);
      case Ipv4Header.PROTOCOL_ICMP -> ofMessage(bytes, transport, end);
      default -> ANYBODY;
    };
  }

  private int ofFlow(final ByteBuffer bytes, final int at, final int transport, final int end) {
    if (end - transport < PORTS_BYTES) {
      return ANYBODY;
    }
    return map.owner(
        Ipv4Header.source(bytes, at),
        Ipv4Header.destination(bytes, at),
        bytes.getShort(transport) & 0xFFFF,
        bytes.getShort(transport + 2) & 0xFFFF);
  }

  private int ofMessage(final ByteBuffer bytes, final int at, final int end) {
    if (end - at < IcmpHeader.LENGTH_BYTES) {
      return ANYBODY;
    }
    return switch (IcmpHeader.type(bytes, at)) {
      case IcmpHeader.DESTINATION_UNREACHABLE, IcmpHeader.TIME_EXCEEDED ->
          ofQuote(bytes, at + IcmpHeader.LENGTH_BYTES, end);
      case IcmpHeader.ECHO_REPLY -> FIRST;
      default -> ANYBODY;
    };
  }

  /** RFC 792: an error quotes what we sent, whose answers come the other way round. */
  private int ofQuote(final ByteBuffer bytes, final int at, final int end) {
    if (end - at < Ipv4Header.LENGTH_BYTES) {
      return ANYBODY;
    }
    final int ports = at + Ipv4Header.headerBytes(bytes, at);
    final int protocol = Ipv4Header.protocol(bytes, at);
    if (protocol == Ipv4Header.PROTOCOL_ICMP) {
      return FIRST; // of a ping
    }
    if (ports - at < Ipv4Header.LENGTH_BYTES
        || end - ports < PORTS_BYTES
        || (protocol != Ipv4Header.PROTOCOL_TCP && protocol != Ipv4Header.PROTOCOL_UDP)) {
      return ANYBODY;
    }
    return map.owner(
        /* source= */ Ipv4Header.destination(bytes, at),
        /* destination= */ Ipv4Header.source(bytes, at),
        bytes.getShort(ports + 2) & 0xFFFF,
        bytes.getShort(ports) & 0xFFFF);
  }
}
