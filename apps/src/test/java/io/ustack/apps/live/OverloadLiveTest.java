package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.demo.Cable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A server with as few packets as there can be and little memory, under peers that make it keep
 * what they send: it says how short it is, serves others, and is calm when they have gone.
 */
@Tag("live")
class OverloadLiveTest {
  private static final String PEERS = "500";
  private static final long PATIENCE_NS = 60_000_000_000L;

  @TempDir private Path directory;

  @Test
  void aFloodIsOutlived() throws CommandFailure, IOException {
    // Half of the heap is for buffers: the peers fill more than three quarters of that.
    final List<String> small = List.of("-Xmx64m");
    try (LiveScene scene = LiveScene.startIn(small, directory, "http", "--packets", "64")) {
      final Process crowd = scene.beginPython("crowd.py", Cable.LINUX_END, PEERS);
      awaitCounters(scene, true);
      scene.linux("ping", "-n", "-c", "5", "-i", "0.2", LiveScene.STACK); // some may be lost
      LiveScene.finish(crowd);
      awaitCounters(scene, false);
      final String end = scene.end();
      assertTrue(end.contains("memory pressure: up to "), end);
    }
  }

  /** Waits until the server says, or does not say, that it is short of something. */
  private static void awaitCounters(final LiveScene scene, final boolean isShort)
      throws CommandFailure {
    final String url = "http://" + LiveScene.STACK + "/counters";
    final long startNs = System.nanoTime();
    String counters;
    do {
      counters = scene.linux("curl", "-q", "-sS", "--noproxy", "*", "-m", "50", url);
      final String last = counters;
      assertTrue(System.nanoTime() - startNs < PATIENCE_NS, () -> last);
    } while (counters.startsWith("PRESSURE ") != isShort);
    assertTrue(counters.contains("PRESSURE_RISES"), counters);
  }
}
