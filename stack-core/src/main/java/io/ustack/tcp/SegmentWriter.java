package io.ustack.tcp;

import io.ustack.buffer.Packet;
import io.ustack.buffer.PacketRing;
import io.ustack.counter.Counter;
import io.ustack.counter.Counters;
import io.ustack.ipv4.Ipv4Header;
import io.ustack.ipv4.Path;
import org.jspecify.annotations.Nullable;

/**
 * Builds segments and hands them to their path. The only place that writes TCP headers. One per
 * stack.
 */
final class SegmentWriter {
  /** {@link #write} found no packet. */
  static final int NOT_SENT = -1;

  private final Counters counters;

  SegmentWriter(final Counters counters) {
    this.counters = counters;
  }

  /**
   * Sends a segment with payload from {@code buffer}, or without, or a train of segments: then FIN
   * and PSH are those of the last one, and CWR is the first one's (Linux tcp_gso_segment, RFC 3168
   * 6.1.2).
   *
   * <p>It is one method on purpose: of more than 325 bytecodes, HotSpot compiles it by itself and
   * not into its callers. From the duty cycle down to the Ethernet header is further than C2
   * inlines, and left to itself it gave up among the header accesses (docs/performance.md).
   *
   * @param bufferOffset where in the buffer the payload starts
   * @param length bytes of payload, 0 for none
   * @param segmentLength bytes of payload of a segment; less than {@code length} makes a train
   * @param window the window field, already scaled
   * @return bytes of payload that were sent: whole segments less than {@code length} where packets
   *     ran out, or {@link #NOT_SENT}
   */
  int write(
      final TcpConnection connection,
      final int flags,
      final int seq,
      final int ack,
      final int window,
      final PacketRing buffer,
      final int bufferOffset,
      final int length,
      final int segmentLength,
      final long nowNs) {
    final Path path = connection.path();
    final Packet packet = length == 0 ? path.allocateReserved() : path.allocate();
    if (packet == null) {
      return NOT_SENT;
    }
    if (length > 0) {
      final int at = packet.append(segmentLength);
      buffer.peek(bufferOffset, packet.bytes(), at, segmentLength);
    }
    final int sent =
        length > segmentLength
            ? couple(path, packet, buffer, bufferOffset, length, segmentLength)
            : length;
    final int ends = sent < length ? TcpHeader.FIN | TcpHeader.PSH : 0;
    final Sender sender = connection.sender();
    final Receiver receiver = connection.receiver();
    final boolean reset = (flags & TcpHeader.RST) != 0;
    final boolean fresh =
        length > 0
            && seq == sender.sndNxt()
            && Seq.leq(seq + length, sender.sndUna() + sender.sndWnd());
    final Ecn ecn = reset ? null : receiver.ecn();
    final boolean timestamps = connection.usesTimestamps();
    final int timestampsLength = timestamps ? TcpOptions.TIMESTAMPS_LENGTH_BYTES : 0;
    final int room = path.maxTransportBytes() - TcpHeader.MIN_LENGTH_BYTES - segmentLength;
    final int blocksThatFit =
        TcpOptions.sackBlocksThatFit(timestampsLength, room - timestampsLength);
    final SackBlocks sack = reset ? null : receiver.sackBlocks(blocksThatFit);
    final int sackLength = sack == null ? 0 : TcpOptions.sackLengthBytes(sack.count());
    final int headerLength = TcpHeader.MIN_LENGTH_BYTES + timestampsLength + sackLength;
    final int at = packet.prepend(headerLength);
    TcpHeader.write(
        packet.bytes(),
        at,
        connection.localPort(),
        connection.remotePort(),
        seq,
        ack,
        headerLength,
        (ecn == null ? flags : flags | ecnFlags(ecn, sender, fresh)) & ~ends,
        window);
    final Urgency urgency = connection.urgency;
    if (urgency != null && !reset) {
      writeUrgent(urgency, sender, packet, at, seq);
    }
    if (timestamps) {
      writeTimestamps(connection, packet, at + TcpHeader.MIN_LENGTH_BYTES, nowNs);
    }
    if (sack != null) {
      TcpOptions.writeSack(
          packet.bytes(), at + TcpHeader.MIN_LENGTH_BYTES + timestampsLength, sack);
      sack.onSent();
    }
    connection.segmentsOut += packet.segments() - 1;
    count(connection, seq, length > 0 || (flags & TcpHeader.FIN) != 0);
    // RFC 3168 6.1.4, 6.1.5: new data may be marked; ACKs, probes and what is repeated may not.
    final int codepoint = ecn != null && fresh ? Ipv4Header.ECN_CAPABLE : 0;
    send(path, packet, connection.config(), codepoint, nowNs);
    return sent;
  }

