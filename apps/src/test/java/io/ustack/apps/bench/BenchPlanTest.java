package io.ustack.apps.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandRun;
import io.ustack.apps.Mode;
import io.ustack.dpdk.Transport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

class BenchPlanTest {
  @TempDir Path directory;

  @Command
  private static final class Line {
    @Mixin private final BenchOptions options = new BenchOptions();
  }

  private static BenchPlan plan(final boolean dpdk, final String... arguments) {
    final Line line = new Line();
    final CommandLine commandLine = new CommandLine(line);
    commandLine.parseArgs(arguments);
    return line.options.plan(commandLine.getCommandSpec(), dpdk);
  }

  private static String stages(final BenchPlan plan) {
    return String.join(
        " ", plan.stages().stream().map(stage -> stage.place() + ":" + stage.cells()).toList());
  }

  @Test
  void eachCellIsMeasuredWhereItCanBe() {
    assertEquals(
        "PIPE:[rr-1, rr-64-loss, idle-5] MEMIF:[rr-1] NULL:[forward]",
        stages(plan(true, "--cells=rr-1,rr-64-loss,idle-5,forward")));
    assertEquals(
        "PIPE:[idle-5] MEMIF:[rr-1] NULL:[forward]",
        stages(plan(true, "--wire=memif", "--cells=rr-1,idle-5,forward")));
  }

  @Test
  void growthIsMeasuredOnThePipe() {
    final String growth = stages(plan(true, "--grow"));
    for (final String cells :
        new String[] {
          "rr-64, rr-1000, rr-10000, rr-100000", "timers-0, timers-1000, timers-100000",
          "neighbours-0, neighbours-1000, neighbours-100000", "listeners-0, listeners-1000,"
        }) {
      assertTrue(growth.startsWith("PIPE:[rr-64, ") && growth.contains(cells), growth);
    }
    assertFalse(growth.contains("MEMIF"), growth);
    assertTrue(plan(true, "--grow").grow());
    assertEquals("PIPE:[rr-5]", stages(plan(true, "--grow", "--cells=rr-5")));
  }

  @Test
  void withoutDpdkTheUsualCellsNeedNone() {
    assertEquals("PIPE:[rr-1, rr-64, cps, bulk-1]", stages(plan(false)));
    assertFalse(stages(plan(false, "--quick")).contains("forward"));
    assertEquals("MEMIF:[rr-1]", stages(plan(false, "--wire=memif", "--cells=rr-1")));
  }

  /** All sides together; opening and starting is beside that. */
  @Test
  void quickWorksForLessThanTwoAndAHalfMinutes() {
    final BenchPlan plan = plan(true, "--quick");
    final WarmUp.Limits warmUp = plan.pace().warmUp();
    final long perSide =
        (warmUp.fewestRounds() + plan.pace().blocks()) * plan.pace().blockNs() / 1_000_000;
    long milliseconds = warmUp.mostInAllNs() / 1_000_000;
    for (final BenchPlan.Stage stage : plan.stages()) {
      final int sides = stage.place() == Place.PIPE ? 1 : 2;
      milliseconds += sides * perSide * stage.cells().size();
    }
    assertTrue(milliseconds < 150_000, milliseconds + " ms");
    for (final String cell :
        new String[] {
          "rr-1,", "rr-10000,", "rr1k-1000,", "cps,", "bulk-8,", "bulk-down-8", "idle-10000", "loss"
        }) {
      assertTrue(stages(plan).contains(cell), cell);
    }
    assertEquals(8, plan.pace().blocks());
    assertEquals(10, plan(true, "--quick", "--seconds=2").pace().blocks());
  }

  @Test
  void threadsThatAreBusyAreCounted() {
    assertEquals(2, plan(true).busyThreads());
    final BenchPlan plan = plan(true, "--mode=dedicated", "--transport=ring");
    assertEquals(6, plan.busyThreads());
    assertEquals(Mode.DEDICATED, plan.mode());
    assertEquals(Transport.RING, plan.transport());
  }

