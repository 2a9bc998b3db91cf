package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.OwnJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A test JVM that is killed in the middle of a scene leaves no process and no directory. */
@Tag("live")
@Tag("one-jdk")
class KilledSceneLiveTest {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

  @TempDir private Path directory;

  /** The JVM to be killed: a scene with a command of ustack and servers of others. */
  static final class Scene {
    private Scene() {}

    public static void main(final String[] arguments) throws CommandFailure, IOException {
      final Path home = Path.of(arguments[0]);
      final LiveScene scene =
          LiveScene.start(home, "proxy", "--listen", "80", "--to", "10.0.0.9:1");
      LiveNginx.start(scene, 8080, scene.scratch());
      LiveRedis.start(scene, 6379);
      System.out.println(scene.scratch());
      System.out.println(
          ProcessHandle.current()
              .descendants()
              .map(process -> Long.toString(process.pid()))
              .collect(Collectors.joining(" ")));
      System.in.read();
      throw new AssertionError("not killed");
    }
  }

  @Test
  void leavesNothing() throws Exception {
    final List<String> command = OwnJvm.command(Scene.class);
    command.add(directory.toString());
    final Process scene = new ProcessBuilder(command).redirectErrorStream(true).start();
    final BufferedReader said = scene.inputReader(StandardCharsets.UTF_8);
    final Path scratch = Path.of(String.valueOf(said.readLine()));
    final long[] pids =
        Arrays.stream(String.valueOf(said.readLine()).split(" "))
            .mapToLong(Long::parseLong)
            .toArray();
    assertTrue(Files.isDirectory(scratch), scratch::toString);
    assertTrue(
        pids.length >= 8, () -> Arrays.toString(pids)); // holders, ustack, nginx twice, redis
    scene.destroyForcibly();
    assertEquals(128 + 9, scene.waitFor());
    await(() -> Arrays.stream(pids).noneMatch(KilledSceneLiveTest::isAlive));
    await(() -> !Files.exists(scratch));
  }

  private static boolean isAlive(final long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static void await(final BooleanSupplier gone) throws InterruptedException {
    final long deadlineNs = System.nanoTime() + PATIENCE_NS;
    while (!gone.getAsBoolean()) {
      assertTrue(System.nanoTime() - deadlineNs < 0, "left behind");
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }
}
