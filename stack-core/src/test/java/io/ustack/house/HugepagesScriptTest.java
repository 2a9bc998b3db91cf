package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** hugepages.sh, on a make-believe machine. */
final class HugepagesScriptTest {
  private static final Path SCRIPT = MakeBelieveMachine.SETUP.resolve("hugepages.sh");
  private static final String PAGES_2M = "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
  private static final String PAGES_1G = "sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages";

  private MakeBelieveMachine machine;

  @BeforeEach
  void machine(@TempDir final Path root) throws IOException {
    machine = new MakeBelieveMachine(root);
    machine.bareTools();
    machine.tool("id", "echo 0");
    machine.tool("mountpoint", "");
  }

  private static String onNode(final int node, final String size) {
    return "sys/devices/system/node/node" + node + "/hugepages/hugepages-" + size + "/nr_hugepages";
  }

  private MakeBelieveMachine.Outcome run(final String... arguments) throws Exception {
    return machine.run(SCRIPT, arguments);
  }

  private void assertRefused(final String why, final String... arguments) throws Exception {
    final String before = machine.files();
    final MakeBelieveMachine.Outcome outcome = run(arguments);
    assertEquals(1, outcome.code(), outcome.text());
    assertEquals(1, outcome.text().lines().count(), outcome.text());
    assertTrue(outcome.text().contains(why), outcome.text());
    assertEquals(before, machine.files());
  }

  /** A kernel that has no more than so many pages, wherever they are asked for. */
  private void kernelGrants(final int most) throws IOException {
    machine.tool(
        "cat",
        "case ${1-} in */nr_hugepages) read -r n <\"$1\"; [ $n -le N ] || echo N >\"$1\" ;; esac\n"
                .replace("N", String.valueOf(most))
            + "exec /bin/cat \"$@\"");
  }

  @Test
  void hugepagesAreReservedAndGivenBack() throws Exception {
    machine.write(PAGES_2M, "3\n");
    assertEquals(0, run("512M").code());
    assertEquals("256\n", machine.read(PAGES_2M));
    assertEquals(0, run("1G").code());
    assertEquals("512\n", machine.read(PAGES_2M));
    // The machine's own number, not the first call's.
    assertEquals(0, run("--undo").code());
    assertEquals("3\n", machine.read(PAGES_2M));
    assertEquals(
        new MakeBelieveMachine.Outcome(
            0,
            "hugepages: nothing to undo: "
                + machine.root().resolve("run/hugepages")
                + " does not exist\n"),
        run("--undo"));
  }

  @Test
  void hugepagesThatAreThereAreNotTakenAway() throws Exception {
    machine.write(PAGES_2M, "600\n");
    final MakeBelieveMachine.Outcome enough = run("512M");
    assertEquals(0, enough.code());
    assertEquals(
        "hugepages: nothing to raise: 600 pages of 2M are reserved already, 256 were asked for\n",
        enough.text());
    assertEquals("600\n", machine.read(PAGES_2M));
    assertEquals(0, run("--undo").code()); // nothing was done
    // Neither does a call for less take back what a call for more has reserved.
    assertEquals(0, run("2G").code());
    assertEquals(0, run("512M").code());
    assertEquals("1024\n", machine.read(PAGES_2M));
    assertEquals(0, run("--undo").code());
    assertEquals("600\n", machine.read(PAGES_2M));
  }

  @Test
  void pagesOfANodeAreThatNodes() throws Exception {
    machine.write(PAGES_2M, "8\n");
    machine.write(PAGES_1G, "0\n");
    for (int node = 0; node < 2; node++) {
      machine.write(onNode(node, "2048kB"), "4\n");
      machine.write(onNode(node, "1048576kB"), "0\n");
    }
    final MakeBelieveMachine.Outcome outcome = run("--node", "1", "64M");
    assertEquals(0, outcome.code(), outcome.text());
    assertEquals("32\n", machine.read(onNode(1, "2048kB")));
    assertEquals("4\n", machine.read(onNode(0, "2048kB")));
    assertEquals(0, run("--size", "1G", "--node", "0", "2G").code());
    assertEquals("2\n", machine.read(onNode(0, "1048576kB")));
    assertEquals("0\n", machine.read(PAGES_1G));
    machine.write(onNode(0, "2048kB"), "40\n"); // as a kernel spreads what is given back
    assertEquals(0, run("--undo").code());
    assertEquals("4\n", machine.read(onNode(0, "2048kB")));
    assertEquals("4\n", machine.read(onNode(1, "2048kB")));
    assertEquals("0\n", machine.read(onNode(0, "1048576kB")));
    assertEquals("8\n", machine.read(PAGES_2M));
    assertRefused("no NUMA node 2", "--node", "2", "64M");
  }

