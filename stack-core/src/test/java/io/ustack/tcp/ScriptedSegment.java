package io.ustack.tcp;

import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One segment as a script writes it, in packetdrill's notation: {@code S. 0:0(0) ack 1 win 65535
 * <mss 1460,nop,wscale 7>}. Sequence numbers are relative to the sender's ISN, ack to the other's.
 *
 * <p>Payload is never written down: byte number {@code s} of a stream is always {@link
 * #streamByte}.
 */
record ScriptedSegment(
    int flags, int seq, int length, int ack, int window, int urgent, String options, String text) {
  static final int UNSAID = -1;

  private static final Pattern FORM =
      Pattern.compile(
          "([SFRPUEW.]+|-) (\\d+):(\\d+)\\((\\d+)\\)(?: ack (\\d+))?(?: win (\\d+))?(?: urg"
              + " (\\d+))?(?: <(.*)>)?");

  static ScriptedSegment parse(final String text) {
    final Matcher m = FORM.matcher(text.trim());
    if (!m.matches()) {
      throw new IllegalArgumentException("not a segment: " + text);
    }
    final int seq = (int) Long.parseLong(m.group(2));
    final int length = Integer.parseInt(m.group(4));
    if ((int) Long.parseLong(m.group(3)) != seq + length) {
      throw new IllegalArgumentException("numbers do not add up: " + text);
    }
    return new ScriptedSegment(
        flags(m.group(1)),
        seq,
        length,
        m.group(5) == null ? 0 : (int) Long.parseLong(m.group(5)),
        m.group(6) == null ? UNSAID : Integer.parseInt(m.group(6)),
        m.group(7) == null ? 0 : Integer.parseInt(m.group(7)),
        m.group(8),
        text.trim());
  }

  private static int flags(final String letters) {
    int flags = 0;
    for (int i = 0; i < letters.length(); i++) {
      final char letter = letters.charAt(i);
      flags |= letter == '-' ? 0 : 1 << "FSRP.UEW".indexOf(letter);
    }
    return flags;
  }

  /** The byte at this place of a stream; place 1 is the first behind the SYN. */
  static byte streamByte(final int seq) {
    return (byte) (seq * 31 + (seq >>> 8) * 7);
  }

  /** The bytes of a stream from {@code seq} on. */
  static byte[] stream(final int seq, final int length) {
    final byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = streamByte(seq + i);
    }
    return bytes;
  }

  /** The place of its first byte, which SYN pushes back by one. */
  int payloadSeq() {
    return (flags & TcpHeader.SYN) != 0 ? seq + 1 : seq;
  }

  /** This segment as TCP header and payload from the peer. */
  byte[] bytes(final int peerPort, final int ourPort, final int peerIsn, final int ourIsn) {
    final byte[] optionBytes = options == null ? new byte[0] : ScriptedOptions.bytes(options);
    final int headerLength = 20 + optionBytes.length;
    final byte[] payload = stream(payloadSeq(), length);
    final ByteBuffer segment = ByteBuffer.allocate(headerLength + payload.length);
    segment.putShort((short) peerPort).putShort((short) ourPort);
    segment.putInt(peerIsn + seq);
    segment.putInt((flags & TcpHeader.ACK) != 0 ? ourIsn + ack : 0);
    segment.put((byte) (headerLength << 2)).put((byte) flags);
    segment.putShort((short) (window == UNSAID ? 0xFFFF : window));
    segment.putShort((short) 0).putShort((short) urgent);
    segment.put(optionBytes).put(payload);
    final long pseudo = Frames.pseudoHeader(6, TestNet.PEER, TestNet.OUR, segment.capacity());
    segment.putShort(16, (short) Frames.checksum(segment.array(), 0, segment.capacity(), pseudo));
    return segment.array();
  }
}
