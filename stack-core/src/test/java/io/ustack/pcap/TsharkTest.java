package io.ustack.pcap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What we write, Wireshark's own reader takes without complaint. In CI tshark must be there. */
class TsharkTest {
  @TempDir private Path directory;

  @BeforeAll
  static void tsharkIsInstalled() {
    final boolean there =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, "tshark")));
    assumeTrue(there || System.getenv("CI") != null, "tshark is not installed");
  }

  @Test
  void framesTimesDirectionsAndComments() throws IOException, InterruptedException {
    final Path file = directory.resolve("written.pcapng");
    try (PcapngWriter writer = new PcapngWriter(file, "pipe-a")) {
      final ByteBuffer arp = ByteBuffer.allocate(42);
      arp.putLong(6, 0x0200000000010806L).putShort(12, (short) 0x0806);
      arp.putLong(14, 0x0001080006040001L);
      writer.write(1_700_000_000_123_456_789L, arp, 0, 42, Direction.INBOUND);
      writer.write(1_700_000_000_123_456_790L, arp, 0, 42, Direction.OUTBOUND, "Grüße");
      writer.write(1_700_000_001_000_000_000L, arp, 0, 41, Direction.UNKNOWN);
    }
    assertEquals(
        List.of(
            "1700000000.123456789|42|1||pipe-a",
            "1700000000.123456790|42|2|Grüße|pipe-a",
            "1700000001.000000000|41|||pipe-a"),
        tshark(
            file,
            "-Tfields",
            "-Eseparator=|",
            "-eframe.time_epoch",
            "-eframe.len",
            "-eframe.packet_flags_direction",
            "-eframe.comment",
            "-eframe.interface_name"));
  }

  @Test
  void anEmptyCapture() throws IOException, InterruptedException {
    final Path file = directory.resolve("empty.pcapng");
    new PcapngWriter(file, "x").close();
    assertEquals(List.of(), tshark(file));
  }

  @Test
  void framesOfAllLengths() throws IOException, InterruptedException {
    final Path file = directory.resolve("lengths.pcapng");
    try (PcapngWriter writer = new PcapngWriter(file, "x")) {
      final ByteBuffer frame = ByteBuffer.allocate(CaptureReader.LARGEST_FRAME_BYTES);
      for (int length = 0; length < 1600; length += 7) {
        writer.write(length, frame, 0, length, Direction.INBOUND);
      }
      writer.write(1600, frame, 0, frame.capacity(), Direction.OUTBOUND);
    }
    assertEquals(230, tshark(file, "-Tfields", "-eframe.len").size());
  }

  private List<String> tshark(final Path capture, final String... arguments)
      throws IOException, InterruptedException {
    final Path errors = directory.resolve("errors.txt");
    final ProcessBuilder builder = new ProcessBuilder("tshark", "-n", "-r", capture.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().put("LC_ALL", "C.UTF-8");
    builder.environment().put("HOME", directory.toString()); // nobody's own preferences
    builder.redirectError(errors.toFile());
    final Process process = builder.start();
    final String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(true, process.waitFor(60, TimeUnit.SECONDS));
    final List<String> complaints =
        Files.readAllLines(errors).stream()
            .filter(line -> !line.startsWith("Running as user \"root\""))
            .toList();
    assertEquals(List.of(), complaints);
    assertEquals(0, process.exitValue());
    return output.lines().map(line -> line.replace("|0x0000000", "|")).toList();
  }
}
