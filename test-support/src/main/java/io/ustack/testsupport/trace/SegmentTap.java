package io.ustack.testsupport.trace;

import io.ustack.buffer.Packet;
import io.ustack.ethernet.EthernetHeader;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.link.ForwardingLink;
import io.ustack.link.LinkDevice;
import io.ustack.tcp.TcpHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Another link, and what TCP said on it: every whole segment that the link received or took. Of
 * more connections than it may keep, the first are kept.
 */
public final class SegmentTap extends ForwardingLink {
  private static final int BAD = Packet.RX_IPV4_CHECKSUM_BAD | Packet.RX_L4_CHECKSUM_BAD;

  private final long originNs;
  private final int mostConnections;
  private final List<ConnectionTrace> connections = new ArrayList<>();
  private @Nullable Seen[] offered = new Seen[64];

  /** What is kept of a segment until the link has taken it. */
  private record Seen(
      int source,
      int sourcePort,
      int destination,
      int destinationPort,
      int sequence,
      int acknowledgment,
      int flags,
      int payloadBytes) {}

  /**
   * A tap on {@code link}, which it owns and closes.
   *
   * @param originNs what the link's clock shows when the series begin
   */
  public SegmentTap(final LinkDevice link, final long originNs, final int mostConnections) {
    super(link);
    this.originNs = originNs;
    this.mostConnections = mostConnections;
  }

  /** The connections in the order of their first segments. */
  public List<ConnectionTrace> connections() {
    return Collections.unmodifiableList(connections);
  }

  @Override
  public int receive(final Packet[] frames, final int max, final long nowNs) {
    final int count = link.receive(frames, max, nowNs);
    for (int i = 0; i < count; i++) {
      final Seen segment = (frames[i].flags() & BAD) == 0 ? read(frames[i]) : null;
      if (segment != null) {
        received(segment, nowNs - originNs);
      }
    }
    return count;
  }

  @Override
  public int transmit(final Packet[] frames, final int count, final long nowNs) {
    if (offered.length < count) {
      offered = new Seen[count];
    }
    for (int i = 0; i < count; i++) {
      offered[i] = read(frames[i]); // what the link takes is no longer ours to read
    }
    final int taken = link.transmit(frames, count, nowNs);
    for (int i = 0; i < taken; i++) {
      final Seen segment = offered[i];
      if (segment != null) {
        sent(segment, nowNs - originNs);
      }
    }
    Arrays.fill(offered, null);
    return taken;
  }

  private void received(final Seen segment, final long atNs) {
    final ConnectionTrace connection =
        connection(segment.destinationPort, segment.source, segment.sourcePort);
    if (connection != null) {
      note(segment, connection.incoming(), connection.outgoing(), atNs);
    }
  }

  private void sent(final Seen segment, final long atNs) {
    final ConnectionTrace connection =
        connection(segment.sourcePort, segment.destination, segment.destinationPort);
    if (connection != null) {
      note(segment, connection.outgoing(), connection.incoming(), atNs);
    }
  }

  private static void note(
      final Seen segment, final StreamTrace carried, final StreamTrace answered, final long atNs) {
    if ((segment.flags & TcpHeader.RST) != 0) {
      return;
    }
    carried.onSegment(
        atNs, segment.sequence, segment.payloadBytes, (segment.flags & TcpHeader.SYN) != 0);
    if ((segment.flags & TcpHeader.ACK) != 0) {
      answered.onAcknowledgment(atNs, segment.acknowledgment);
    }
  }

  private @Nullable ConnectionTrace connection(
      final int localPort, final int remoteAddress, final int remotePort) {
    for (final ConnectionTrace connection : connections) {
      if (connection.isBetween(localPort, remoteAddress, remotePort)) {
        return connection;
      }
    }
    if (connections.size() == mostConnections) {
      return null;
    }
    final ConnectionTrace fresh = new ConnectionTrace(localPort, remoteAddress, remotePort);
    connections.add(fresh);
    return fresh;
  }

  /** The segment in a frame; null when it is something else, or only a part. */
  private static @Nullable Seen read(final Packet frame) {
    final ByteBuffer bytes = frame.bytes();
    final int ip = frame.offset() + EthernetHeader.LENGTH_BYTES;
    if (frame.length() < EthernetHeader.LENGTH_BYTES + Ipv4Header.LENGTH_BYTES
        || EthernetHeader.type(bytes, frame.offset()) != EthernetHeader.TYPE_IPV4
        || Ipv4Header.protocol(bytes, ip) != Ipv4Header.PROTOCOL_TCP
        || Ipv4Header.isFragment(bytes, ip)) {
      return null;
    }
    final int tcp = ip + Ipv4Header.headerBytes(bytes, ip);
    final int end = ip + Ipv4Header.totalLength(bytes, ip);
    if (end > frame.end()
        || tcp + TcpHeader.MIN_LENGTH_BYTES > end
        || TcpHeader.lengthBytes(bytes, tcp) < TcpHeader.MIN_LENGTH_BYTES
        || tcp + TcpHeader.lengthBytes(bytes, tcp) > end) {
      return null;
    }
    return new Seen(
        Ipv4Header.source(bytes, ip),
        TcpHeader.sourcePort(bytes, tcp),
        Ipv4Header.destination(bytes, ip),
        TcpHeader.destinationPort(bytes, tcp),
        TcpHeader.sequence(bytes, tcp),
        TcpHeader.acknowledgment(bytes, tcp),
        TcpHeader.flags(bytes, tcp),
        end - tcp - TcpHeader.lengthBytes(bytes, tcp));
  }
}
