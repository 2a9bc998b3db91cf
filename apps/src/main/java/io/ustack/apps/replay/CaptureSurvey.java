package io.ustack.apps.replay;

import io.ustack.arp.ArpHeader;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ethernet.MacAddress;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.Ipv4Subnet;
import io.ustack.pcap.CaptureReader;
import io.ustack.pcap.LinkType;
import io.ustack.tcp.TcpHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * What a capture tells about the host that the stack is to stand in for: its MAC address, and the
 * initial sequence numbers that its connections had. With those, what the peers acknowledged then
 * fits what the stack sends now, and whole conversations can be replayed.
 */
final class CaptureSurvey {
  private static final int MOST_DESTINATIONS = 5;
  private static final long NONE = 0;

  private final int ownAddress;
  private final CapturedIsns isns = new CapturedIsns();
  private final CapturedNeighbours neighbours;
  private final Set<Integer> otherDestinations = new LinkedHashSet<>();
  private long framesForUs;
  private long firstTimestampNs;
  private boolean empty = true;

  // In the order of how much they are worth.
  private long arpMac = NONE;
  private long destinationMac = NONE;
  private long sourceMac = NONE;

  private CaptureSurvey(final Ipv4Subnet subnet) {
    ownAddress = subnet.address();
    neighbours = new CapturedNeighbours(subnet);
  }

  /**
   * Reads a capture to its end, or to where it is broken, which the replay will report.
   *
   * @throws IOException when it is none
   */
  static CaptureSurvey of(final Path file, final Ipv4Subnet subnet) throws IOException {
    final CaptureSurvey survey = new CaptureSurvey(subnet);
    try (CaptureReader reader = CaptureReader.open(file)) {
      while (next(reader)) {
        survey.look(reader);
      }
    }
    return survey;
  }

  private static boolean next(final CaptureReader reader) {
    try {
      return reader.next();
    } catch (final IOException e) {
      return false;
    }
  }

  private void look(final CaptureReader frame) {
    if (empty) {
      empty = false;
      firstTimestampNs = frame.timestampNs();
    }
    final ByteBuffer bytes = frame.bytes();
    if (frame.linkType() == LinkType.RAW_IP) {
      lookAtIpv4(bytes, 0, frame.lengthBytes(), NONE, NONE);
    } else if (EthernetHeader.validate(bytes, 0, frame.lengthBytes()) == null) {
      final int payloadBytes = frame.lengthBytes() - EthernetHeader.LENGTH_BYTES;
      final int type = EthernetHeader.type(bytes, 0);
      if (type == EthernetHeader.TYPE_ARP) {
        lookAtArp(bytes, payloadBytes);
      } else if (type == EthernetHeader.TYPE_IPV4) {
        final long destination = EthernetHeader.destination(bytes, 0);
        lookAtIpv4(
            bytes,
            EthernetHeader.LENGTH_BYTES,
            payloadBytes,
            EthernetHeader.source(bytes, 0),
            destination);
      }
    }
  }

  private void lookAtArp(final ByteBuffer bytes, final int lengthBytes) {
    final int at = EthernetHeader.LENGTH_BYTES;
    if (lengthBytes < ArpHeader.LENGTH_BYTES) {
      return;
    }
    final int sender = ArpHeader.senderAddress(bytes, at);
    final long senderMac = ArpHeader.senderMac(bytes, at);
    if (sender == ownAddress) {
      arpMac = first(arpMac, senderMac);
    } else {
      neighbours.add(sender, senderMac);
    }
    framesForUs += ArpHeader.targetAddress(bytes, at) == ownAddress ? 1 : 0;
  }

  private void lookAtIpv4(
      final ByteBuffer bytes,
      final int at,
      final int lengthBytes,
      final long fromMac,
      final long toMac) {
    if (lengthBytes < Ipv4Header.LENGTH_BYTES) {
      return;
    }
    final int source = Ipv4Header.source(bytes, at);
    final int destination = Ipv4Header.destination(bytes, at);
    if (destination == ownAddress) {
      framesForUs++;
      if (source != ownAddress) {
        destinationMac = first(destinationMac, toMac);
        neighbours.add(source, fromMac);
      }
    } else if (source == ownAddress) {
      sourceMac = first(sourceMac, fromMac);
      lookAtOwnTcp(bytes, at, lengthBytes);
    } else if (otherDestinations.size() < MOST_DESTINATIONS) {
      otherDestinations.add(destination);
    }
  }

  /** A SYN of the host itself tells its initial sequence number. */
  private void lookAtOwnTcp(final ByteBuffer bytes, final int at, final int lengthBytes) {
    final int tcp = at + Ipv4Header.headerBytes(bytes, at);
    if (Ipv4Header.protocol(bytes, at) != Ipv4Header.PROTOCOL_TCP
        || tcp + TcpHeader.MIN_LENGTH_BYTES > at + lengthBytes
        || (TcpHeader.flags(bytes, tcp) & TcpHeader.SYN) == 0) {
      return;
    }
    isns.add(
        TcpHeader.sourcePort(bytes, tcp),
        Ipv4Header.destination(bytes, at),
        TcpHeader.destinationPort(bytes, tcp),
        TcpHeader.sequence(bytes, tcp));
  }

  private static long first(final long known, final long found) {
    return known == NONE && !MacAddress.isGroup(found) ? found : known;
  }

  /** The host's MAC address, or {@code otherwise} when the capture does not tell. */
  long mac(final long otherwise) {
    for (final long candidate : new long[] {arpMac, destinationMac, sourceMac}) {
      if (candidate != NONE) {
        return candidate;
      }
    }
    return otherwise;
  }

  /** The initial sequence numbers that the host had. */
  CapturedIsns isns() {
    return isns;
  }

  /** The MAC addresses that the other hosts had. */
  CapturedNeighbours neighbours() {
    return neighbours;
  }

  /** When the capture begins, in nanoseconds since 1970. */
  long firstTimestampNs() {
    return firstTimestampNs;
  }

  /** Frames that ask something of the host's address. */
  long framesForUs() {
    return framesForUs;
  }

  /** Some addresses that packets go to which are neither to nor from the host. */
  Set<Integer> otherDestinations() {
    return otherDestinations;
  }
}
