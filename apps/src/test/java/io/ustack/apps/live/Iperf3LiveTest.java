package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ustack iperf3 -s} against the client of iperf3. */
@Tag("live")
@Tag("one-jdk")
class Iperf3LiveTest {
  @TempDir private Path directory;

  /** Runs the client; its report, as JSON. */
  private static String client(final LiveScene scene, final String options) throws CommandFailure {
    final List<String> command = new ArrayList<>(List.of("iperf3", "-J", "-c", LiveScene.STACK));
    command.addAll(List.of(options.split(" ")));
    final String said = scene.linux(command.toArray(String[]::new));
    assertFalse(said.contains("\"error\":"), said);
    return said;
  }

  /** The bytes of a sum at the report's end. */
  private static long bytes(final String report, final String sum) {
    final Pattern pattern = Pattern.compile("\"" + sum + "\":\\s*\\{[^}]*?\"bytes\":\\s*([0-9]+)");
    final String end = report.substring(report.indexOf("\"end\":"));
    final Matcher matcher = pattern.matcher(end);
    assertTrue(matcher.find(), end);
    return Long.parseLong(matcher.group(1));
  }

  private static void expectBytes(final String report, final String suffix) {
    final long sent = bytes(report, "sum_sent" + suffix);
    final long received = bytes(report, "sum_received" + suffix);
    // What is on its way at the end was sent and does not count as received.
    assertTrue(received > 0 && received <= sent, () -> received + " of " + sent + ": " + report);
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void overTcp(final String mode) throws CommandFailure {
    try (LiveScene scene = LiveScene.start(directory, "iperf3", "-s", "--mode", mode)) {
      expectBytes(client(scene, "-t 1"), "");
      expectBytes(client(scene, "-t 1 -R"), "");
      expectBytes(client(scene, "-t 1 -P 4"), "");
      expectBytes(client(scene, "-t 1 -P 3 -R"), "");
      final String both = client(scene, "-t 1 --bidir");
      expectBytes(both, "");
      expectBytes(both, "_bidir_reverse");
      assertTrue(bytes(client(scene, "-n 20M"), "sum_sent") >= 20 << 20);
      assertTrue(bytes(client(scene, "-n 20M -R"), "sum_received") >= 20 << 20);
      assertTrue(bytes(client(scene, "-k 100 -l 10000"), "sum_sent") >= 1_000_000);
      final String said = scene.end();
      assertTrue(said.contains("iperf3: 8 tests, 0 clients"), said);
    }
  }

  @Test
  void overUdp() throws CommandFailure {
    try (LiveScene scene = LiveScene.start(directory, "iperf3", "-s")) {
      for (final String options : List.of("-u -t 1 -b 10M", "-u -t 1 -b 10M -P 2", "-u -t 1 -R")) {
        final String report = client(scene, options);
        assertTrue(bytes(report, "sum") > 50_000, report);
        final Matcher lost = Pattern.compile("\"lost_packets\":\\s*([0-9]+)").matcher(report);
        assertTrue(lost.find(), report);
        assertEquals("0", lost.group(1), report);
      }
    }
  }

  @Test
  void oneAtATime() throws CommandFailure {
    try (LiveScene scene = LiveScene.start(directory, "iperf3", "-s")) {
      final String said =
          scene.linux(
              "sh",
              "-c",
              "iperf3 -c 10.99.0.2 -t 3 >/dev/null & sleep 1; iperf3 -c 10.99.0.2 -t 1; wait");
      assertTrue(said.contains("the server is busy running a test"), said);
      client(scene, "-t 1");
      final String end = scene.end();
      assertTrue(end.contains("iperf3: 2 tests, 1 clients"), end);
    }
  }
}