  @Test
  void largePagesAreCountedInGigabytes() throws Exception {
    machine.write(PAGES_2M, "0\n");
    assertRefused("no 1G hugepages here: the CPU (1G: flag pdpe1gb)", "--size", "1G", "1G");
    machine.write(PAGES_1G, "0\n");
    assertEquals(0, run("--size", "1G", "1500M").code());
    assertEquals("2\n", machine.read(PAGES_1G));
    assertEquals("0\n", machine.read(PAGES_2M));
  }

  @Test
  void whatTheKernelDoesNotGrantInFullItHasBack() throws Exception {
    machine.write(PAGES_2M, "3\n");
    kernelGrants(100);
    final MakeBelieveMachine.Outcome outcome = run("512M");
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(
        outcome
            .text()
            .contains("asked for 256 pages of 2M, the kernel gave 100, which it has back"),
        outcome.text());
    assertEquals("3\n", machine.read(PAGES_2M));
    machine.write(PAGES_1G, "0\n");
    kernelGrants(1);
    assertTrue(run("--size", "1G", "2G").text().contains("hugepagesz=1G hugepages=2"));
  }

  @Test
  void moreThanTheMachineHasIsNotAskedFor() throws Exception {
    machine.write(PAGES_2M, "100\n");
    machine.write("proc/meminfo", "MemTotal:  2000000 kB\nMemAvailable:  409600 kB\n");
    assertRefused("1848 MB more in hugepages, and this machine has 400 MB to give", "2G");
    assertRefused("ask for less", "--dry-run", "2G");
    assertEquals(0, run("512M").code()); // 312 more
  }

  @Test
  void pagesInUseAreNotGivenBackSilently() throws Exception {
    machine.write(PAGES_2M, "0\n");
    assertEquals(0, run("512M").code());
    machine.tool("cat", "case ${1-} in */nr_hugepages) echo 17 ;; *) exec /bin/cat \"$@\" ;; esac");
    final MakeBelieveMachine.Outcome busy = run("--undo");
    assertEquals(1, busy.code(), busy.text());
    assertTrue(busy.text().contains("17 pages are still in use: end the programs"), busy.text());
    machine.tool("cat", "exec /bin/cat \"$@\"");
    assertEquals(0, run("--undo").code());
    assertEquals("0\n", machine.read(PAGES_2M));
    assertTrue(run("--undo").text().contains("nothing to undo"));
  }

  /** They could not all be given back: none is, and what is in the way is named. */
  @Test
  void pagesOfAProgramThatRunsAreNotTouched() throws Exception {
    machine.tool("systemctl", "");
    machine.write(PAGES_2M, "4\n");
    assertEquals(0, run("--persistent", "512M").code());
    final String free = PAGES_2M.replace("nr_", "free_");
    machine.write(free, "200\n");
    assertRefused("refused: 52 pages are still in use: end the programs that have them", "--undo");
    assertRefused("refused: 52 pages", "--dry-run", "--undo");
    final Path left = machine.root().resolve("dev/hugepages/webmap_0");
    machine.write("dev/hugepages/webmap_0", "");
    assertRefused("a program that was killed has left " + left + " behind (rm them)", "--undo");
    machine.write("proc/77/maps", "7f00-7f20 rw-s 00000000 00:1c 9 " + left + "\n");
    assertRefused("in use: end the programs", "--undo");
    machine.write(free, "256\n");
    assertEquals(0, run("--undo").code());
    assertEquals("4\n", machine.read(PAGES_2M));
  }

