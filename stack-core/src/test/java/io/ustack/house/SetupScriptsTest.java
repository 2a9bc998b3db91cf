package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The launcher, on a make-believe machine; and what all scripts have to pass. */
final class SetupScriptsTest {
  private MakeBelieveMachine machine;

  @BeforeEach
  void machine(@TempDir final Path root) {
    machine = new MakeBelieveMachine(root);
  }

  @Test
  void launcherRefusesAWrongCommandInOneLine() throws Exception {
    machine.bareTools();
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.ROOT.resolve("ustack"), "hppt");
    assertEquals(2, outcome.code());
    assertEquals("ustack: unknown command 'hppt'; ./ustack --help lists them\n", outcome.text());
    assertEquals(2, machine.run(MakeBelieveMachine.ROOT.resolve("ustack")).code());
    assertEquals(0, machine.run(MakeBelieveMachine.ROOT.resolve("ustack"), "--help").code());
  }

  @Test
  void launcherWithoutRootSaysWhatIsMissing() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 1000");
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.ROOT.resolve("ustack"), "http", "--port", "80");
    assertEquals(1, outcome.code());
    assertEquals(1, outcome.text().lines().count(), outcome.text());
    assertTrue(outcome.text().contains("missing: openjdk-17-jdk-headless maven"), outcome.text());
    assertTrue(
        outcome.text().contains("sudo '" + MakeBelieveMachine.SETUP.resolve("install.sh")),
        outcome.text());
  }

  /** Who only reads the help, or measures without a wire, isn't sent to install DPDK. */
  @Test
  void launcherAsksForDpdkOnlyWhereItIsUsed() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 1000");
    final Path launcher = MakeBelieveMachine.ROOT.resolve("ustack");
    assertTrue(
        machine.run(launcher, "http", "--port", "80", "--", "-h").text().contains("libdpdk-dev"));
    assertTrue(machine.run(launcher, "demo").text().contains("curl"));
    final List<List<String>> without =
        List.of(
            List.of("http", "--help"),
            List.of("bench", "--wire", "pipe"),
            List.of("replay", "x.pcap"),
            List.of("doctor"),
            List.of("test"));
    for (final List<String> arguments : without) {
      final MakeBelieveMachine.Outcome outcome =
          machine.run(launcher, arguments.toArray(String[]::new));
      assertEquals(1, outcome.code(), outcome.text());
      assertTrue(
          outcome.text().contains("missing: openjdk-17-jdk-headless maven."), outcome.text());
    }
  }

  @Test
  void everyScriptPassesShellcheck() throws Exception {
    final Path shellcheck = Path.of("/usr/bin/shellcheck");
    assumeTrue(Files.isExecutable(shellcheck), "shellcheck is not installed");
    final List<String> command = new ArrayList<>(List.of(shellcheck.toString()));
    try (Stream<Path> scripts = Files.list(MakeBelieveMachine.SETUP)) {
      scripts
          .filter(file -> file.toString().endsWith(".sh"))
          .map(Path::toString)
          .forEach(command::add);
    }
    for (final String other :
        List.of(
            "ustack",
            ".ci/run",
            "vagrant/provision.sh",
            "vagrant/smoke.sh",
            "native/make-if-dpdk.sh",
            "vm/machine.sh",
            "vm/kernel.sh",
            "vm/init",
            "vm/guest.sh")) {
      command.add(MakeBelieveMachine.ROOT.resolve(other).toString());
    }
    final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), said);
  }
}