  @Test
  void contradictionsAreRefused() {
    for (final String line :
        List.of(
            "--wire=pipe --kernel",
            "--tso",
            "--wire=pipe --quick --tso",
            "--cells=,",
            "--compare=",
            "--java=",
            "--wire=pipe --mode=dedicated",
            "--wire=pipe --account",
            "--mode=dedicated --account",
            "--wire=pipe --stalls",
            "--mode=dedicated --stalls",
            "--stalls --compare=" + System.getProperty("java.home"),
            "--wire=pipe --transport=ring",
            "--mode=both",
            "--seconds=0",
            "--grow --quick",
            "--grow --wire=pipe,memif",
            "--grow --kernel",
            "--grow --rate=50%",
            "--cells=cps --rate=100",
            "--cells=cps@100",
            "--rate=none",
            "--java=" + directory,
            "--kernel --compare=" + System.getProperty("java.home"))) {
      final ParameterException refusal =
          assertThrows(ParameterException.class, () -> plan(true, line.split(" ", -1)), line);
      assertFalse(String.valueOf(refusal.getMessage()).contains("\n"), line);
    }
  }

  private Path jar(final String... entries) throws IOException {
    final Path jar = directory.resolve("x.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (final String entry : entries) {
        out.putNextEntry(new ZipEntry(entry));
        out.closeEntry();
      }
    }
    return jar;
  }

  @Test
  void aBuildIsOneThatCanBeToldWhatToDo() throws IOException {
    final Build own = Build.own();
    assertThrows(IllegalArgumentException.class, () -> own.beside(directory));
    final Path other = jar("a/Class.class");
    assertThrows(IllegalArgumentException.class, () -> own.beside(other));
    final Path old = jar("io/ustack/apps/bench/BenchEnd.class");
    assertThrows(IllegalArgumentException.class, () -> own.beside(old));
    final Path good =
        jar("io/ustack/apps/bench/BenchEnd.class", "io/ustack/apps/bench/EndProcess.class");
    final Build beside = own.beside(good);
    assertEquals(good.toString(), beside.classPath());
    assertEquals(own.java(), beside.java());
  }

  @Test
  void anOlderBuildDoesNotKnowEachCell() throws IOException {
    final List<Cell> old = List.of(Cell.parse("rr-64").orElseThrow());
    final List<Cell> cells = List.of(Cell.parse("timers-0").orElseThrow());
    final String end = "io/ustack/apps/bench/BenchEnd.class";
    final String newest = "io/ustack/apps/bench/EndProcess.class";
    final Build before = Build.own().beside(jar(end, newest));
    before.checkKnows(old);
    assertThrows(IllegalArgumentException.class, () -> before.checkKnows(cells));
    Build.own().beside(jar(end, newest, "io/ustack/apps/bench/Bystanders.class")).checkKnows(cells);
    Build.own().checkKnows(cells);
  }

  @Test
  void aJdkIsABuildToo() {
    final Path home = Path.of(System.getProperty("java.home"));
    final Build own = Build.own();
    final Build beside = own.beside(home);
    assertEquals(own.classPath(), beside.classPath());
    assertEquals(home.resolve("bin/java"), beside.java());
  }

  @Test
  void aCheckoutIsKnownByItsLauncher() throws IOException {
    Files.createDirectory(directory.resolve("apps"));
    Files.createFile(directory.resolve("ustack"));
    final Build beside = Build.own().beside(directory);
    assertEquals(directory.resolve("apps/target/ustack.jar").toString(), beside.classPath());
  }

  /** The whole command: both builds' ends in turn, and a chart. */
  @Test
  void comparesAndDraws() throws IOException {
    final Path chart = directory.resolve("chart.svg");
    final CommandRun run =
        CommandRun.of(
            "bench",
            "--wire=pipe",
            "--cells=rr-2",
            "--seconds=1",
            "--compare=" + System.getProperty("java.home"),
            "--chart=" + chart);
    assertEquals(0, run.exitCode(), run::toString);
    assertTrue(
        run.out().matches("pipe +rr-2 .* requests/s .* [0-9.]+ x /.*NOT TRUSTED: .*\\R"),
        run::toString);
    final String svg = Files.readString(chart);
    assertTrue(svg.contains("pipe rr-2") && svg.contains("NOT TRUSTED"), svg);
  }

  @Test
  void aChartThatHasNoPlaceIsRefusedBeforeTheWork() {
    final CommandRun run = CommandRun.of("bench", "--wire=pipe", "--chart=" + directory);
    assertEquals(1, run.exitCode(), run::toString);
    assertEquals("ustack bench: " + directory + " is a directory\n", run.err());
    final CommandRun nameless = CommandRun.of("bench", "--wire=pipe", "--chart=");
    assertTrue(
        Stream.of("--chart has no file name").allMatch(nameless.err()::contains),
        nameless::toString);
  }
}
