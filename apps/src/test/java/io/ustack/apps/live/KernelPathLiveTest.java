package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.demo.Cable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One address, ssh and more by the kernel, HTTP by ustack. The peer talks to both over the same
 * wire; frames without a right checksum would not get through.
 */
@Tag("live")
@Tag("one-jdk")
class KernelPathLiveTest {
  private static final int MEGABYTES = 10;
  private static final String URL = "http://" + KernelScene.HOST + "/file";

  @TempDir private Path directory;

  private KernelScene http(final int queues, final String... options)
      throws CommandFailure, IOException {
    final Path www = Files.createDirectory(directory.resolve("www"));
    final byte[] content = new byte[100_000];
    new Random(1).nextBytes(content);
    Files.write(www.resolve("file"), content);
    final String[] command =
        Arrays.copyOf(new String[] {"http", "--root", www.toString()}, 3 + options.length);
    System.arraycopy(options, 0, command, 3, options.length);
    return KernelScene.start(directory, queues, command);
  }

  /** HTTP for a second; each request answered, none in error. */
  private static CompletableFuture<String> load(final KernelScene scene) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return scene.peer(
                "wrk", "-t", "1", "-c", "20", "-d", "1s", "--timeout", "30s", "--latency", URL);
          } catch (final CommandFailure e) {
            throw new CompletionException(e);
          }
        });
  }

  private static void assertWell(final String wrk) {
    assertFalse(wrk.contains("Socket errors") || wrk.contains("Non-2xx"), wrk);
    assertTrue(wrk.contains("requests in"), wrk);
  }

  /** Somebody types for as long as the load lasts. */
  private static void type(final LiveSsh.Session session, final CompletableFuture<String> load)
      throws IOException {
    int line = 0;
    while (!load.isDone() || line < 50) {
      session.say("line " + line++);
    }
    assertWell(load.join());
    session.say("good bye");
  }

  /** Megabytes through a session, there and back; SHA-256 compared. */
  private void carry(final LiveSsh ssh) throws CommandFailure, IOException {
    final byte[] content = new byte[MEGABYTES << 20];
    new Random(2).nextBytes(content);
    final Path file = Files.write(directory.resolve("content"), content);
    final String expected = sha256(content) + "  -";
    assertEquals(expected, ssh.send("cat " + file, "sha256sum"));
    assertEquals(expected, ssh.fetch("cat " + file, "sha256sum"));
  }

  private static String sha256(final byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (final NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, inline", "2, 2, dedicated", "1, 2, dedicated"})
  void sshWhileWeServe(final int queues, final int shards, final String mode)
      throws CommandFailure, IOException {
    try (KernelScene scene =
        http(queues, "--mode", mode, "--shards", "" + shards, "--queues", "" + queues)) {
      final LiveSsh in = new LiveSsh(scene, true);
      final LiveSsh out = new LiveSsh(scene, false);
      type(in.session(), load(scene));
      type(out.session(), load(scene));
      carry(in);
      carry(out);
      final String said = scene.end();
      assertTrue(said.contains(" to the kernel, "), said);
    }
  }

  /** What the kernel begins itself: datagrams, an error about one, a ping, IPv6. */
  @Test
  void theKernelTalksToThePeer() throws CommandFailure, IOException {
    try (KernelScene scene = http(1)) {
      scene.start(
          false, "udp.log", "python3", scene.script("udp_echo_server.py"), KernelScene.PEER, "7");
      scene.awaitListener(false, 7);
      assertTrue(
          scene.host("python3", scene.script("datagrams.py"), KernelScene.PEER).endsWith("ok"));
      assertAnswered(scene.host("ping", "-n", "-c", "3", "-i", "0.2", KernelScene.PEER));
      scene.host("ip", "address", "add", "fd00::2/64", "dev", KernelScene.TAP, "nodad");
      scene.peer("ip", "address", "add", "fd00::1/64", "dev", Cable.LINUX_END, "nodad");
      assertAnswered(scene.host("ping", "-n", "-c", "3", "-i", "0.2", "fd00::1"));
      assertAnswered(scene.peer("ping", "-n", "-c", "3", "-i", "0.2", "fd00::2"));
      assertAnswered(scene.peer("ping", "-n", "-c", "3", "-i", "0.2", KernelScene.HOST));
      assertEquals(0, scene.hostCounted("IcmpInEchos"));
    }
  }

  private static void assertAnswered(final String ping) {
    assertTrue(ping.contains(" 0% packet loss"), ping);
  }

  @Test
  void aRuleGivesPingsToTheKernel() throws CommandFailure, IOException {
    try (KernelScene scene = http(1, "--kernel-rules", "icmp,tcp/22")) {
      assertAnswered(scene.peer("ping", "-n", "-c", "3", "-i", "0.2", KernelScene.HOST));
      assertTrue(scene.hostCounted("IcmpInEchos") >= 3);
      assertTrue(
          scene.peer("curl", "-q", "-sS", "--noproxy", "*", "-o", "/dev/null", URL).isEmpty());
    }
  }

  /** More than the rate, of what nobody asked for: the session goes on, and so does the stack. */
  @Test
  void aFloodDoesNotEndASession() throws CommandFailure, IOException {
    try (KernelScene scene = http(1, "--kernel-rate", "500")) {
      final LiveSsh ssh = new LiveSsh(scene, true);
      final String mac =
          scene.host("ip", "-br", "link", "show", KernelScene.TAP).split(" +", -1)[2];
      final String flood = scene.script("flood.py");
      final CompletableFuture<String> flooding =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return scene.peer("python3", flood, Cable.LINUX_END, mac, "200000");
                } catch (final CommandFailure e) {
                  throw new CompletionException(e);
                }
              });
      type(ssh.session(), flooding.thenCombine(load(scene), (ok, wrk) -> wrk));
      final String said = scene.end();
      assertTrue(said.contains("KERNEL_RATE_LIMITED "), said);
    }
  }

  /** Nobody would reach the host any more: whoever starts it again makes a new one. */
  @Test
  void theInterfaceOfTheKernelIsDeleted() throws CommandFailure, IOException {
    try (KernelScene scene = http(1)) {
      scene.host("ip", "link", "delete", KernelScene.TAP);
      assertEquals(
          "ustack http: port net_tap1, the way to the kernel, is gone: its network interface was"
              + " deleted, or moved to another namespace: make it again, then start again",
          scene.failure());
    }
  }
}