  /** Sends a segment without payload; as {@link #write}, false when nothing was sent. */
  boolean writeEmpty(
      final TcpConnection connection,
      final int flags,
      final int seq,
      final int window,
      final long nowNs) {
    final int ack = connection.receiver().rcvNxt();
    return write(connection, flags, seq, ack, window, connection.sendBuffer(), 0, 0, 0, nowNs)
        != NOT_SENT;
  }

  /**
   * Puts the payload behind the head's into packets of their own.
   *
   * @return bytes of payload that the train has now
   */
  private static int couple(
      final Path path,
      final Packet head,
      final PacketRing buffer,
      final int bufferOffset,
      final int length,
      final int segmentLength) {
    Packet last = head;
    int segments = 1;
    int done = segmentLength;
    while (done < length) {
      final Packet packet = path.allocate();
      if (packet == null) {
        break;
      }
      final int count = Math.min(segmentLength, length - done);
      buffer.peek(bufferOffset + done, packet.bytes(), packet.append(count), count);
      last.follower = packet;
      last = packet;
      segments++;
      done += count;
    }
    head.segments(segments);
    return done;
  }

  /**
   * RFC 9293 3.8.5: also what is repeated, probes and ACKs say it until the data is acknowledged.
   */
  private static void writeUrgent(
      final Urgency urgency,
      final Sender sender,
      final Packet packet,
      final int at,
      final int seq) {
    final int pointer = urgency.pointer(sender, seq);
    if (pointer > 0) {
      TcpHeader.writeUrgent(packet.bytes(), at, pointer);
    }
  }

  /** RFC 3168 6.1.2 and 6.1.3: the echo of a mark, and, once, that ours was heard. */
  private static int ecnFlags(final Ecn ecn, final Sender sender, final boolean fresh) {
    int flags = ecn.echoes() ? TcpHeader.ECE : 0;
    final RecoveryState recovery = sender.recoveryState();
    if (fresh && recovery != null && recovery.owesCwr) {
      recovery.owesCwr = false;
      flags |= TcpHeader.CWR;
    }
    return flags;
  }

  private static int writeTimestamps(
      final TcpConnection connection, final Packet packet, final int at, final long nowNs) {
    final Timestamps timestamps = connection.timestamps();
    return TcpOptions.writeTimestamps(
        packet.bytes(), at, timestamps.value(connection.uptimeNs(nowNs)), timestamps.recent());
  }

  /**
   * Sends our SYN or SYN-ACK with the options that {@link TcpConnection#offer} has left.
   *
   * @param mss the largest segment that we take, without options (RFC 6691)
   * @param length bytes from the head of the send buffer that ride along (RFC 7413 3)
   * @return as {@link #write}
   */
  boolean writeSyn(
      final TcpConnection connection,
      final int flags,
      final int ack,
      final int window,
      final int mss,
      final int length,
      final long nowNs) {
    final Path path = connection.path();
    final Packet packet = path.allocate();
    if (packet == null) {
      return false;
    }
    if (length > 0) {
      final int at = packet.append(length);
      connection.sendBuffer().peek(0, packet.bytes(), at, length);
    }
    final SynOffer offer = connection.offer();
    final Timestamps timestamps = connection.timestamps();
    final int headerLength = TcpHeader.MIN_LENGTH_BYTES + offer.optionsLengthBytes();
    final int at = packet.prepend(headerLength);
    TcpHeader.write(
        packet.bytes(),
        at,
        connection.localPort(),
        connection.remotePort(),
        connection.sender().iss(),
        ack,
        headerLength,
        flags,
        window);
    writeSynOptions(
        packet,
        at + TcpHeader.MIN_LENGTH_BYTES,
        offer,
        mss,
        timestamps.value(connection.uptimeNs(nowNs)),
        timestamps.recent());
    count(connection, connection.sender().iss(), true);
    send(path, packet, connection.config(), 0, nowNs);
    return true;
  }

