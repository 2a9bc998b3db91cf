package io.ustack.pcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapReaderTest {
  private static final byte[] FRAME = {0x01, 0x23, 0x45, 0x67, (byte) 0x89};

  @Test
  void readsBothResolutionsInBothByteOrders() throws IOException {
    for (final ByteOrder order : orders()) {
      final byte[] micro =
          file(order, CaptureFiles.MICRO, 1).record(1700000000, 123456, 5, 1500, FRAME).file();
      assertEquals(
          List.of("ETHERNET 1700000000123456000 UNKNOWN 1500 0123456789"),
          CaptureFiles.frames(micro));
      final byte[] nano =
          file(order, CaptureFiles.NANO, 1).record(1700000000, 123456789, 5, 5, FRAME).file();
      assertEquals(
          List.of("ETHERNET 1700000000123456789 UNKNOWN 5 0123456789"), CaptureFiles.frames(nano));
    }
  }

  @Test
  void secondsAreUnsigned() throws IOException {
    final byte[] file = little(1).record(-1, 0, 0, 0, new byte[0]).file();
    assertEquals(List.of("ETHERNET 4294967295000000000 UNKNOWN 0 "), CaptureFiles.frames(file));
  }

  @Test
  void knowsRawIpByAllItsNumbers() throws IOException {
    for (final int code : new int[] {101, 12, 14, 228, 229}) {
      final byte[] file = little(code).record(0, 0, 5, 5, FRAME).file();
      assertTrue(CaptureFiles.frames(file).get(0).startsWith("RAW_IP "), "link type " + code);
    }
  }

  @Test
  void theFrameCheckSequenceFieldIsNoLinkType() throws IOException {
    final byte[] file = little(0x24000001).record(0, 0, 5, 5, FRAME).file();
    assertTrue(CaptureFiles.frames(file).get(0).startsWith("ETHERNET "));
  }

  @Test
  void refusesOtherLinkTypesAndVersionsByName() {
    final String message = refused(little(113).file());
    assertTrue(message.contains("link type 113"), message);
    final byte[] future = little(1).file();
    future[4] = 3;
    assertTrue(refused(future).contains("version 3"));
  }

  @Test
  void refusesWhatIsNoCapture() {
    assertTrue(refused(new byte[0]).contains("empty"));
    assertTrue(
        refused("#!/bin/sh\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII))
            .contains("23212f62"));
    assertTrue(refused(new byte[] {1, 2}).contains("ends inside"));
  }

  @Test
  void aFileThatEndsAnywhereInsideAFrameSaysSoAfterTheFramesBeforeIt() throws IOException {
    final byte[] whole = little(1).record(1, 2, 5, 5, FRAME).record(3, 4, 5, 5, FRAME).file();
    final int second = 24 + 16 + 5;
    assertEquals(1, CaptureFiles.frames(Arrays.copyOf(whole, second)).size());
    for (int length = second + 1; length < whole.length; length++) {
      final CaptureReader reader = open(Arrays.copyOf(whole, length));
      assertTrue(reader.next());
      final EOFException e = assertThrows(EOFException.class, reader::next);
      assertTrue(e.getMessage().contains("at byte " + length), e.getMessage());
    }
    for (int length = 1; length < 24; length++) {
      assertTrue(refused(Arrays.copyOf(whole, length)).contains("ends inside"));
    }
  }

  @Test
  void aLengthThatLiesAllocatesNothing() throws IOException {
    for (final int captured : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 262_145}) {
      final CaptureReader reader = open(little(1).record(0, 0, captured, 60, FRAME).file());
      final IOException e = assertThrows(IOException.class, reader::next);
      assertTrue(e.getMessage().contains("longer than any"), e.getMessage());
    }
  }

  @Test
  void theLongestFrameIsRead() throws IOException {
    final byte[] longest = new byte[CaptureReader.LARGEST_FRAME_BYTES];
    longest[longest.length - 1] = 7;
    final CaptureReader reader =
        open(
            little(1)
                .record(0, 0, longest.length, longest.length, longest)
                .record(0, 0, 5, 5, FRAME)
                .file());
    assertTrue(reader.next());
    assertEquals(longest.length, reader.lengthBytes());
    assertEquals(7, reader.bytes().get(longest.length - 1));
    assertTrue(reader.next());
    assertEquals(0x01234567, reader.bytes().getInt(0)); // big-endian, whatever the file is
    assertFalse(reader.next());
    assertFalse(reader.next());
  }

  @Test
  void aFileIsNamedInItsErrors(@TempDir final Path directory) throws IOException {
    final Path file = Files.write(directory.resolve("x.pcap"), new byte[] {1, 2, 3, 4});
    final IOException e = assertThrows(IOException.class, () -> CaptureReader.open(file));
    assertTrue(e.getMessage().contains("x.pcap: neither pcap nor pcapng"), e.getMessage());
  }

  private static CaptureReader open(final byte[] file) throws IOException {
    return CaptureReader.open(new ByteArrayInputStream(file));
  }

  private static String refused(final byte[] file) {
    return assertThrows(IOException.class, () -> open(file)).getMessage();
  }

  private static ByteOrder[] orders() {
    return new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN};
  }

  private static CaptureFiles little(final int linkType) {
    return file(ByteOrder.LITTLE_ENDIAN, CaptureFiles.MICRO, linkType);
  }

  private static CaptureFiles file(final ByteOrder order, final int magic, final int linkType) {
    return new CaptureFiles(order).pcap(magic, linkType);
  }
}
