package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.Main;
import io.ustack.apps.OwnJvm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bench over memif to its end, and to the ends that its two processes can come to. */
@Tag("live")
@Tag("one-jdk")
class BenchLiveTest {
  private static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(60);

  /** As docs/performance.md has them. */
  private static final String CAUSE =
      "(GC pause|safepoint, \\w+|JIT, (compilers|deoptimisation)|scheduler|hypervisor|timer|work"
          + "|not known(, (on the processor|when it waited|asleep))?)";

  private @Nullable Process process;

  private void start(final int seconds) throws IOException {
    process = bench("--wire=memif", "--cells=rr-1", "--seconds=" + seconds).start();
  }

  private static ProcessBuilder bench(final String... options) {
    final List<String> command = OwnJvm.command(Main.class);
    command.add("bench");
    command.addAll(List.of(options));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  /** What it said with these options; it has ended well. */
  private String run(final String... options) throws IOException, InterruptedException {
    process = bench(options).start();
    final String said = end();
    assertEquals(0, process.exitValue(), said);
    return said;
  }

  /** What it said; it has ended. */
  private String end() throws IOException, InterruptedException {
    final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(PATIENCE_NS, TimeUnit.NANOSECONDS), said);
    return said;
  }

  private ProcessHandle await(final String main) throws InterruptedException {
    final long deadlineNs = System.nanoTime() + PATIENCE_NS;
    while (true) {
      final Optional<ProcessHandle> found =
          process
              .children()
              .filter(child -> child.info().commandLine().orElse("").contains("BenchEnd " + main))
              .findFirst();
      if (found.isPresent()) {
        return found.get();
      }
      assertTrue(process.isAlive() && System.nanoTime() - deadlineNs < 0, main);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  @AfterEach
  void stop() {
    process.destroyForcibly();
  }

  @Test
  void measures() throws IOException, InterruptedException {
    final String said = run("--wire=memif", "--cells=rr-1", "--seconds=1");
    assertTrue(said.matches("memif rr-1 .* requests/s .*\\R"), said);
  }

  /** Each stage has cost something at both ends. */
  @Test
  void accountsForTheDutyCycle() throws IOException, InterruptedException {
    final String said = run("--wire=memif", "--cells=rr-2", "--seconds=1", "--account");
    final String stages =
        String.join(
            " [0-9]*[.][0-9]  ",
            List.of("application", "commands", "receive", "input", "timers", "emit", "transmit"));
    for (final String end : List.of("server", "client")) {
      assertTrue(said.matches("(?s).*at the " + end + ":  " + stages + " .*idle .*"), said);
      assertFalse(said.matches("(?s).*at the " + end + ":[^\\n]*(input|emit) 0[.]0.*"), said);
    }
  }

  /** Both are stopped now and then, so that there is something to name; no log is left behind. */
  @Test
  void namesWhatKeptTheEndsWaiting() throws IOException, InterruptedException {
    final long before = logs();
    process = bench("--wire=memif", "--cells=rr-2@1000", "--seconds=1", "--stalls").start();
    final ProcessHandle server = await("server");
    final ProcessHandle client = await("client");
    while (process.isAlive()) {
      stopShortly(server);
      stopShortly(client);
    }
    final String said = end();
    assertEquals(0, process.exitValue(), said);
    for (final String end : List.of("server", "client")) {
      assertTrue(
          said.matches(
              "(?s).*stalls of more than 50 us at the "
                  + end
                  + ":(\\R {8}[^\\n]*)*?\\R {8}"
                  + CAUSE
                  + " +[1-9][0-9]* +[0-9.]+ ms  longest +[0-9]+ us\\R.*"),
          said);
    }
    assertEquals(before, logs());
  }

  /** It goes on even if nobody lives to see that; the bench gets time to come to its end. */
  private static void stopShortly(final ProcessHandle end)
      throws IOException, InterruptedException {
    if (end.isAlive()) {
      new ProcessBuilder(
              "sh", "-c", "kill -STOP $0; sleep 0.01; kill -CONT $0; sleep 0.03", "" + end.pid())
          .redirectError(ProcessBuilder.Redirect.DISCARD) // it may have ended meanwhile
          .start()
          .waitFor();
    }
  }

  private static long logs() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
      return files.filter(file -> file.getFileName().toString().startsWith("ustack-jvm-")).count();
    }
  }