  /**
   * Answers a SYN that is not kept (RFC 4987 3.6).
   *
   * @param path back to the sender
   * @param config of the listener
   * @param seq the cookie
   * @param window of the connection that may come of it
   * @param offer what both ends agree on
   * @param tsVal our timestamp, for an offer that has them
   * @param tsEcr the peer's
   */
  void writeCookie(
      final Path path,
      final TcpConfig config,
      final TcpSegment syn,
      final int seq,
      final int window,
      final SynOffer offer,
      final int tsVal,
      final int tsEcr,
      final long nowNs) {
    final Packet packet = path.transmitRoom() == 0 ? null : path.allocate();
    if (packet == null) {
      return;
    }
    final int headerLength = TcpHeader.MIN_LENGTH_BYTES + offer.optionsLengthBytes();
    final int at = packet.prepend(headerLength);
    TcpHeader.write(
        packet.bytes(),
        at,
        /* sourcePort= */ syn.destinationPort,
        /* destinationPort= */ syn.sourcePort,
        seq,
        syn.seq + 1,
        headerLength,
        TcpHeader.SYN | TcpHeader.ACK,
        window);
    final int mss = path.maxTransportBytes() - TcpHeader.MIN_LENGTH_BYTES;
    writeSynOptions(packet, at + TcpHeader.MIN_LENGTH_BYTES, offer, mss, tsVal, tsEcr);
    counters.increment(Counter.TCP_SYN_COOKIES_OUT);
    send(path, packet, config, 0, nowNs);
  }

  private static void writeSynOptions(
      final Packet packet,
      final int at,
      final SynOffer offer,
      final int mss,
      final int tsVal,
      final int tsEcr) {
    final boolean scaleFirst = offer.order() == SynOptionOrder.FREEBSD;
    int option = at + TcpOptions.writeMss(packet.bytes(), at, mss);
    if (offer.scalesWindow() && scaleFirst) {
      option += TcpOptions.writeWindowScale(packet.bytes(), option, offer.windowShift());
    }
    if (offer.timestamps()) {
      final int before = option;
      option += TcpOptions.writeTimestamps(packet.bytes(), option, tsVal, tsEcr);
      if (offer.sack()) {
        TcpOptions.writeSackPermittedBeforeTimestamps(packet.bytes(), before);
      }
    } else if (offer.sack()) {
      option += TcpOptions.writeSackPermitted(packet.bytes(), option);
    }
    if (offer.scalesWindow() && !scaleFirst) {
      option += TcpOptions.writeWindowScale(packet.bytes(), option, offer.windowShift());
    }
    final FastOpenCookie cookie = offer.cookie();
    if (cookie != null) {
      TcpOptions.writeFastOpen(packet.bytes(), option, cookie);
    }
  }

  /** Before the sender hears of it: what lies below its highest byte was sent before. */
  private static void count(
      final TcpConnection connection, final int seq, final boolean occupiesSequenceSpace) {
    connection.segmentsOut++;
    if (occupiesSequenceSpace && Seq.lt(seq, connection.sender().sndNxt())) {
      connection.retransmittedSegments++;
    }
  }

  /**
   * Answers a segment that belongs to no connection, or whose ACK makes no sense (RFC 9293 3.5.2,
   * 3.10.7.1).
   *
   * @param path back to the sender, or null when there is no route: then nothing is sent
   * @param config of the connection, or of the stack
   */
  void writeReset(
      final @Nullable Path path,
      final TcpConfig config,
      final TcpSegment segment,
      final long nowNs) {
    if (path == null || path.transmitRoom() == 0) {
      return;
    }
    final Packet packet = path.allocateReserved();
    if (packet == null) {
      return;
    }
    final boolean acknowledged = segment.has(TcpHeader.ACK);
    final int at = packet.prepend(TcpHeader.MIN_LENGTH_BYTES);
    TcpHeader.write(
        packet.bytes(),
        at,
        /* sourcePort= */ segment.destinationPort,
        /* destinationPort= */ segment.sourcePort,
        acknowledged ? segment.ack : 0,
        acknowledged ? 0 : segment.seq + segment.length(),
        TcpHeader.MIN_LENGTH_BYTES,
        acknowledged ? TcpHeader.RST : TcpHeader.RST | TcpHeader.ACK,
        0);
    counters.increment(Counter.TCP_RESETS_OUT);
    send(path, packet, config, 0, nowNs);
  }

  /** RFC 9293 3.9.1.9, 3.9.2: with what the application wants in the IP header. */
  private void send(
      final Path path,
      final Packet packet,
      final TcpConfig config,
      final int ecnCodepoint,
      final long nowNs) {
    packet.transportOffset(packet.offset());
    packet.addFlags(Packet.TX_TCP_CHECKSUM);
    counters.add(Counter.TCP_SEGMENTS_OUT, packet.segments());
    path.send(
        packet,
        TcpHeader.PROTOCOL,
        config.typeOfService() | ecnCodepoint,
        config.timeToLive(),
        nowNs);
  }
}
