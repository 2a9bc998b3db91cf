package io.ustack.tcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.DropReason;
import io.ustack.house.Rfc9293;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcap4j.packet.TcpMaximumSegmentSizeOption;
import org.pcap4j.packet.TcpPacket;

/** The header, byte by byte and by a second decoder: RFC 9293 3.1. */
class TcpHeaderTest {
  private static final HexFormat HEX = HexFormat.ofDelimiter(" ");

  @Test
  void goldenBytes() {
    final ByteBuffer bytes = ByteBuffer.allocate(27);
    final int flags = TcpHeader.SYN | TcpHeader.ACK;
    TcpHeader.write(bytes, 3, 0xFACE, 0x8001, 0x89ABCDEF, 0xFEDCBA98, 24, flags, 0xF00F);
    assertEquals(
        "fa ce 80 01 89 ab cd ef fe dc ba 98 60 12 f0 0f 00 00 00 00",
        HEX.formatHex(bytes.array(), 3, 23));
  }

  @Test
  void secondDecoderAgrees() throws Exception {
    final ByteBuffer bytes = ByteBuffer.allocate(28);
    final int flags = TcpHeader.FIN | TcpHeader.PSH | TcpHeader.ACK;
    TcpHeader.write(bytes, 0, 0xFACE, 0x8001, 0x89ABCDEF, 0xFEDCBA98, 28, flags, 0xF00F);
    TcpOptions.writeMss(bytes, 20, 1460);
    TcpOptions.writeWindowScale(bytes, 24, 7);
    final var header = TcpPacket.newPacket(bytes.array(), 0, 28).getHeader();
    assertEquals(0xFACE, header.getSrcPort().valueAsInt());
    assertEquals(0x8001, header.getDstPort().valueAsInt());
    assertEquals(0x89ABCDEF, header.getSequenceNumber());
    assertEquals(0xFEDCBA98, header.getAcknowledgmentNumber());
    assertEquals(7, header.getDataOffsetAsInt());
    assertTrue(header.getFin() && header.getPsh() && header.getAck());
    assertFalse(header.getSyn() || header.getRst() || header.getUrg());
    assertEquals(0xF00F, header.getWindowAsInt());
    assertEquals(0, header.getUrgentPointerAsInt());
    final var mss = (TcpMaximumSegmentSizeOption) header.getOptions().get(0);
    assertEquals(1460, mss.getMaxSegSizeAsInt());
    assertEquals(3, header.getOptions().size());
  }

  /** What the whole way out makes of it, checksum included. */
  @Test
  @Rfc9293("MUST-2")
  void secondDecoderAgreesWithWhatIsSent() throws Exception {
    try (TestStack s = TestStack.established()) {
      s.write(1, 333);
      final byte[] frame = s.net.takeFrame();
      final byte[] segment = Frames.tail(frame, Frames.IPV4);
      final TcpPacket packet = TcpPacket.newPacket(segment, 0, segment.length);
      final InetAddress us = InetAddress.getByAddress(new byte[] {10, 99, 0, 2});
      final InetAddress peer = InetAddress.getByAddress(new byte[] {10, 99, 0, 1});
      assertTrue(packet.hasValidChecksum(us, peer, false));
      assertArrayEquals(ScriptedSegment.stream(1, 333), packet.getPayload().getRawData());
      assertEquals(TestStack.OUR_PORT, packet.getHeader().getSrcPort().valueAsInt());
    }
  }

  @Test
  @Rfc9293("MUST-1")
  void readsWhatIsThere() {
    final byte[] segment =
        Frames.tcp(
            TestNet.PEER,
            0xFACE,
            TestNet.OUR,
            0x8001,
            0x89ABCDEF,
            0xFEDCBA98,
            0xA5,
            0xF00F,
            new byte[] {1});
    final ByteBuffer bytes = ByteBuffer.wrap(segment);
    assertNull(TcpHeader.validate(bytes, 0, 21));
    assertEquals(0xFACE, TcpHeader.sourcePort(bytes, 0));
    assertEquals(0x8001, TcpHeader.destinationPort(bytes, 0));
    assertEquals(0x89ABCDEF, TcpHeader.sequence(bytes, 0));
    assertEquals(0xFEDCBA98, TcpHeader.acknowledgment(bytes, 0));
    assertEquals(20, TcpHeader.lengthBytes(bytes, 0));
    assertEquals(0xA5, TcpHeader.flags(bytes, 0));
    assertEquals(0xF00F, TcpHeader.window(bytes, 0));
    assertTrue(TcpHeader.checksum(bytes, 0) != 0);
  }

