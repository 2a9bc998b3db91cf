package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Several shards against the Linux kernel: behind one queue, behind a queue each, and behind fewer
 * queues than shards. af_packet spreads flows by a hash of the kernel's, so with several queues
 * many of them arrive at the wrong shard first.
 */
@Tag("live")
@Tag("one-jdk")
class ShardsLiveTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({"1, 3", "2, 2", "2, 3"})
  void echo(final int queues, final int shards) throws CommandFailure, IOException {
    try (LiveScene scene =
        LiveScene.startOn(
            queues,
            directory,
            "echo",
            "--port",
            "7",
            "--mode",
            "dedicated",
            "--shards",
            String.valueOf(shards),
            "--queues",
            String.valueOf(queues))) {
      assertTrue(scene.said().contains(shards + " shards, flows sorted by us"), scene::said);
      scene.python("thousand.py", "300");
      scene.python("there_and_back.py", "20");
      scene.python("datagrams.py");
    }
  }
}
