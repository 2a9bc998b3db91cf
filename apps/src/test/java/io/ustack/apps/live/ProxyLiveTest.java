package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ustack proxy} between servers and clients of others, all on the Linux kernel's stack. */
@Tag("live")
@Tag("one-jdk")
class ProxyLiveTest {
  private static final String URL = "http://" + LiveScene.STACK + "/";
  private static final int SMALL_BYTES = 612;

  @TempDir private Path directory;

  private LiveScene proxy(final String port, final String targets) throws CommandFailure {
    return LiveScene.start(directory, "proxy", "--listen", port, "--to", targets, "--check", "60");
  }

  private Path www(final LiveScene scene) throws IOException {
    final Path www = Files.createDirectory(scene.scratch().resolve("www"));
    Files.write(www.resolve("small"), new byte[SMALL_BYTES]);
    return www;
  }

  @Test
  void nginxWithCurl() throws CommandFailure, IOException {
    try (LiveScene scene = proxy(":80", "10.99.0.1:8080")) {
      final Path www = www(scene);
      final byte[] content = new byte[20 << 20];
      new Random(1).nextBytes(content);
      Files.write(www.resolve("big"), content);
      LiveNginx.start(scene, 8080, www);
      final Path copy = directory.resolve("copy");
      scene.linux("curl", "-q", "-sS", "--noproxy", "*", "-o", copy.toString(), URL + "big");
      assertArrayEquals(content, Files.readAllBytes(copy));
      assertTrue(scene.end().contains("10.99.0.1:8080 up, 1 clients, 0 failures"), scene::said);
    }
  }

  @Test
  void nginxWithWrkAndAb() throws CommandFailure, IOException {
    try (LiveScene scene = proxy(":80", "10.99.0.1:8080,10.99.0.1:8081,10.99.0.1:8082")) {
      final Path www = www(scene);
      LiveNginx.start(scene, 8080, www);
      LiveNginx.start(scene, 8082, www); // and nobody on 8081
      final LoadGenerator load = new LoadGenerator(scene);
      load.wrk(50, URL + "small");
      load.ab(1000, false, SMALL_BYTES, URL + "small");
      load.ab(1000, true, SMALL_BYTES, URL + "small");
      final String said = scene.end();
      assertTrue(said.contains("10.99.0.1:8081 down"), said);
      assertTrue(said.contains("proxy: 0 clients that no target took"), said);
    }
  }

  @Test
  void redis() throws CommandFailure, IOException {
    try (LiveScene scene = proxy(":6379", "10.99.0.1:6379")) {
      LiveRedis.start(scene, 6379);
      final LoadGenerator load = new LoadGenerator(scene);
      load.redis(5000, 1, "");
      load.redis(20_000, 16, "set,get,lpush,lrange");
      final String[] set = {"redis-cli", "-h", LiveScene.STACK, "SET", "key", "a value"};
      assertEquals("OK", scene.linux(set));
      assertEquals("a value", scene.linux("redis-cli", "-h", LiveScene.STACK, "GET", "key"));
    }
  }

  @Test
  void datagrams() throws CommandFailure, IOException {
    try (LiveScene scene =
        LiveScene.start(directory, "proxy", "--udp", "--listen", ":7", "--to", "10.99.0.1:9007")) {
      scene.servePython("udp_echo_server.py", 9007);
      scene.python("datagrams.py");
      final String said = scene.end();
      assertTrue(said.contains("proxy: 12 datagrams passed on, 0 lost"), said);
    }
  }
}
