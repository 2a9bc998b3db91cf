package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.OwnJvm;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.Cable;
import io.ustack.apps.demo.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Mixed load from Linux over a bad wire, round after round: every byte of a stream arrives, and
 * after each round everything has come to rest. Nothing is left of it, in the pool, among the
 * descriptors or on the heap.
 */
@Tag("live")
@Tag("one-jdk")
class SoakLiveTest {
  private static final int LARGE_BYTES = 2 << 20;

  /** What a round may leave on the heap: code that was loaded, buffers kept in reserve. */
  private static final long SLACK_BYTES = 4 << 20;

  /** Beyond the load itself: what waits for a repetition in the end. */
  private static final int PATIENCE_SECONDS = 120;

  @TempDir private Path directory;

  /** One stack inline, and three shards with a thread each. */
  @ParameterizedTest
  @CsvSource({"1, 2, 4", "3, 2, 4"})
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void someSeconds(final int shards, final int rounds, final int seconds)
      throws CommandFailure, IOException, InterruptedException {
    soak(shards, rounds, seconds);
  }

  @Tag("nightly")
  @ParameterizedTest
  @CsvSource({"1, 15, 60", "3, 15, 60"})
  @Timeout(value = 60, unit = TimeUnit.MINUTES)
  void halfAnHour(final int shards, final int rounds, final int seconds)
      throws CommandFailure, IOException, InterruptedException {
    soak(shards, rounds, seconds);
  }

  private void soak(final int shards, final int rounds, final int seconds)
      throws CommandFailure, IOException, InterruptedException {
    final Tool tool = new Tool(new StopSignal());
    final Path site = site();
    final Map<String, Long> load = new TreeMap<>();
    final List<Long> heap = new ArrayList<>();
    final Map<String, String> end;
    try (Cable cable = Cable.plug(tool, LossyScene.LINUX + "/24");
        Ours ours = new Ours(cable, directory, shards, site)) {
      for (int round = 0; round < rounds; round++) {
        final String said =
            tool.check(
                seconds + PATIENCE_SECONDS,
                cable
                    .linuxSide()
                    .inside(
                        "python3",
                        script(),
                        LossyScene.STACK,
                        String.valueOf(seconds),
                        site.toString(),
                        String.valueOf(round)));
        assertTrue(said.endsWith("ok"), said);
        LossyResult.fields(said.lines().findFirst().orElseThrow())
            .forEach((what, count) -> load.merge(what, Long.parseLong(count), Long::sum));
        final Map<String, String> rest = LossyResult.fields(ours.ask("rest", "rest"));
        heap.add(Long.parseLong(rest.get("heap")));
        assertEquals("4", rest.get("fds"), "descriptors");
      }
      end = LossyResult.fields(ours.ask("end", "end"));
      ours.awaitEnd();
    }
    System.out.println(
        shards
            + " shard(s), "
            + rounds
            + " x "
            + seconds
            + " s: "
            + load
            + "; frames "
            + end.get("in.frames")
            + " in, "
            + end.get("out.frames")
            + " out, faults "
            + end.get("in.faults")
            + " in, "
            + end.get("out.faults")
            + " out; heap "
            + heap);
    check(load, heap, end);
  }

  private static void check(
      final Map<String, Long> load, final List<Long> heap, final Map<String, String> end) {
    assertAll(
        () ->
            assertEquals(
                List.of(
                    "bytes",
                    "datagrams",
                    "halfCloses",
                    "idle",
                    "pings",
                    "requests",
                    "resets",
                    "slowReaders"),
                List.copyOf(load.keySet()),
                "some load was not there"),
        () -> assertEquals("0", end.get("inUse"), "packets were not released"),
        () -> assertEquals("0", end.get("descriptors"), "descriptors are open"),
        () -> assertEquals("0", end.get("connections"), "connections are left"),
        () -> assertEquals("0", end.get("bufferBytes"), "buffers are held"),
        () -> assertEquals("0", end.get("INTERNAL_ERRORS"), "internal errors"),
        () -> assertEquals("0", end.get("PACKET_POOL_EXHAUSTED"), "packets ran out"),
        () -> assertTrue(Long.parseLong(end.get("in.corrupted")) > 0, "no faults in"),
        () -> assertTrue(Long.parseLong(end.get("out.corrupted")) > 0, "no faults out"),
        () -> assertTrue(Long.parseLong(end.get("drop.TCP_CHECKSUM")) > 0, "none was noticed"),
        () -> assertTrue(Long.parseLong(end.get("TCP_RETRANSMITTED_SEGMENTS")) > 0, "repeated"),
        () ->
            assertTrue(
                heap.get(heap.size() - 1) - heap.get(0) < SLACK_BYTES, () -> "the heap: " + heap));
  }

  private Path site() throws IOException {
    final Path site = Files.createDirectory(directory.resolve("site"));
    final byte[] large = new byte[LARGE_BYTES];
    new SplittableRandom(1).nextBytes(large);
    Files.write(site.resolve("large"), large);
    Files.write(site.resolve("small"), new byte[1000]);
    return site;
  }

  private String script() throws IOException {
    return LiveScript.unpack("soak.py", directory);
  }

  /** The process with our end. */
  private static final class Ours implements AutoCloseable {
    private final Process process;
    private final Path log;

    Ours(final Cable cable, final Path directory, final int shards, final Path site)
        throws IOException {
      final List<String> command =
          OwnJvm.command(SoakEnd.class, "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx512m");
      command.addAll(List.of(String.valueOf(shards), site.toString()));
      log = directory.resolve("ours.log");
      process =
          new ProcessBuilder(cable.dpdkSide().inside(command.toArray(String[]::new)))
              .redirectError(log.toFile())
              .start();
      next("serving");
    }

    String ask(final String question, final String answer) throws IOException {
      process.getOutputStream().write((question + "\n").getBytes(StandardCharsets.US_ASCII));
      process.getOutputStream().flush();
      return next(answer);
    }

    private String next(final String start) throws IOException {
      final String line = process.inputReader(StandardCharsets.UTF_8).readLine();
      assertNotNull(line, () -> "it has ended: " + said());
      assertTrue(line.startsWith(start), () -> line + said());
      return line;
    }

    private String said() {
      try {
        return Files.readString(log);
      } catch (final IOException e) {
        return String.valueOf(e.getMessage());
      }
    }

    void awaitEnd() throws InterruptedException {
      assertTrue(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), this::said);
      assertEquals(0, process.exitValue(), this::said);
    }

    @Override
    public void close() {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
