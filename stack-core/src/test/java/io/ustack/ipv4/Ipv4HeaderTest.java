package io.ustack.ipv4;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.counter.DropReason;
import io.ustack.house.Covers;
import io.ustack.testing.Frames;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpV4Packet;

class Ipv4HeaderTest {
  private static final int SOURCE = 0xC0A8_FE01;
  private static final int DESTINATION = 0x0A63_0002;

  private static byte[] written() {
    final byte[] packet = new byte[25];
    Ipv4Header.write(
        ByteBuffer.wrap(packet), 0, 0xB8, 25, 0xFACE, 0x6123, 200, 253, SOURCE, DESTINATION);
    return packet;
  }

  @Test
  void aSecondDecoderReadsWhatWasWritten() throws IllegalRawDataException {
    final byte[] packet = Frames.fixIpv4(written());
    final var header = IpV4Packet.newPacket(packet, 0, 25).getHeader();
    assertEquals((byte) 4, header.getVersion().value());
    assertEquals(5, header.getIhlAsInt());
    assertEquals((byte) 0xB8, header.getTos().value());
    assertEquals(25, header.getTotalLengthAsInt());
    assertEquals(0xFACE, header.getIdentificationAsInt());
    assertTrue(header.getDontFragmentFlag());
    assertTrue(header.getMoreFragmentFlag());
    assertEquals(0x123, header.getFragmentOffset());
    assertEquals(200, header.getTtlAsInt());
    assertEquals((byte) 253, header.getProtocol().value());
    assertEquals("/192.168.254.1", header.getSrcAddr().toString());
    assertEquals("/10.99.0.2", header.getDstAddr().toString());
    assertTrue(header.hasValidChecksum(false));
  }

  @Test
  void readsWhatWasWritten() {
    final ByteBuffer bytes = ByteBuffer.wrap(Frames.fixIpv4(written()));
    assertNull(Ipv4Header.validate(bytes, 0, 25));
    assertEquals(20, Ipv4Header.headerBytes(bytes, 0));
    assertEquals(0xB8, Ipv4Header.typeOfService(bytes, 0));
    assertEquals(25, Ipv4Header.totalLength(bytes, 0));
    assertEquals(0xFACE, Ipv4Header.identification(bytes, 0));
    assertEquals(0x6123, Ipv4Header.fragmentField(bytes, 0));
    assertTrue(Ipv4Header.isFragment(bytes, 0));
    assertEquals(200, Ipv4Header.timeToLive(bytes, 0));
    assertEquals(253, Ipv4Header.protocol(bytes, 0));
    assertEquals(SOURCE, Ipv4Header.source(bytes, 0));
    assertEquals(DESTINATION, Ipv4Header.destination(bytes, 0));
    assertEquals(Frames.checksum(written(), 0, 20, 0), Ipv4Header.checksum(bytes, 0));
  }

  @Test
  void theDontFragmentBitMakesNoFragment() {
    final ByteBuffer bytes = ByteBuffer.wrap(written());
    bytes.putShort(6, (short) 0x4000);
    assertFalse(Ipv4Header.isFragment(bytes, 0));
    bytes.putShort(6, (short) 0x2000);
    assertTrue(Ipv4Header.isFragment(bytes, 0));
    bytes.putShort(6, (short) 1);
    assertTrue(Ipv4Header.isFragment(bytes, 0));
  }

  @ParameterizedTest
  @CsvSource({
    // first byte, total length, bytes there, reason
    "69, 40, 40,",
    "69, 40, 46,",
    "69, 20, 20,",
    "79, 60, 60,",
    "69, 40, 19, IPV4_TRUNCATED",
    "69, 40, 0, IPV4_TRUNCATED",
    "69, 41, 40, IPV4_TRUNCATED",
    "101, 40, 40, IPV4_VERSION",
    "5, 40, 40, IPV4_VERSION",
    "68, 40, 40, IPV4_HEADER_LENGTH",
    "64, 40, 40, IPV4_HEADER_LENGTH",
    "79, 60, 59, IPV4_HEADER_LENGTH",
    "69, 19, 40, IPV4_TOTAL_LENGTH",
    "69, 0, 40, IPV4_TOTAL_LENGTH",
    "70, 23, 40, IPV4_TOTAL_LENGTH",
  })
  @Covers(
      rfc = "RFC 791",
      clause = "3.1",
      what = "version, header length, total length, checksum",
      by = {Ipv4Header.class, Ipv4Input.class})
  void judgesVersionAndLengths(
      final int first, final int totalLength, final int available, final DropReason reason) {
    final ByteBuffer bytes = ByteBuffer.allocate(60);
    bytes.put(0, (byte) first).putShort(2, (short) totalLength);
    assertEquals(reason, Ipv4Header.validate(bytes, 0, available));
  }

  @ParameterizedTest
  @CsvSource({
    "'0,0,0,0', true",
    "'1,1,1,0', true",
    "'1,1,1,1', true",
    "'7,3,4,0', true",
    "'148,4,0,0', true",
    "'0,9,9,9', true",
    "'7,0,0,0', false",
    "'7,1,0,0', false",
    "'7,5,0,0', false",
    "'1,1,1,7', false",
    "'1,1,7,3', false",
    "'255,255,1,1', false",
  })
  void judgesOptions(final String options, final boolean right) {
    final ByteBuffer bytes = ByteBuffer.allocate(24);
    bytes.put(0, (byte) 0x46).putShort(2, (short) 24);
    int at = 20;
    for (final String option : options.split(",", -1)) {
      bytes.put(at++, (byte) Integer.parseInt(option));
    }
    assertEquals(
        right ? null : DropReason.IPV4_OPTIONS_MALFORMED, Ipv4Header.validate(bytes, 0, 24));
  }
}
