package io.ustack.icmp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.DropReason;
import io.ustack.testing.Frames;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV4EchoPacket;
import org.pcap4j.packet.IllegalRawDataException;

class IcmpHeaderTest {
  @Test
  void aSecondDecoderReadsWhatWasWritten() throws IllegalRawDataException {
    final byte[] message = new byte[8 + 5];
    final ByteBuffer bytes = ByteBuffer.wrap(message);
    IcmpHeader.write(bytes, 0, IcmpHeader.ECHO_REQUEST, 0, 0xFACE_8001);
    bytes.put(8, Frames.payload(5));
    IcmpHeader.fillChecksum(bytes, 0, message.length);
    final IcmpV4CommonPacket packet = IcmpV4CommonPacket.newPacket(message, 0, message.length);
    assertEquals((byte) 8, packet.getHeader().getType().value());
    assertEquals((byte) 0, packet.getHeader().getCode().value());
    assertTrue(packet.hasValidChecksum(false));
    final IcmpV4EchoPacket echo = packet.get(IcmpV4EchoPacket.class);
    assertEquals(0xFACE, echo.getHeader().getIdentifierAsInt());
    assertEquals(0x8001, echo.getHeader().getSequenceNumberAsInt());
    assertArrayEquals(Frames.payload(5), echo.getPayload().getRawData());
  }

  @Test
  void readsWhatIsThere() {
    final byte[] message = Frames.icmp(3, 13, 0x8765_4321, new byte[1]);
    final ByteBuffer bytes = ByteBuffer.wrap(message);
    assertNull(IcmpHeader.validate(bytes, 0, 9));
    assertEquals(3, IcmpHeader.type(bytes, 0));
    assertEquals(13, IcmpHeader.code(bytes, 0));
    assertEquals(0x8765, IcmpHeader.identifier(bytes, 0));
    assertEquals(0x4321, IcmpHeader.sequence(bytes, 0));
    assertEquals(Frames.checksum(message, 0, 9, 0), 0);
    assertEquals(bytes.getShort(2) & 0xFFFF, IcmpHeader.checksum(bytes, 0));
  }

  @Test
  void refusesShortAndBrokenMessages() {
    final byte[] message = Frames.icmp(8, 0, 1, new byte[3]);
    for (int length = 0; length < 8; length++) {
      assertEquals(
          DropReason.ICMP_TRUNCATED, IcmpHeader.validate(ByteBuffer.wrap(message), 0, length));
    }
    for (int at = 0; at < message.length; at++) {
      final byte[] broken = message.clone();
      broken[at] = (byte) (broken[at] + 1);
      assertEquals(DropReason.ICMP_CHECKSUM, IcmpHeader.validate(ByteBuffer.wrap(broken), 0, 11));
    }
  }
}
