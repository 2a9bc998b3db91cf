package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ustack http} against curl and Python's http.client on the Linux kernel's stack. */
@Tag("live")
class HttpLiveTest {
  private static final int MEGABYTE = 1 << 20;

  @TempDir private Path directory;

  private byte[] file(final String name, final int bytes) throws IOException {
    final byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    Files.createDirectories(directory.resolve("www"));
    Files.write(directory.resolve("www").resolve(name), content);
    return content;
  }

  private LiveScene http(final String... options) throws CommandFailure {
    final String[] command =
        Arrays.copyOf(new String[] {"http", "--root", root()}, 3 + options.length);
    System.arraycopy(options, 0, command, 3, options.length);
    return LiveScene.start(directory, command);
  }

  private String root() {
    return directory.resolve("www").toString();
  }

  private byte[] curl(final LiveScene scene, final String... options)
      throws CommandFailure, IOException {
    final Path copy = directory.resolve("copy");
    final String[] command =
        Arrays.copyOf(
            new String[] {"curl", "-q", "-sS", "--noproxy", "*", "-o", copy.toString()},
            7 + options.length);
    System.arraycopy(options, 0, command, 7, options.length);
    scene.linux(command);
    return Files.readAllBytes(copy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void filesRangesAndErrors(final String mode) throws CommandFailure, IOException {
    final byte[] content = file("file", 10 * MEGABYTE);
    final String url = "http://" + LiveScene.STACK + "/";
    try (LiveScene scene = http("--mode", mode)) {
      assertArrayEquals(content, curl(scene, url + "file"), "the whole file");
      assertArrayEquals(
          Arrays.copyOfRange(content, 1000, 2001), curl(scene, "-r", "1000-2000", url + "file"));
      final String status =
          scene.linux(
              "curl",
              "-q",
              "-sS",
              "--noproxy",
              "*",
              "-o",
              "/dev/null",
              "-w",
              "%{http_code}",
              url + "none");
      assertEquals("404", status);
    }
  }

  @Test
  void aHundredMegabytes() throws CommandFailure, IOException {
    final byte[] content = file("big", 100 * MEGABYTE);
    try (LiveScene scene = http()) {
      assertArrayEquals(content, curl(scene, "http://" + LiveScene.STACK + "/big"));
    }
  }

  @Test
  void onePercentLoss() throws CommandFailure, IOException {
    final byte[] content = file("file", 5 * MEGABYTE);
    try (LiveScene scene = http("--loss", "1")) {
      assertArrayEquals(content, curl(scene, "http://" + LiveScene.STACK + "/file"));
    }
  }

  @Test
  void keepAlive() throws CommandFailure, IOException {
    file("small", 1234);
    try (LiveScene scene = http()) {
      scene.python("keep_alive.py");
    }
  }

  @Test
  void pingOfEverySize() throws CommandFailure, IOException {
    file("small", 1);
    try (LiveScene scene = http()) {
      for (final int size : new int[] {0, 1, 56, 1472}) {
        final String said =
            scene.linux(
                "ping",
                "-n",
                "-q",
                "-c",
                "3",
                "-i",
                "0.2",
                "-s",
                Integer.toString(size),
                LiveScene.STACK);
        assertTrue(said.contains(" 0% packet loss"), said);
      }
    }
  }
}