  /** The kernel's figures are in it, and whether to believe it. */
  @Test
  void measuresTheKernelBeside() throws IOException, InterruptedException {
    final List<String> said =
        run("--wire=memif", "--cells=rr-2,bulk-down-2", "--seconds=1", "--kernel", "--json")
            .lines()
            .toList();
    assertEquals(2, said.size(), said::toString);
    for (final String line : said) {
      assertTrue(
          line.matches(".*\"baseline\":\"kernel-nio\",\"ratioToBaseline\":[0-9.]+,.*"), line);
      assertTrue(line.contains(",\"trusted\":"), line);
    }
  }

  /** Six threads, for which few machines have the processors: then that is said. */
  @Test
  void measuresWithAThreadAndAnLcoreBeside() throws IOException, InterruptedException {
    final String said =
        run(
            "--wire=memif",
            "--cells=rr-2@500",
            "--seconds=1",
            "--mode=dedicated",
            "--transport=ring",
            "--json");
    assertTrue(said.startsWith("{\"cell\":\"rr-2@500\",\"wire\":\"memif\""), said);
    assertTrue(said.contains("\"mode\":\"dedicated\"") && said.contains("\"ring\""), said);
    assertTrue(said.matches(".*\"threadCpuMs\":\\{[^}]*\"rte-worker.*\\R"), said);
    assertTrue(
        Runtime.getRuntime().availableProcessors() >= 6 || said.contains("6 busy threads share"),
        said);
  }

  /** With testpmd, and in a line that says which memory both had. */
  @Test
  void measuresTheForwarderBesideTestpmd() throws IOException, InterruptedException {
    final String said = run("--cells=forward", "--seconds=1");
    assertTrue(
        said.matches("null +forward .* million frames/s .* x testpmd-macswap .*hugepages].*\\R"),
        said);
  }

  /** The figure stands alone then, and its line says what to do. */
  @Test
  void saysWhereToGetTestpmd() throws IOException, InterruptedException {
    final ProcessBuilder builder = bench("--cells=forward", "--seconds=1", "--json");
    builder.environment().put("PATH", "/nowhere");
    process = builder.start();
    final String said = end();
    assertTrue(said.contains("\"baseline\":null,\"ratioToBaseline\":null,"), said);
    assertTrue(said.contains("dpdk-testpmd is missing, apt-get install dpdk-dev"), said);
    assertEquals(0, process.exitValue());
  }

  @Test
  void measuresTransports() throws IOException, InterruptedException {
    final String said = run("--transports", "--seconds=1", "--json");
    assertTrue(said.startsWith("{\"cell\":\"transport-cost\",\"wire\":\"null\""), said);
    assertTrue(
        said.matches(".*\"ratioToBaseline\":[0-9.]+,.*\"blocks\":40,.*\"trusted\":.*\\R"), said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"server", "client"})
  void saysWhichOfThemWasKilled(final String name) throws IOException, InterruptedException {
    start(3600);
    final ProcessHandle server = await("server");
    final ProcessHandle client = await("client");
    await(name).destroyForcibly();
    assertEquals("ustack bench: the " + name + " was killed by signal 9\n", end());
    assertEquals(1, process.exitValue());
    server.onExit().join();
    client.onExit().join();
  }

  @Test
  void endsWhenItIsAsked() throws IOException, InterruptedException {
    start(3600);
    final ProcessHandle server = await("server");
    final ProcessHandle client = await("client");
    process.toHandle().destroy(); // leaves its output open
    assertEquals("ustack bench: interrupted\n", end());
    assertEquals(130, process.exitValue());
    server.onExit().join();
    client.onExit().join();
  }

  @Test
  void leavesNoProcessBehindWhenItIsKilled() throws IOException, InterruptedException {
    start(3600);
    final ProcessHandle server = await("server");
    final ProcessHandle client = await("client");
    process.toHandle().destroyForcibly();
    server.onExit().join();
    client.onExit().join();
    assertEquals("", end());
  }
}
