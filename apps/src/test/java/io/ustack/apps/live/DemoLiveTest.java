package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.Main;
import io.ustack.apps.OwnJvm;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.LinuxNamespace;
import io.ustack.apps.demo.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demo as a person runs it, to its end and to all the other ends that it can come to. */
@Tag("live")
class DemoLiveTest {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);
  private static final Pattern NAMESPACE = Pattern.compile("nsenter --net=/proc/([0-9]+)/ns/net");

  @TempDir private Path directory;

  private @Nullable Process process;

  private Path capture() {
    return directory.resolve("demo.pcapng");
  }

  private void start(final String... options) throws IOException {
    // Whoever runs the tests in the background may ignore SIGINT, and that is inherited.
    final ProcessBuilder builder = new ProcessBuilder("env", "--default-signal=INT");
    builder.command().addAll(OwnJvm.command(Main.class));
    builder.command().addAll(List.of("demo", "--capture", capture().toString()));
    builder.command().addAll(List.of(options));
    process =
        builder.redirectErrorStream(true).redirectOutput(directory.resolve("log").toFile()).start();
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (final IOException e) {
      throw new AssertionError(e);
    }
  }

  private int await() throws InterruptedException {
    assertTrue(process.waitFor(PATIENCE_NS, TimeUnit.NANOSECONDS), this::log);
    return process.exitValue();
  }

  private void awaitLine(final String line) throws InterruptedException {
    final long deadlineNs = System.nanoTime() + PATIENCE_NS;
    while (!log().contains(line)) {
      assertTrue(process.isAlive() && System.nanoTime() - deadlineNs < 0, this::log);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  @AfterEach
  void stop() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  /**
   * Every process of a demo has its capture's or its scratch directory's name in its command line,
   * or holds its namespaces.
   */
  private void expectNothingLeft() throws InterruptedException {
    final long deadlineNs = System.nanoTime() + PATIENCE_NS;
    while (isAnybodyLeft()) {
      assertTrue(System.nanoTime() - deadlineNs < 0, () -> "left behind by: " + log());
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private boolean isAnybodyLeft() {
    final Matcher namespace = NAMESPACE.matcher(log());
    final boolean held =
        namespace.find() && Files.exists(Path.of("/proc", namespace.group(1), "ns", "net"));
    return held
        || ProcessHandle.allProcesses()
            .map(ProcessHandle::info)
            .anyMatch(info -> info.commandLine().orElse("").contains(directory.toString()));
  }

  @Test
  void showsEverythingAndLeavesNothing() throws Exception {
    start();
    assertEquals(0, await(), this::log);
    for (final String line :
        List.of(
            "cable ",
            "server ",
            "up ",
            "ping ",
            "page ",
            "file     10485760 bytes",
            "SHA-256 equal",
            "frames ",
            "packets in use: 0")) {
      assertTrue(log().contains(line), () -> line + ": " + log());
    }
    expectNothingLeft();
    final String seen =
        new Tool(new StopSignal()).check(60, List.of("tcpdump", "-n", "-r", capture().toString()));
    assertTrue(
        seen.contains("ICMP echo reply") && seen.contains("10.99.0.2.80"),
        () -> seen.substring(0, 1000));
  }

  @ParameterizedTest
  @CsvSource({
    "TERM, cable, 130, interrupted",
    "TERM, serving, 0, packets in use: 0",
    "INT, serving, 0, packets in use: 0",
    "KILL, cable, 137, ''",
    "KILL, serving, 137, ''"
  })
  void leavesNothingHoweverItEnds(
      final String signal, final String when, final int exitCode, final String says)
      throws Exception {
    start("--keep");
    awaitLine(when);
    new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
    assertEquals(exitCode, await(), this::log);
    assertTrue(log().contains(says), this::log);
    assertFalse(log().contains("Exception"), this::log);
    expectNothingLeft();
  }

  @Test
  void thePersonCanReachItMeanwhile() throws Exception {
    start("--keep");
    awaitLine("nsenter");
    final String line =
        log().lines().filter(text -> text.contains("nsenter")).findFirst().orElseThrow().strip();
    final List<String> command =
        List.of("sh", "-c", line.replace("sudo ", "").replace("curl", "curl -sS"));
    assertTrue(new Tool(new StopSignal()).check(60, command).contains("<h1>ustack</h1>"), line);
  }

  @Test
  void aNamespaceTakesItsFilesAndProcessesAlong() throws Exception {
    final Tool tool = new Tool(new StopSignal());
    final LinuxNamespace namespace = LinuxNamespace.create(tool);
    final Path file = Files.writeString(namespace.scratch().resolve("file"), "text");
    final Process sleeper = new ProcessBuilder(namespace.inside("sleep", "1000")).start();
    namespace.close();
    assertTrue(sleeper.waitFor(PATIENCE_NS, TimeUnit.NANOSECONDS));
    assertFalse(Files.exists(file));
    assertFalse(Files.exists(namespace.scratch()));
  }
}
