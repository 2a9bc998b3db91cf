package io.ustack.kernel;

import io.ustack.arp.ArpHeader;
import io.ustack.buffer.Packet;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.MacAddress;
import io.ustack.icmp.IcmpHeader;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.LocalAddresses;
import java.nio.ByteBuffer;

/**
 * Says who gets a frame that came from the wire: the stack, the kernel, or both. Believes nothing:
 * what is broken is the stack's, which counts it. One thread.
 */
final class FrameSorter {
  /** The stack gets it. */
  static final int STACK = 1;

  /** The kernel gets it, as far as there is room. */
  static final int KERNEL = 1 << 1;

  /** With {@link #KERNEL}: a rule or something that the kernel began asks for it. */
  static final int WANTED = 1 << 2;

  private static final int KERNEL_WANTS = KERNEL | WANTED;

  private static final int PORTS_BYTES = 4;
  private static final int TCP_FLAGS = 13;

  // RFC 792: errors that icmp does not name, because the stack ignores them.
  private static final int SOURCE_QUENCH = 4;
  private static final int REDIRECT = 5;
  private static final int PARAMETER_PROBLEM = 12;

  private final long macAddress;
  private final LocalAddresses local;
  private final KernelRules rules;
  private final KernelFlows flows;

  FrameSorter(
      final long macAddress,
      final LocalAddresses local,
      final KernelRules rules,
      final KernelFlows flows) {
    this.macAddress = macAddress;
    this.local = local;
    this.rules = rules;
    this.flows = flows;
  }

