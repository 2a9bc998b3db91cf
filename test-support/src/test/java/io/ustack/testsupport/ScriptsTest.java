package io.ustack.testsupport;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.testsupport.script.PacketScript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every {@code .pkt} file under {@code src/test/resources/scripts} is a test. With {@code
 * -Dscript=PART} only those whose path contains PART.
 */
final class ScriptsTest {
  static final Path SCRIPTS = Path.of("src", "test", "resources", "scripts");

  @TestFactory
  Stream<DynamicNode> scripts() throws IOException {
    return inside(SCRIPTS);
  }

  /** The table of RFC 9293 3.10.7.4: states downwards, kinds of segments across. */
  @Test
  // covers: RFC 9293 3.10.7.4 | every kind of segment in the eight other states | SegmentArrival
  void everyRowHasAScript() {
    final List<String> states =
        List.of(
            "syn-received",
            "established",
            "fin-wait-1",
            "fin-wait-2",
            "close-wait",
            "closing",
            "last-ack",
            "time-wait");
    final List<String> kinds =
        List.of(
            "rst-exact",
            "rst-in-window",
            "rst-before-window",
            "rst-beyond-window",
            "syn-in-window",
            "syn-ack-in-window",
            "ack",
            "ack-too-old",
            "ack-too-new",
            "ack-beyond-window",
            "no-ack",
            "urgent",
            "data",
            "data-before-window",
            "data-beyond-window");
    final Path table = SCRIPTS.resolve("rfc9293").resolve("3.10.7.4");
    for (final String state : states) {
      for (final String kind : kinds) {
        final Path script = table.resolve(state + "-" + kind + ".pkt");
        assertTrue(Files.exists(script), () -> "no script: " + script);
      }
    }
  }

  private static Stream<DynamicNode> inside(final Path directory) throws IOException {
    final List<Path> entries;
    try (Stream<Path> listed = Files.list(directory)) {
      entries = listed.sorted().toList();
    }
    assertTrue(!entries.isEmpty(), () -> directory + " is empty");
    final Stream.Builder<DynamicNode> nodes = Stream.builder();
    for (final Path entry : entries) {
      final String name = entry.getFileName().toString();
      if (Files.isDirectory(entry)) {
        nodes.add(DynamicContainer.dynamicContainer(name, inside(entry)));
      } else if (name.endsWith(".pkt") && entry.toString().contains(part())) {
        nodes.add(
            DynamicTest.dynamicTest(name, entry.toUri(), () -> PacketScript.read(entry).run()));
      }
    }
    return nodes.build();
  }

  private static String part() {
    return System.getProperty("script", "");
  }
}
