package io.ustack.pcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PcapngReaderTest {
  private static final byte[] FRAME = {0x01, 0x23, 0x45, 0x67, (byte) 0x89};
  private static final byte[] NONE = {};

  @Test
  void readsEnhancedPacketBlocksInBothByteOrders() throws IOException {
    for (final ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
      final CaptureFiles file = new CaptureFiles(order).section().interfaceBlock(1, 0, NONE);
      file.enhanced(0, 1_700_000_000_123_456L, FRAME, NONE);
      assertEquals(
          List.of("ETHERNET 1700000000123456000 UNKNOWN 6 0123456789"),
          CaptureFiles.frames(file.file()));
    }
  }

  @Test
  void timestampsHaveTheResolutionAndOffsetOfTheirInterface() throws IOException {
    final CaptureFiles file = little();
    file.interfaceBlock(1, 0, CaptureFiles.concat(file.option(9, new byte[] {9}), new byte[4]));
    file.interfaceBlock(1, 0, file.option(9, new byte[] {3})); // without an end of options
    final byte[] offset = file.option(14, -10L);
    file.interfaceBlock(101, 0, CaptureFiles.concat(file.option(2, FRAME), offset));
    file.interfaceBlock(
        1, 0, CaptureFiles.concat(file.option(9, new byte[] {0}), file.option(14, 10L)));
    file.enhanced(3, 1_700_000_000L, FRAME, NONE);
    file.enhanced(0, 1_700_000_000_123_456_789L, FRAME, NONE);
    file.enhanced(1, 1_700_000_000_123L, FRAME, NONE);
    file.enhanced(2, 1_700_000_010_123_456L, FRAME, NONE);
    assertEquals(
        List.of(
            "ETHERNET 1700000010000000000 UNKNOWN 6 0123456789",
            "ETHERNET 1700000000123456789 UNKNOWN 6 0123456789",
            "ETHERNET 1700000000123000000 UNKNOWN 6 0123456789",
            "RAW_IP 1700000000123456000 UNKNOWN 6 0123456789"),
        CaptureFiles.frames(file.file()));
  }

  @Test
  void resolutions() {
    assertEquals(5_000_000_000L, ns(0, 5));
    assertEquals(5_000L, ns(6, 5));
    assertEquals(5L, ns(9, 5));
    assertEquals(5L, ns(12, 5_999));
    assertEquals(1L, ns(28, -1)); // 2^64 - 1 units of 10^-28 s are 1.8 ns
    assertEquals(0L, ns(29, -1));
    assertEquals(0L, ns(127, -1));
    assertEquals(Long.MAX_VALUE, ns(6, -1));
    assertEquals(Long.MAX_VALUE, ns(9, -1));
    assertEquals(Long.MAX_VALUE / 1000 * 1000, ns(6, Long.MAX_VALUE / 1000));
    assertEquals(Long.MAX_VALUE, ns(6, Long.MAX_VALUE / 1000 + 1));
    assertEquals(7_000_000_000L, ns(0x80, 7));
    assertEquals(1_500_000_000L, ns(0x81, 3));
    assertEquals(3_000_000_000L + 999_999_999L, ns(0x80 | 32, (4L << 32) - 1));
    assertEquals(999_999_999L, ns(0x80 | 64, -1));
    assertEquals(499_999_999L, ns(0x80 | 65, -1));
    assertEquals(0L, ns(0x80 | 127, -1));
    assertEquals(Long.MAX_VALUE, ns(0x80, -1));
    assertEquals(Long.MAX_VALUE, new PcapngInterface(1, 0, 9, 9_000_000_000L).toNs(1L << 62));
    assertEquals(-5_000_000_000L, new PcapngInterface(1, 0, 9, -5).toNs(0));
  }

  @Test
  void directionsComeFromTheFlags() throws IOException {
    final CaptureFiles file = little().interfaceBlock(1, 0, NONE);
    for (int flags = 0; flags < 4; flags++) {
      final byte[] comment = file.option(1, FRAME);
      file.enhanced(
          0, 0, FRAME, CaptureFiles.concat(comment, file.option(2, flags | 0x1C), new byte[4]));
    }
    file.enhanced(0, 0, FRAME, NONE);
    final List<String> frames = CaptureFiles.frames(file.file());
    assertTrue(frames.get(0).contains("UNKNOWN"));
    assertTrue(frames.get(1).contains("INBOUND"));
    assertTrue(frames.get(2).contains("OUTBOUND"));
    assertTrue(frames.get(3).contains("UNKNOWN"));
    assertTrue(frames.get(4).contains("UNKNOWN"));
  }

  @Test
  void simplePacketBlocksAreCutToTheSnapLengthAndHaveTheTimeBefore() throws IOException {
    final CaptureFiles file = little().interfaceBlock(1, 3, NONE).enhanced(0, 7, FRAME, NONE);
    file.block(3, file.body(8).putInt(1500).put(FRAME, 0, 4));
    file.block(3, file.body(8).putInt(2).put(FRAME, 0, 4));
    assertEquals(
        List.of(
            "ETHERNET 7000 UNKNOWN 6 0123456789",
            "ETHERNET 7000 UNKNOWN 1500 012345",
            "ETHERNET 7000 UNKNOWN 2 0123"),
        CaptureFiles.frames(file.file()));
  }

  @Test
  void obsoletePacketBlocksAreRead() throws IOException {
    final CaptureFiles file = little().interfaceBlock(1, 0, NONE).interfaceBlock(1, 0, NONE);
    final ByteBuffer body = file.body(28);
    body.putShort((short) 1).putShort((short) 9).putInt(0).putInt(42).putInt(5).putInt(60);
    body.put(FRAME).position(28);
    file.block(2, body);
    assertEquals(List.of("ETHERNET 42000 UNKNOWN 60 0123456789"), CaptureFiles.frames(file.file()));
  }

  @Test
  void unknownBlocksAreSkippedAndSectionsStandAlone() throws IOException {
    final CaptureFiles file = little().block(0x0BAD, file0(40)).interfaceBlock(1, 0, NONE);
    file.block(5, file0(100)).enhanced(0, 1, FRAME, NONE).block(0x80000001, file0(0));
    final CaptureFiles second = new CaptureFiles(ByteOrder.BIG_ENDIAN).section();
    second.interfaceBlock(101, 0, NONE).enhanced(0, 2, FRAME, NONE);
    assertEquals(
        List.of("ETHERNET 1000 UNKNOWN 6 0123456789", "RAW_IP 2000 UNKNOWN 6 0123456789"),
        CaptureFiles.frames(CaptureFiles.concat(file.file(), second.file())));
    final byte[] noInterface =
        new CaptureFiles(ByteOrder.BIG_ENDIAN).section().enhanced(0, 2, FRAME, NONE).file();
    assertTrue(
        refused(CaptureFiles.concat(file.file(), noInterface)).contains("not described"),
        "interfaces of one section are not those of the next");
  }

  @Test
  void anUnknownLinkTypeMattersOnlyWhenAFrameHasIt() throws IOException {
    final CaptureFiles file = little().interfaceBlock(113, 0, NONE).interfaceBlock(1, 0, NONE);
    file.enhanced(1, 1, FRAME, NONE);
    assertEquals(1, CaptureFiles.frames(file.file()).size());
    file.enhanced(0, 1, FRAME, NONE);
    assertTrue(refused(file.file()).contains("link type 113"));
  }

  @Test
  void lengthsThatLieAreRefused() {
    final CaptureFiles tooShort = little().block(7, file0(8));
    assertTrue(refused(patched(tooShort.file(), 28 + 4, 8)).contains("a block of 8 bytes, at"));
    assertTrue(refused(patched(tooShort.file(), 28 + 4, 19)).contains("a block of 19 bytes, at"));
    assertTrue(refused(patched(tooShort.file(), 28 + 4, 16)).contains("ends as one of 0"));
    assertTrue(refused(patched(tooShort.file(), 28 + 4, -4)).contains("the file ends inside"));
    assertTrue(
        refused(patched(tooShort.file(), 28 + 16, 24)).contains("ends as one of 24, at byte 48"));
    assertTrue(refused(patched(tooShort.file(), 4, 12)).contains("too short"));
    assertTrue(refused(patched(tooShort.file(), 8, 0)).contains("byte-order magic"));
    assertTrue(refused(patched(tooShort.file(), 12, 9)).contains("version 9"));

    final byte[] packet = little().interfaceBlock(1, 0, NONE).enhanced(0, 0, FRAME, NONE).file();
    final int captured = 28 + 20 + 8 + 12;
    assertTrue(refused(patched(packet, captured, 9)).contains("in a block that has 8"));
    assertTrue(refused(patched(packet, captured, -1)).contains("in a block that has 8"));
    assertTrue(refused(patched(packet, captured - 12, 1)).contains("not described"));
    assertTrue(refused(patched(packet, captured - 12, -1)).contains("not described"));

    final CaptureFiles huge = little().interfaceBlock(1, 0, NONE);
    huge.enhanced(0, 0, new byte[CaptureReader.LARGEST_FRAME_BYTES + 1], NONE);
    assertTrue(refused(huge.file()).contains("longer than any"));

    final CaptureFiles options = little();
    options.interfaceBlock(1, 0, new byte[] {2, 0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8});
    assertTrue(refused(options.file()).contains("option longer"));
    final CaptureFiles offset = little();
    offset.interfaceBlock(1, 0, offset.option(14, Long.MIN_VALUE));
    assertTrue(refused(offset.file()).contains("seconds off"));
  }

  @Test
  void tooManyInterfacesAreRefused() {
    final CaptureFiles file = little();
    for (int i = 0; i < 4097; i++) {
      file.interfaceBlock(1, 0, NONE);
    }
    assertTrue(refused(file.file()).contains("interfaces"));
  }

  @Test
  void aFileThatEndsAnywhereInsideABlockSaysSo() throws IOException {
    final CaptureFiles file = little().interfaceBlock(1, 0, NONE);
    file.enhanced(0, 0, FRAME, file.option(2, 1));
    final byte[] whole = file.file();
    for (int length = 1; length < whole.length; length++) {
      final byte[] cut = Arrays.copyOf(whole, length);
      if (length == 28 || length == 28 + 20) {
        assertEquals(List.of(), CaptureFiles.frames(cut));
      } else {
        assertThrows(EOFException.class, () -> CaptureFiles.frames(cut), "length " + length);
      }
    }
    assertEquals(1, CaptureFiles.frames(whole).size());
  }

  /**
   * A reader takes any bytes: it ends, or says why not, and never takes more memory than a frame.
   */
  @Test
  void anyBytesAtAllEndOrAreRefused() {
    final CaptureFiles ng = little();
    ng.interfaceBlock(1, 0, ng.option(9, new byte[] {9})).enhanced(0, 5, FRAME, ng.option(2, 1));
    ng.block(3, ng.body(12).putInt(5).put(FRAME).position(12)).enhanced(0, 6, new byte[60], NONE);
    final byte[] classic =
        new CaptureFiles(ByteOrder.BIG_ENDIAN)
            .pcap(CaptureFiles.NANO, 1)
            .record(0, 0, 5, 5, FRAME)
            .record(1, 1, 5, 5, FRAME)
            .file();
    final Random random = new Random(7);
    int refused = 0;
    for (int round = 0; round < 20_000; round++) {
      final byte[] file = (round % 2 == 0 ? ng.file() : classic).clone();
      for (int i = random.nextInt(4); i >= 0; i--) {
        file[random.nextInt(file.length)] =
            (byte) (random.nextBoolean() ? random.nextInt() : 0xFF * random.nextInt(2));
      }
      try {
        CaptureFiles.frames(
            Arrays.copyOf(file, file.length - random.nextInt(2) * random.nextInt(9)));
      } catch (final IOException e) {
        refused++;
      }
    }
    assertTrue(refused > 2_000, "mutations bite: " + refused);
  }

  private static long ns(final int resolution, final long ticks) {
    return new PcapngInterface(1, 0, resolution, 0).toNs(ticks);
  }

  private static CaptureFiles little() {
    return new CaptureFiles(ByteOrder.LITTLE_ENDIAN).section();
  }

  private static ByteBuffer file0(final int length) {
    return ByteBuffer.allocate(length).position(length);
  }

  private static byte[] patched(final byte[] file, final int at, final int value) {
    ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
    return file;
  }

  private static String refused(final byte[] file) {
    final IOException e =
        assertThrows(
            IOException.class,
            () -> {
              try (CaptureReader reader = CaptureReader.open(new ByteArrayInputStream(file))) {
                while (reader.next()) {
                  assertTrue(reader.lengthBytes() >= 0);
                }
              }
            });
    return e.getMessage();
  }
}
