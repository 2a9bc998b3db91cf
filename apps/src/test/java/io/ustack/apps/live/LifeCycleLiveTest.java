package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.demo.Cable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Cables that are pulled and interfaces that are taken away under a server that runs. */
@Tag("live")
class LifeCycleLiveTest {
  private static final String PORT = "net_af_packet0";

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

  /** CPU time of the process itself: what else the machine does is not in it. */
  @Test
  void anIdleServerLeavesTheMachineToOthers()
      throws CommandFailure, IOException, InterruptedException {
    try (LiveScene scene = LiveScene.start(directory, "echo")) {
      scene.python("thousand.py", "1000"); // so that its code is compiled
      Thread.sleep(1_500); // of silence, by the clock of its idleness
      final Duration before = scene.cpuTime();
      assertTrue(before.toMillis() > 0, "nothing measured");
      Thread.sleep(4_000);
      final long usedMs = scene.cpuTime().minus(before).toMillis();
      assertTrue(usedMs < 4_000 * 2 / 100, () -> usedMs + " ms of CPU in 4 s of silence");
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
}