  @ParameterizedTest(name = "data offset {0}")
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
  void lengthFollowsTheDataOffset(final int words) {
    final ByteBuffer bytes = ByteBuffer.allocate(60);
    for (int reserved = 0; reserved < 16; reserved++) {
      bytes.put(12, (byte) ((words << 4) | reserved));
      assertEquals(4 * words, TcpHeader.lengthBytes(bytes, 0), "RFC 9293 3.1: Rsrvd is ignored");
    }
  }

  @ParameterizedTest(name = "{0} bytes, data offset {1}: {2}")
  @CsvSource({
    "0, 5, TCP_TRUNCATED",
    "19, 5, TCP_TRUNCATED",
    "20, 5, ",
    "20, 4, TCP_DATA_OFFSET",
    "60, 0, TCP_DATA_OFFSET",
    "20, 6, TCP_DATA_OFFSET",
    "23, 6, TCP_DATA_OFFSET",
    "24, 6, ",
    "59, 15, TCP_DATA_OFFSET",
    "60, 15, "
  })
  void validation(final int available, final int words, final DropReason reason) {
    final ByteBuffer bytes = ByteBuffer.allocate(60);
    bytes.put(12, (byte) (words << 4));
    assertEquals(reason, TcpHeader.validate(bytes, 0, available));
  }

  // ---- What the input makes of segments that are wrong

  @ParameterizedTest(name = "{0} bytes")
  @ValueSource(ints = {0, 1, 12, 19})
  void truncatedSegmentsAreDropped(final int length) {
    try (TestStack s = TestStack.listening()) {
      final byte[] segment = new byte[length];
      s.net.expectDrop(DropReason.TCP_TRUNCATED, TestNet.ipv4ToUs(6, segment));
    }
  }

  @Test
  void headersBeyondThePacketAreDropped() {
    try (TestStack s = TestStack.listening()) {
      final byte[] segment = syn(TestNet.OUR);
      segment[12] = 0x60;
      fix(segment, TestNet.OUR);
      s.net.expectDrop(DropReason.TCP_DATA_OFFSET, TestNet.ipv4ToUs(6, segment));
    }
  }

  @Test
  @Rfc9293("MUST-3")
  void wrongChecksumsAreDropped() {
    try (TestStack s = TestStack.listening()) {
      final byte[] segment = syn(TestNet.OUR);
      segment[17] ^= 1;
      s.net.expectDrop(DropReason.TCP_CHECKSUM, TestNet.ipv4ToUs(6, segment));
    }
  }

  /** RFC 9293 3.9.2.3 (MUST-57). */
  @Test
  @Rfc9293("MUST-57")
  void segmentsToEverybodyAreDropped() {
    try (TestStack s = TestStack.listening()) {
      for (final int to : new int[] {TestNet.SUBNET_BROADCAST, 0xFFFF_FFFF}) {
        final byte[] packet = Frames.ipv4(6, TestNet.PEER, to, syn(to));
        s.net.expectDrop(
            DropReason.TCP_NOT_UNICAST,
            Frames.ethernet(Frames.BROADCAST_MAC, TestNet.PEER_MAC, TestNet.IPV4_TYPE, packet));
      }
    }
  }

  private static byte[] syn(final int to) {
    return Frames.tcp(TestNet.PEER, 40_000, to, 80, 1, 0, TcpHeader.SYN, 1000, new byte[0]);
  }

  private static void fix(final byte[] segment, final int to) {
    final ByteBuffer bytes = ByteBuffer.wrap(segment).putShort(16, (short) 0);
    final long pseudo = Frames.pseudoHeader(6, TestNet.PEER, to, segment.length);
    bytes.putShort(16, (short) Frames.checksum(segment, 0, segment.length, pseudo));
  }
}
