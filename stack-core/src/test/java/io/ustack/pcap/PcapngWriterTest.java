package io.ustack.pcap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testing.Allocation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PcapngWriterTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void aFileByteByByte() throws IOException {
    try (PcapngWriter writer = new PcapngWriter(out, "pipe")) {
      final ByteBuffer pool = ByteBuffer.allocateDirect(16).put(3, new byte[] {1, 2, 3, 4, 5});
      writer.write(0x1122334455667788L, pool, 3, 5, Direction.INBOUND);
    }
    final String section = "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000";
    final String description =
        "01000000 28000000 0100 0000 00000000 02000400 70697065 09000100 09000000 00000000"
            + " 28000000";
    final String packet =
        "06000000 34000000 00000000 44332211 88776655 05000000 05000000 0102030405 000000"
            + " 02000400 01000000 00000000 34000000";
    assertEquals(
        (section + description + packet).replace(" ", ""),
        HexFormat.of().formatHex(out.toByteArray()));
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    final List<String> expected = new ArrayList<>();
    try (PcapngWriter writer = new PcapngWriter(out, "")) {
      for (int length = 0; length < 70; length++) {
        final Direction direction = Direction.values()[length % 3];
        final byte[] frame = frame(length);
        if (length % 2 == 0) {
          writer.write(length, ByteBuffer.wrap(frame), 0, length, direction);
        } else {
          writer.write(length, ByteBuffer.wrap(frame), 0, length, direction, "ü".repeat(length));
        }
        expected.add(
            "ETHERNET %d %s %d %s"
                .formatted(length, direction, length, HexFormat.of().formatHex(frame)));
      }
    }
    assertEquals(expected, CaptureFiles.frames(out.toByteArray()));
  }

  @Test
  void framesLongerThanTheBufferAreWhole() throws IOException {
    final byte[] longest = frame(CaptureReader.LARGEST_FRAME_BYTES);
    try (PcapngWriter writer = new PcapngWriter(out, "x")) {
      for (final int length : new int[] {65_480, 65_500, 65_536, 65_537, longest.length}) {
        writer.write(1, ByteBuffer.wrap(longest), 0, length, Direction.OUTBOUND);
      }
      assertThrows(
          IllegalArgumentException.class,
          () ->
              writer.write(1, ByteBuffer.wrap(longest), 0, longest.length + 1, Direction.OUTBOUND));
    }
    final List<String> frames = CaptureFiles.frames(out.toByteArray());
    assertEquals(5, frames.size());
    assertTrue(frames.get(4).endsWith(HexFormat.of().formatHex(longest)));
  }

  @Test
  void whatReachesTheFileEndsWithAWholeBlock() throws IOException {
    final List<byte[]> writes = new ArrayList<>();
    final OutputStream growing =
        new OutputStream() {
          @Override
          public void write(final int b) {
            throw new AssertionError("one by one");
          }

          @Override
          public void write(final byte[] bytes, final int offset, final int length) {
            out.write(bytes, offset, length);
            writes.add(out.toByteArray());
          }
        };
    try (PcapngWriter writer = new PcapngWriter(growing, "x")) {
      for (int i = 0; i < 500; i++) {
        writer.write(i, ByteBuffer.wrap(frame(1514)), 0, 1000 + i, Direction.INBOUND);
      }
    }
    assertTrue(writes.size() > 5);
    int last = 0;
    for (final byte[] grown : writes) {
      final int frames = CaptureFiles.frames(grown).size(); // throws where it ends inside a block
      assertTrue(frames > last);
      last = frames;
    }
    assertEquals(500, last);
  }

  @Test
  void flushHandsOverWhatIsThere() throws IOException {
    try (PcapngWriter writer = new PcapngWriter(out, "x")) {
      writer.write(1, ByteBuffer.wrap(frame(60)), 0, 60, Direction.INBOUND);
      assertEquals(0, out.size());
      writer.flush();
      assertEquals(1, CaptureFiles.frames(out.toByteArray()).size());
    }
  }

  @Test
  void commentsAreCutBetweenCharacters() throws IOException {
    try (PcapngWriter writer = new PcapngWriter(out, "x")) {
      writer.write(1, ByteBuffer.wrap(frame(1)), 0, 1, Direction.INBOUND, "a" + "ü".repeat(4000));
    }
    assertEquals(1, CaptureFiles.frames(out.toByteArray()).size());
    final ByteBuffer bytes =
        ByteBuffer.wrap(out.toByteArray()).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    final int option = indexOfComment(bytes);
    assertEquals(4095, bytes.getShort(option + 2));
    assertEquals((byte) 0xBC, bytes.get(option + 4 + 4094));
  }

  @Test
  void theSameFramesGiveTheSameBytes() throws IOException {
    final byte[] first = sample();
    out.reset();
    assertArrayEquals(first, sample());
  }

  @Test
  void writesToAFile(@TempDir final Path directory) throws IOException {
    final Path file = directory.resolve("x.pcapng");
    final PcapngWriter writer = new PcapngWriter(file, "x");
    writer.write(5, ByteBuffer.wrap(frame(3)), 0, 3, Direction.UNKNOWN);
    writer.close();
    writer.close();
    assertEquals(
        List.of("ETHERNET 5 UNKNOWN 3 000102"), CaptureFiles.frames(Files.readAllBytes(file)));
    try (CaptureReader reader = CaptureReader.open(file)) {
      assertTrue(reader.next());
      assertFalse(reader.next());
    }
  }

  @Test
  void allocatesNothingPerFrame(@TempDir final Path directory) throws IOException {
    final ByteBuffer pool = ByteBuffer.allocateDirect(2048);
    try (PcapngWriter writer = new PcapngWriter(directory.resolve("x.pcapng"), "x")) {
      final Runnable round =
          () -> {
            try {
              writer.write(1, pool, 5, 1514, Direction.INBOUND);
              writer.write(2, pool, 7, 61, Direction.OUTBOUND);
            } catch (final IOException e) {
              throw new UncheckedIOException(e);
            }
          };
      assertEquals(0, Allocation.bytesOfWarmRounds(20_000, 1_000, round));
    }
  }

  private byte[] sample() throws IOException {
    try (PcapngWriter writer = new PcapngWriter(out, "x")) {
      for (int i = 0; i < 100; i++) {
        writer.write(i, ByteBuffer.wrap(frame(i)), 0, i, Direction.INBOUND, "number " + i);
      }
    }
    return out.toByteArray();
  }

  private static int indexOfComment(final ByteBuffer bytes) {
    for (int i = 68; i < bytes.capacity(); i += 4) {
      if (bytes.getShort(i) == 1 && bytes.getShort(i + 2) > 4000) {
        return i;
      }
    }
    return -1;
  }

  private static byte[] frame(final int length) {
    final byte[] frame = new byte[length];
    for (int i = 0; i < length; i++) {
      frame[i] = (byte) i;
    }
    return frame;
  }
}
