package io.ustack.arp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.DropReason;
import io.ustack.testing.Frames;
import io.ustack.testing.TestNet;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pcap4j.packet.ArpPacket;
import org.pcap4j.packet.IllegalRawDataException;

class ArpHeaderTest {
  private static final long MAC = 0xFE_DC_BA_98_76_54L;
  private static final long OTHER_MAC = 0x82_34_56_78_9A_BCL;
  private static final int ADDRESS = 0xC0A8_FE01;
  private static final int OTHER_ADDRESS = 0x0A63_0002;

  @Test
  void aSecondDecoderReadsWhatWasWritten() throws IllegalRawDataException {
    final byte[] packet = new byte[28];
    final ByteBuffer bytes = ByteBuffer.wrap(packet);
    ArpHeader.write(bytes, 0, ArpHeader.REPLY, MAC, ADDRESS, OTHER_MAC, OTHER_ADDRESS);
    final var header = ArpPacket.newPacket(packet, 0, 28).getHeader();
    assertEquals((short) 1, header.getHardwareType().value());
    assertEquals((short) 0x0800, header.getProtocolType().value());
    assertEquals(6, header.getHardwareAddrLengthAsInt());
    assertEquals(4, header.getProtocolAddrLengthAsInt());
    assertEquals((short) 2, header.getOperation().value());
    assertEquals("fe:dc:ba:98:76:54", header.getSrcHardwareAddr().toString());
    assertEquals("/192.168.254.1", header.getSrcProtocolAddr().toString());
    assertEquals("82:34:56:78:9a:bc", header.getDstHardwareAddr().toString());
    assertEquals("/10.99.0.2", header.getDstProtocolAddr().toString());
  }

  @Test
  void readsWhatIsThere() {
    final byte[] packet = Frames.arp(1, MAC, ADDRESS, OTHER_MAC, OTHER_ADDRESS);
    final ByteBuffer bytes = ByteBuffer.wrap(packet);
    assertNull(ArpHeader.validate(bytes, 0, 28));
    assertEquals(ArpHeader.REQUEST, ArpHeader.operation(bytes, 0));
    assertEquals(MAC, ArpHeader.senderMac(bytes, 0));
    assertEquals(ADDRESS, ArpHeader.senderAddress(bytes, 0));
    assertEquals(OTHER_MAC, ArpHeader.targetMac(bytes, 0));
    assertEquals(OTHER_ADDRESS, ArpHeader.targetAddress(bytes, 0));
  }

  /** One byte of a good request changed makes it none. */
  @ParameterizedTest
  @CsvSource({
    "0, 1", "1, 6", "2, 9", "3, 1", "4, 5", "5, 6", "6, 1", "7, 0", "7, 3", "8, 1", "14, 127",
    "14, 224", "14, 240", "14, 255", "14, 0"
  })
  void refusesOtherHardwareProtocolsAndHosts(final int position, final int value) {
    final byte[] packet = Frames.arp(1, TestNet.PEER_MAC, TestNet.PEER, 0, TestNet.OUR);
    packet[position] = (byte) value;
    assertEquals(
        DropReason.ARP_MALFORMED, ArpHeader.validate(ByteBuffer.wrap(packet), 0, packet.length));
  }

  @Test
  void aSenderWithoutMacAddressIsNone() {
    final byte[] packet = Frames.arp(1, 0, TestNet.PEER, 0, TestNet.OUR);
    assertEquals(DropReason.ARP_MALFORMED, ArpHeader.validate(ByteBuffer.wrap(packet), 0, 28));
  }

  /** RFC 5227 1.1: who probes has no address yet; who replies must have one. */
  @Test
  void onlyARequestMayBeAProbe() {
    final byte[] probe = Frames.arp(1, TestNet.PEER_MAC, 0, 0, TestNet.OUR);
    assertNull(ArpHeader.validate(ByteBuffer.wrap(probe), 0, 28));
    final byte[] reply = Frames.arp(2, TestNet.PEER_MAC, 0, 0, TestNet.OUR);
    assertEquals(DropReason.ARP_MALFORMED, ArpHeader.validate(ByteBuffer.wrap(reply), 0, 28));
  }

  @Test
  void refusesEveryTruncation() {
    final ByteBuffer bytes = ByteBuffer.wrap(Frames.arp(1, 2, TestNet.PEER, 0, TestNet.OUR));
    for (int length = 0; length < 28; length++) {
      assertEquals(DropReason.ARP_MALFORMED, ArpHeader.validate(bytes, 0, length));
    }
  }
}
