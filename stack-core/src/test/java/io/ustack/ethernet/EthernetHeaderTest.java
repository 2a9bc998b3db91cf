package io.ustack.ethernet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ustack.counter.DropReason;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.util.MacAddress;

class EthernetHeaderTest {
  private static final long DESTINATION = 0xFE_DC_BA_98_76_54L;
  private static final long SOURCE = 0x82_34_56_78_9A_BCL;

  @Test
  void aSecondDecoderReadsWhatWasWritten() throws IllegalRawDataException {
    final byte[] frame = new byte[3 + 14 + 46];
    EthernetHeader.write(ByteBuffer.wrap(frame), 3, DESTINATION, SOURCE, 0x88B5);
    final var header = EthernetPacket.newPacket(frame, 3, frame.length - 3).getHeader();
    assertEquals("fe:dc:ba:98:76:54", header.getDstAddr().toString());
    assertEquals("82:34:56:78:9a:bc", header.getSrcAddr().toString());
    assertEquals((short) 0x88B5, header.getType().value());
  }

  @Test
  void readsWhatASecondEncoderWrote() {
    final byte[] frame =
        new EthernetPacket.Builder()
            .dstAddr(MacAddress.getByName("fe:dc:ba:98:76:54"))
            .srcAddr(MacAddress.getByName("82:34:56:78:9a:bc"))
            .type(org.pcap4j.packet.namednumber.EtherType.IPV4)
            .pad(new byte[46])
            .build()
            .getRawData();
    final ByteBuffer bytes = ByteBuffer.wrap(frame);
    assertEquals(DESTINATION, EthernetHeader.destination(bytes, 0));
    assertEquals(SOURCE, EthernetHeader.source(bytes, 0));
    assertEquals(EthernetHeader.TYPE_IPV4, EthernetHeader.type(bytes, 0));
    assertNull(EthernetHeader.validate(bytes, 0, 14));
  }

  @Test
  void refusesShortFramesAndGroupsAsSource() {
    final ByteBuffer bytes = ByteBuffer.allocate(14);
    assertEquals(DropReason.FRAME_TRUNCATED, EthernetHeader.validate(bytes, 0, 13));
    assertEquals(DropReason.FRAME_TRUNCATED, EthernetHeader.validate(bytes, 0, 0));
    EthernetHeader.write(bytes, 0, 1, 0x01_00_5E_00_00_01L, 0x0800);
    assertEquals(DropReason.FRAME_SOURCE_INVALID, EthernetHeader.validate(bytes, 0, 14));
  }
}
