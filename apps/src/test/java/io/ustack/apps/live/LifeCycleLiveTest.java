package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.demo.Cable;
import io.ustack.apps.demo.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cables that are pulled and interfaces that are taken away under a server that runs. */
@Tag("live")
@Tag("one-jdk")
class LifeCycleLiveTest {
  private static final String PORT = "net_af_packet0";

  /** Where DPDK keeps what processes share, root's. */
  private static final Path RUNTIME = Path.of("/var/run/dpdk");

  @TempDir private Path directory;

  @Test
  void aTransferOutlivesAPulledCable() throws CommandFailure, IOException {
    try (LiveScene scene = LiveScene.start(directory, "echo")) {
      final Process transfer = scene.beginPython("back_and_forth.py");
      scene.linux("ip", "link", "set", Cable.LINUX_END, "down");
      scene.awaitSaid(PORT + ": link down");
      scene.linux("ip", "link", "set", Cable.LINUX_END, "up");
      scene.awaitSaid(PORT + ": link up");
      LiveScene.finish(transfer);
      assertTrue(scene.end().contains("echo: 1 connections"), scene::said);
    }
  }

  /**
   * How often it wakes, which a busy machine can only make less; what that costs is a figure in
   * docs/operations.md. One that never sleeps does not wake, but uses its core.
   */
  @Test
  void anIdleServerLeavesTheMachineToOthers()
      throws CommandFailure, IOException, InterruptedException {
    try (LiveScene scene = LiveScene.start(directory, "echo")) {
      scene.python("thousand.py", "1000"); // so that its code is compiled
      Thread.sleep(1_500); // of silence, by the clock of its idleness
      final Duration cpuBefore = scene.cpuTime();
      final long before = scene.wakeUps();
      Thread.sleep(4_000);
      final long wakeUps = scene.wakeUps() - before;
      assertTrue(before > 0 && wakeUps < 4 * 500, wakeUps + " in 4 s of silence");
      final long usedMs = scene.cpuTime().minus(cpuBefore).toMillis();
      assertTrue(usedMs < 4_000 / 2, usedMs + " ms of CPU in 4 s of silence");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void anInterfaceThatIsDeleted(final String mode) throws CommandFailure, IOException {
    try (LiveScene scene = LiveScene.start(directory, "echo", "--mode", mode)) {
      scene.beginPython("back_and_forth.py");
      scene.linux("ip", "link", "del", Cable.LINUX_END);
      assertEquals(1, scene.awaitEnd(), scene::said);
      final String last = scene.said().lines().reduce("", (before, line) -> line);
      assertTrue(
          last.startsWith(
              "ustack echo: port " + PORT + " is gone: its network interface was deleted"),
          scene::said);
      assertTrue(scene.said().contains("packets in use: 0"), scene::said);
    }
  }

  /** What was written leaves, though the peer takes its time; or it is told at once. */
  @ParameterizedTest
  @ValueSource(strings = {"close", "reset"})
  void connectionsAtTheEnd(final String policy) throws CommandFailure, IOException {
    try (LiveScene scene = LiveScene.start(directory, "echo", "--on-stop", policy)) {
      final Process reader = scene.beginPython("late_reader.py", policy);
      scene.requestStop();
      scene.awaitSaid("echo: 1 connections");
      LiveScene.finish(reader);
      assertEquals(0, scene.awaitEnd(), scene::said);
      assertTrue(scene.said().endsWith("packets in use: 0"), scene::said);
    }
  }

  /** The peer does not read, the grace is long, and somebody has had enough. */
  @Test
  void aSecondSignalEndsAtOnce() throws CommandFailure, IOException {
    try (LiveScene scene = LiveScene.start(directory, "echo", "--grace", "5")) {
      scene.beginPython("late_reader.py", "close");
      scene.requestStop();
      scene.awaitSaid("echo: 1 connections");
      scene.requestStop();
      assertEquals(128 + 15, scene.awaitEnd(), scene::said);
      assertFalse(scene.said().contains("packets in use"), scene::said);
    }
  }

  @Test
  void aKilledServerHasASuccessorAtOnce() throws CommandFailure, IOException {
    final String prefix = prefix("killed");
    final Path runtime = RUNTIME.resolve(prefix);
    try (LiveScene scene =
        LiveScene.startWith(List.of("--file-prefix=" + prefix), directory, "echo")) {
      final Process client = scene.beginPython("half_open.py");
      scene.restart();
      LiveScene.finish(client);
      final String socket = runtime.resolve("dpdk_telemetry.v2").toString();
      assertEquals("ok", scene.pythonAlone("telemetry.py", socket));
    } finally {
      remove(runtime);
    }
  }

  @Test
  void twoProcesses() throws CommandFailure, IOException {
    final String one = prefix("one");
    final String other = prefix("other");
    final String[] ping = "ping 10.98.0.1 --ip 10.98.0.2/24 --count 1 --wait 0.1 --".split(" ");
    final List<String> beside = new ArrayList<>(List.of(ping));
    beside.addAll(List.of("--no-huge", "-m", "64", "--vdev=net_tap0,iface=beside0"));
    try (LiveScene scene =
        LiveScene.startWith(List.of("--file-prefix=" + one), directory, "echo")) {
      beside.add("--file-prefix=" + one);
      final Tool.Outcome refused = scene.beside(beside.toArray(String[]::new));
      assertEquals(1, refused.exitCode());
      assertEquals(
          "ustack ping: another process runs with the same --file-prefix: end it, or start this one"
              + " with a prefix of its own",
          refused.output());
      beside.set(beside.size() - 1, "--file-prefix=" + other);
      final Tool.Outcome alone = scene.beside(beside.toArray(String[]::new));
      assertTrue(alone.output().contains("1 packets transmitted"), alone::output);
      scene.python("thousand.py", "10");
    } finally {
      remove(RUNTIME.resolve(one));
      remove(RUNTIME.resolve(other));
    }
  }

  private static String prefix(final String name) {
    return "ustack-test-" + name + "-" + ProcessHandle.current().pid();
  }

  private static void remove(final Path runtime) throws IOException {
    try (Stream<Path> files = Files.walk(runtime)) {
      for (final Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