  @Test
  void pagesThatCannotBeMountedAreNotKept() throws Exception {
    machine.write(PAGES_2M, "0\n");
    machine.tool("mountpoint", "exit 1");
    machine.tool("mount", "echo 'mount: /dev/hugepages: unknown filesystem type' >&2; exit 32");
    final MakeBelieveMachine.Outcome outcome = run("64M");
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().endsWith("dev/hugepages: unknown filesystem type\n"), outcome.text());
    assertEquals(2, outcome.text().lines().count(), outcome.text());
    assertEquals("0\n", machine.read(PAGES_2M));
  }

  @Test
  void whatWasMountedForPagesThatDoNotComeIsUnmounted() throws Exception {
    machine.write(PAGES_2M, "0\n");
    final String mounted = "'" + machine.root().resolve("mounted") + "'";
    machine.tool("mountpoint", "[ -e " + mounted + " ]");
    machine.tool("mount", "echo \"$*\" >" + mounted);
    machine.tool("umount", "rm " + mounted);
    kernelGrants(10);
    assertEquals(1, run("64M").code());
    assertFalse(Files.exists(machine.root().resolve("mounted")));
    machine.tool("umount", "echo 'target is busy' >&2; exit 32");
    final MakeBelieveMachine.Outcome busy = run("64M");
    assertEquals(1, busy.code(), busy.text());
    assertTrue(busy.text().contains("the kernel gave 10, which it has back"), busy.text());
  }

  @Test
  void mountsTheDirectoryAndUnmountsIt() throws Exception {
    machine.write(PAGES_2M, "0\n");
    final String mounted = "'" + machine.root().resolve("mounted") + "'";
    machine.tool("mountpoint", "[ -e " + mounted + " ]");
    machine.tool("mount", "echo \"$*\" >" + mounted);
    machine.tool("umount", "rm " + mounted);
    assertEquals(0, run("--dry-run", "64M").code());
    assertFalse(Files.exists(machine.root().resolve("mounted")));
    assertEquals(0, run("64M").code());
    assertEquals(
        "-t hugetlbfs hugetlbfs " + machine.root().resolve("dev/hugepages") + "\n",
        machine.read("mounted"));
    assertEquals(0, run("--undo").code());
    assertFalse(Files.exists(machine.root().resolve("mounted")));
  }

  @Test
  void dryRunChangesNothing() throws Exception {
    machine.write(PAGES_2M, "0\n");
    final String before = machine.files();
    assertEquals(
        new MakeBelieveMachine.Outcome(
            0, "hugepages: would do: echo 32 > " + machine.root().resolve(PAGES_2M) + "\n"),
        run("--dry-run", "64M"));
    assertEquals(before, machine.files());
    run("64M");
    final String reserved = machine.files();
    assertEquals(0, run("--dry-run", "--undo").code());
    assertEquals(reserved, machine.files());
  }

  @Test
  void wantsRoot() throws Exception {
    machine.tool("id", "echo 1000");
    machine.write(PAGES_2M, "0\n");
    assertRefused("needs root: sudo", "64M");
    machine.write("run/hugepages/hugepages-2048kB", "0\n");
    assertRefused("needs root: sudo", "--undo");
  }

  @Test
  void aFileThatCannotBeWrittenIsSaidInOneLine() throws Exception {
    machine.write(PAGES_2M, "0\n");
    machine.tool("cat", "echo 0"); // the directory's stand-in
    Files.delete(machine.root().resolve(PAGES_2M));
    Files.createDirectory(machine.root().resolve(PAGES_2M));
    final MakeBelieveMachine.Outcome outcome = run("64M");
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains("can't write '32' to "), outcome.text());
    assertEquals(2, outcome.text().lines().count(), outcome.text());
  }

  @Test
  void eachBootReadsItsCallsFromAFile() throws Exception {
    machine.write(PAGES_2M, "0\n");
    machine.write(PAGES_1G, "0\n");
    machine.write("etc/hugepages", "# mine\n--size 2M 64M\n\n--size 1G 1G\n");
    final String file = machine.root().resolve("etc/hugepages").toString();
    assertEquals(0, run("--dry-run", "--from", file).code());
    assertEquals("0\n", machine.read(PAGES_2M));
    assertEquals(0, run("--from", file).code());
    assertEquals("32\n", machine.read(PAGES_2M));
    assertEquals("1\n", machine.read(PAGES_1G));
    assertEquals(0, run("--from", file).code());
    machine.write("etc/hugepages", "--size 4M 64M\n");
    assertEquals(2, run("--from", file).code());
    assertRefused("can't read", "--from", file + "-not");
  }

  @Test
  void persistentOutlivesTheMachineUntilUndo() throws Exception {
    machine.write(PAGES_2M, "0\n");
    assertRefused("--persistent wants systemd", "--persistent", "64M");
    machine.tool("systemctl", "echo \"$*\" >>'" + machine.root() + "/systemctl'");
    assertEquals(0, run("--persistent", "64M").code());
    assertEquals("--size 2M 64M\n", machine.read("etc/hugepages"));
    assertEquals(0, run("--persistent", "128M").code());
    assertEquals("--size 2M 128M\n", machine.read("etc/hugepages"));
    assertEquals(0, run("--undo").code());
    assertFalse(Files.exists(machine.root().resolve("etc/hugepages")));
    assertFalse(Files.exists(machine.root().resolve("units/ustack-hugepages.service")));
    assertEquals("0\n", machine.read(PAGES_2M));
  }

  @Test
  void refusesNonsense() throws Exception {
    for (final String memory :
        List.of("", "x", "12", "0M", "1K2M", "-1M", "99999999999999999999G")) {
      final MakeBelieveMachine.Outcome outcome = run(memory);
      assertEquals(2, outcome.code(), memory);
      assertEquals(1, outcome.text().lines().count(), outcome.text());
    }
    for (final String option : List.of("--size", "--node", "--from")) {
      assertEquals(2, run(option).code(), option);
    }
    assertEquals(2, run("--node", "x", "64M").code());
    assertEquals(2, run("--size", "4M", "64M").code());
    assertEquals(0, run("--help").code());
  }
}
