package io.ustack.udp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.UdpPacket;

class UdpHeaderTest {
  @Test
  void aSecondDecoderReadsWhatWasWritten() throws IllegalRawDataException {
    final byte[] datagram = new byte[8 + 3];
    UdpHeader.write(ByteBuffer.wrap(datagram), 0, 0xFACE, 0x8001, 11);
    final var header = UdpPacket.newPacket(datagram, 0, 11).getHeader();
    assertEquals(0xFACE, header.getSrcPort().valueAsInt());
    assertEquals(0x8001, header.getDstPort().valueAsInt());
    assertEquals(11, header.getLengthAsInt());
    assertEquals(0, header.getChecksum());
  }

  @Test
  void readsWhatIsThere() {
    final byte[] datagram =
        Frames.udp(TestNet.PEER, 0xFACE, TestNet.OUR, 0x8001, new byte[] {1, 2, 3});
    final ByteBuffer bytes = ByteBuffer.wrap(datagram);
    assertNull(UdpHeader.validate(bytes, 0, 11));
    assertEquals(0xFACE, UdpHeader.sourcePort(bytes, 0));
    assertEquals(0x8001, UdpHeader.destinationPort(bytes, 0));
    assertEquals(11, UdpHeader.length(bytes, 0));
    assertEquals(bytes.getShort(6) & 0xFFFF, UdpHeader.checksum(bytes, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "8, 8,",
    "8, 11,",
    "11, 11,",
    "7, 11, UDP_LENGTH",
    "0, 11, UDP_LENGTH",
    "12, 11, UDP_LENGTH",
    "65535, 11, UDP_LENGTH",
    "8, 7, UDP_TRUNCATED",
    "8, 0, UDP_TRUNCATED",
  })
  @Covers(
      rfc = "RFC 768",
      what = "length, checksum 0",
      by = {UdpHeader.class, Udp.class})
  void judgesLengths(final int length, final int available, final DropReason reason) {
    final ByteBuffer bytes = ByteBuffer.allocate(11).putShort(4, (short) length);
    assertEquals(reason, UdpHeader.validate(bytes, 0, available));
  }
}
