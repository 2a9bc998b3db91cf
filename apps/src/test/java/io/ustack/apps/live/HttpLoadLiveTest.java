package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code ustack http} under the load of wrk and ab. */
@Tag("live")
@Tag("one-jdk")
class HttpLoadLiveTest {
  private static final int BYTES = 1000;
  private static final Pattern REQUESTS = Pattern.compile("http: ([0-9]+) requests");

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"inline", "dedicated"})
  void everyRequestIsAnswered(final String mode) throws CommandFailure, IOException {
    final Path www = Files.createDirectory(directory.resolve("www"));
    Files.write(www.resolve("file"), new byte[BYTES]);
    try (LiveScene scene =
        LiveScene.start(directory, "http", "--root", www.toString(), "--mode", mode)) {
      final String url = "http://" + LiveScene.STACK + "/file";
      final LoadGenerator load = new LoadGenerator(scene);
      long requests = load.wrk(100, url);
      load.ab(1000, false, BYTES, url);
      load.ab(2000, true, BYTES, url);
      requests += 3000;
      final String said = scene.end();
      final Matcher counted = REQUESTS.matcher(said);
      // wrk does not count those whose answers it did not wait for.
      assertTrue(counted.find() && Long.parseLong(counted.group(1)) >= requests, said);
    }
  }
}
