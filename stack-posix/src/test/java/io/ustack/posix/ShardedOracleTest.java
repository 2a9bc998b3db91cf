package io.ustack.posix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ustack.link.PipeLink;
import io.ustack.time.Clock;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@link LinuxOracleTest} plays, on an engine of three shards: an application can't tell. */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ShardedOracleTest {
  private static final int SHARDS = 3;

  /**
   * They fill a queue of one connection, so that the next one has to wait. Here each shard has such
   * a queue (docs/sockets.md), and the next one may find another.
   */
  private static final Set<String> OF_A_FULL_QUEUE =
      Set.of(
          "tcp: shutdown while connecting",
          "tcp: while connecting",
          "timeout: connect",
          "trouble: backlog overflow");

  static Stream<Arguments> scenes() {
    return LinuxOracleTest.scenes().entrySet().stream()
        .filter(scene -> !OF_A_FULL_QUEUE.contains(scene.getKey()))
        .map(scene -> Arguments.of(scene.getKey(), scene.getValue()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("scenes")
  void agreesWithLinux(final String name, final Consumer<Scene> scene) {
    final String expected = LinuxOracleTest.play(scene, new KernelCalls());
    final String actual;
    try (PipeLink.Pair cable = PipeLink.pair();
        ShardedHost host = new ShardedHost("10.0.0.1/24", cable.a(), SHARDS, System.nanoTime());
        Posix posix = Posix.dedicated(host.stacks, Clock.SYSTEM)) {
      actual = LinuxOracleTest.play(scene, new StackCalls(posix));
    }
    assertEquals(expected, actual);
  }
}