  /** The bits of those who get it; of a train, for all its segments. */
  int of(final Packet frame, final long nowNs) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset();
    if (EthernetHeader.validate(bytes, at, frame.length()) != null) {
      return STACK;
    }
    final long destination = EthernetHeader.destination(bytes, at);
    if (destination != macAddress && !MacAddress.isGroup(destination)) {
      return STACK; // not this host's at all
    }
    final int network = at + EthernetHeader.LENGTH_BYTES;
    return switch (EthernetHeader.type(bytes, at)) {
      case EthernetHeader.TYPE_IPV4 -> ofPacket(frame, network, destination, nowNs);
      case EthernetHeader.TYPE_ARP -> ofArp(bytes, network, frame.end(), destination);
      default -> KERNEL;
    };
  }

  /**
   * Of two with one address one may answer, and that is the stack. Both have neighbours to learn
   * of.
   */
  private int ofArp(
      final ByteBuffer bytes, final int at, final int end, final long destinationMac) {
    if (ArpHeader.validate(bytes, at, end - at) != null) {
      return STACK;
    }
    if (ArpHeader.operation(bytes, at) == ArpHeader.REPLY) {
      return destinationMac == macAddress ? STACK | KERNEL_WANTS : STACK | KERNEL;
    }
    return ArpHeader.targetAddress(bytes, at) == local.address() ? STACK : STACK | KERNEL;
  }

  private int ofPacket(
      final Packet frame, final int at, final long destinationMac, final long nowNs) {
    final ByteBuffer bytes = frame.bytes();
    if ((frame.flags() & Packet.RX_IPV4_CHECKSUM_BAD) != 0
        || Ipv4Header.validate(bytes, at, frame.end() - at) != null) {
      return STACK;
    }
    final int destination = Ipv4Header.destination(bytes, at);
    if (destination == local.address()) {
      // RFC 1122 3.3.6: a frame to many with a packet to one is a mistake, which the stack counts.
      return destinationMac == macAddress ? ofOurs(bytes, at, nowNs) : STACK;
    }
    if (!local.isBroadcast(destination)) {
      return ofProtocol(bytes, at);
    }
    // RFC 1122 4.2.3.10: no segment goes to many.
    return Ipv4Header.protocol(bytes, at) == Ipv4Header.PROTOCOL_TCP
        ? STACK
        : STACK | ofProtocol(bytes, at);
  }

  private int ofOurs(final ByteBuffer bytes, final int at, final long nowNs) {
    if ((Ipv4Header.fragmentField(bytes, at) & Ipv4Header.FRAGMENT_OFFSET) != 0) {
      return ofProtocol(bytes, at); // no ports: the stack has no use for it, the kernel perhaps
    }
    final int transport = at + Ipv4Header.headerBytes(bytes, at);
    final int end = at + Ipv4Header.totalLength(bytes, at);
    final int protocol = Ipv4Header.protocol(bytes, at);
    return switch (protocol) {
      case Ipv4Header.PROTOCOL_TCP, Ipv4Header.PROTOCOL_UDP ->
          end - transport < PORTS_BYTES
              ? STACK
              : ofFlow(
                  protocol,
                  Ipv4Header.source(bytes, at),
                  bytes.getShort(transport) & 0xFFFF,
                  bytes.getShort(transport + 2) & 0xFFFF,
                  nowNs);
      case Ipv4Header.PROTOCOL_ICMP -> ofMessage(bytes, at, transport, end, nowNs);
      default -> ofProtocol(bytes, at);
    };
  }

  /** What the stack does not take in any case: the kernel's, whether it asked for it or not. */
  private int ofProtocol(final ByteBuffer bytes, final int at) {
    return rules.ownsAll(Ipv4Header.protocol(bytes, at), Ipv4Header.source(bytes, at))
        ? KERNEL_WANTS
        : KERNEL;
  }

  private int ofFlow(
      final int protocol,
      final int remoteAddress,
      final int remotePort,
      final int localPort,
      final long nowNs) {
    return rules.owns(protocol, remoteAddress, localPort)
            || flows.knows(protocol, remoteAddress, remotePort, localPort, nowNs)
        ? KERNEL_WANTS
        : STACK;
  }

  private int ofMessage(
      final ByteBuffer bytes, final int at, final int message, final int end, final long nowNs) {
    if (end - message < IcmpHeader.LENGTH_BYTES) {
      return STACK;
    }
    final int source = Ipv4Header.source(bytes, at);
    return switch (IcmpHeader.type(bytes, message)) {
      case IcmpHeader.ECHO_REQUEST ->
          rules.ownsAll(Ipv4Header.PROTOCOL_ICMP, source) ? KERNEL_WANTS : STACK;
      case IcmpHeader.ECHO_REPLY -> ofEcho(source, IcmpHeader.identifier(bytes, message), nowNs);
      case IcmpHeader.DESTINATION_UNREACHABLE,
          SOURCE_QUENCH,
          REDIRECT,
          IcmpHeader.TIME_EXCEEDED,
          PARAMETER_PROBLEM ->
          ofQuote(bytes, message + IcmpHeader.LENGTH_BYTES, end, nowNs);
      default -> ofProtocol(bytes, at);
    };
  }

  /** An answer to a ping, or an error about one. */
  private int ofEcho(final int remoteAddress, final int identifier, final long nowNs) {
    return rules.isFrom(remoteAddress)
            || flows.knows(Ipv4Header.PROTOCOL_ICMP, remoteAddress, 0, identifier, nowNs)
        ? KERNEL_WANTS
        : STACK;
  }

  /** RFC 792: an error quotes what this host sent, which says whose it is. */
  private int ofQuote(final ByteBuffer bytes, final int at, final int end, final long nowNs) {
    if (end - at < Ipv4Header.LENGTH_BYTES) {
      return STACK;
    }
    final int transport = at + Ipv4Header.headerBytes(bytes, at);
    if (transport - at < Ipv4Header.LENGTH_BYTES
        || end - transport < IcmpHeader.LENGTH_BYTES
        || Ipv4Header.source(bytes, at) != local.address()
        || (Ipv4Header.fragmentField(bytes, at) & Ipv4Header.FRAGMENT_OFFSET) != 0) {
      return STACK;
    }
    final int protocol = Ipv4Header.protocol(bytes, at);
    final int remote = Ipv4Header.destination(bytes, at);
    return switch (protocol) {
      case Ipv4Header.PROTOCOL_TCP, Ipv4Header.PROTOCOL_UDP ->
          ofFlow(
              protocol,
              remote,
              bytes.getShort(transport + 2) & 0xFFFF,
              bytes.getShort(transport) & 0xFFFF,
              nowNs);
      case Ipv4Header.PROTOCOL_ICMP ->
          ofEcho(remote, IcmpHeader.identifier(bytes, transport), nowNs);
      default -> rules.ownsAll(protocol, remote) ? KERNEL_WANTS : KERNEL;
    };
  }

  /** Remembers what the kernel begins with a frame that it sends. */
  void sent(final Packet frame, final long nowNs) {
    final ByteBuffer bytes = frame.bytes();
    final int at = frame.offset() + EthernetHeader.LENGTH_BYTES;
    if (frame.length() < EthernetHeader.LENGTH_BYTES
        || EthernetHeader.type(bytes, frame.offset()) != EthernetHeader.TYPE_IPV4
        || MacAddress.isGroup(EthernetHeader.destination(bytes, frame.offset()))
        || Ipv4Header.validate(bytes, at, frame.end() - at) != null
        || Ipv4Header.source(bytes, at) != local.address()
        || (Ipv4Header.fragmentField(bytes, at) & Ipv4Header.FRAGMENT_OFFSET) != 0) {
      return;
    }
    final int transport = at + Ipv4Header.headerBytes(bytes, at);
    final int lengthBytes = at + Ipv4Header.totalLength(bytes, at) - transport;
    final int remote = Ipv4Header.destination(bytes, at);
    switch (Ipv4Header.protocol(bytes, at)) {
      case Ipv4Header.PROTOCOL_TCP -> {
        if (lengthBytes > TCP_FLAGS) {
          final int flags = bytes.get(transport + TCP_FLAGS) & 0xFF;
          sent(Ipv4Header.PROTOCOL_TCP, remote, bytes, transport, flags, nowNs);
        }
      }
      case Ipv4Header.PROTOCOL_UDP -> {
        if (lengthBytes >= PORTS_BYTES) {
          sent(Ipv4Header.PROTOCOL_UDP, remote, bytes, transport, 0, nowNs);
        }
      }
      case Ipv4Header.PROTOCOL_ICMP -> {
        if (lengthBytes >= IcmpHeader.LENGTH_BYTES
            && IcmpHeader.type(bytes, transport) == IcmpHeader.ECHO_REQUEST) {
          final int identifier = IcmpHeader.identifier(bytes, transport);
          flows.sent(Ipv4Header.PROTOCOL_ICMP, remote, 0, identifier, 0, nowNs);
        }
      }
      default -> {
        // What the stack does not take needs no memory.
      }
    }
  }

  private void sent(
      final int protocol,
      final int remoteAddress,
      final ByteBuffer bytes,
      final int transport,
      final int tcpFlags,
      final long nowNs) {
    final int localPort = bytes.getShort(transport) & 0xFFFF;
    final int remotePort = bytes.getShort(transport + 2) & 0xFFFF;
    // A rule is enough; and what answers to a rule must not lead to more.
    if (!rules.owns(protocol, remoteAddress, localPort)) {
      flows.sent(protocol, remoteAddress, remotePort, localPort, tcpFlags, nowNs);
    }
  }
}
