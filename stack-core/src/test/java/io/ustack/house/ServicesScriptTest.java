package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** services.sh, on a make-believe machine, and the units that it installs. */
final class ServicesScriptTest {
  private static final Path SCRIPT = MakeBelieveMachine.SETUP.resolve("services.sh");
  private static final Path SYSTEMD_ANALYZE = Path.of("/usr/bin/systemd-analyze");

  private MakeBelieveMachine machine;

  @BeforeEach
  void machine(@TempDir final Path root) throws IOException {
    machine = new MakeBelieveMachine(root);
    machine.bareTools();
    machine.tool("id", "echo 0");
    machine.tool("systemctl", "echo \"$*\" >>'" + root + "/systemctl'");
  }

  private MakeBelieveMachine.Outcome run(final String... arguments) throws Exception {
    return machine.run(SCRIPT, arguments);
  }

  private void assertDone(final String... arguments) throws Exception {
    final MakeBelieveMachine.Outcome outcome = run(arguments);
    assertEquals(0, outcome.code(), outcome.text());
  }

  private void assertFails(final int code, final String why, final String... arguments)
      throws Exception {
    final String before = machine.files();
    final MakeBelieveMachine.Outcome outcome = run(arguments);
    assertEquals(code, outcome.code(), outcome.text());
    assertEquals(1, outcome.text().lines().count(), outcome.text());
    assertTrue(outcome.text().contains(why), outcome.text());
    assertEquals(before, machine.files());
  }

  @Test
  void hugepagesAreOneLineForEachSizeAndNode() throws Exception {
    assertDone("hugepages", "512M");
    assertDone("hugepages", "--size", "1G", "--node", "0", "2G");
    assertDone("hugepages", "--size", "1G", "--node", "1", "2G");
    assertDone("hugepages", "--size", "2M", "1G");
    assertDone("hugepages", "--size", "1G", "--node", "0", "4G");
    assertEquals(
        "--size 1G --node 1 2G\n--size 2M 1G\n--size 1G --node 0 4G\n",
        machine.read("etc/hugepages"));
    final String unit = machine.read("units/ustack-hugepages.service");
    assertTrue(unit.contains("ExecStart=" + MakeBelieveMachine.ROOT + "/dpdk-setup/hugepages.sh"));
    assertFalse(unit.contains("@USTACK@"), unit);
    assertDone("--undo", "hugepages");
    assertFalse(Files.exists(machine.root().resolve("etc/hugepages")));
    assertFalse(Files.exists(machine.root().resolve("units/ustack-hugepages.service")));
    assertTrue(machine.read("systemctl").endsWith("-q disable ustack-hugepages.service\n"));
    assertTrue(run("--undo", "hugepages").text().contains("nothing to undo"));
    assertDone("--undo", "hugepages");
  }

  @Test
  void theTemplateStaysWhileANicUsesIt() throws Exception {
    assertDone("nic", "0000:03:00.0");
    assertDone("nic", "--uio", "0000:03:00.1");
    assertEquals("BIND=\n", machine.read("etc/nic-0000:03:00.0.conf"));
    assertEquals("BIND=--uio\n", machine.read("etc/nic-0000:03:00.1.conf"));
    assertDone("--undo", "nic", "0000:03:00.0");
    assertTrue(Files.exists(machine.root().resolve("units/ustack-nic@.service")));
    assertDone("--undo", "nic", "0000:03:00.1");
    assertFalse(Files.exists(machine.root().resolve("units/ustack-nic@.service")));
  }

  @Test
  void theTemplateOutlivesASecondNicThatFails() throws Exception {
    assertDone("nic", "0000:03:00.0");
    machine.tool("systemctl", "case $* in *enable*) exit 1 ;; esac");
    assertEquals(1, run("nic", "0000:03:00.1").code());
    assertTrue(Files.exists(machine.root().resolve("units/ustack-nic@.service")));
    assertFalse(Files.exists(machine.root().resolve("etc/nic-0000:03:00.1.conf")));
  }

  @Test
  void aTemplateThatNobodyUsesGoesWithItsFailure() throws Exception {
    machine.tool("systemctl", "case $* in *enable*) exit 1 ;; esac");
    assertEquals(1, run("nic", "0000:03:00.1").code());
    assertFalse(Files.exists(machine.root().resolve("units/ustack-nic@.service")));
  }

  /** Building wants a JDK, which is not on this machine. */
  @Test
  void whatCannotBeBuiltDoesNotRun() throws Exception {
    final MakeBelieveMachine.Outcome outcome = run("run", "web", "http", "--ip", "10.0.0.2/24");
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains("could not be installed"), outcome.text());
    assertFalse(Files.exists(machine.root().resolve("etc/run-web.conf")));
    assertFalse(Files.exists(machine.root().resolve("systemctl")));
  }

  @Test
  void aRunIsStartedAndStoppedWhereSystemdRuns() throws Exception {
    machine.write("etc/run-web.conf", "COMMAND=http\n");
    machine.write("systemd/x", "");
    assertDone("--undo", "run", "web");
    assertEquals(
        "-q stop ustack@web.service\n-q disable ustack@web.service\n-q daemon-reload\n",
        machine.read("systemctl"));
    assertEquals(
        "services: would do: " + MakeBelieveMachine.ROOT + "/ustack build",
        run("--dry-run", "run", "web", "http", "--", "-a", "0000:03:00.0")
            .text()
            .lines()
            .findFirst()
            .orElse(""));
  }

  @Test
  void aUnitThatCannotBeEnabledLeavesNothing() throws Exception {
    machine.tool("systemctl", "case $* in *enable*) echo no; exit 1 ;; esac");
    assertEquals(1, run("nic", "0000:03:00.0").code());
    assertFalse(Files.exists(machine.root().resolve("etc/nic-0000:03:00.0.conf")));
    assertFalse(Files.exists(machine.root().resolve("units/ustack-nic@.service")));
  }

  @Test
  void refusesWhatCannotBe() throws Exception {
    assertFails(2, "which NIC?", "nic");
    assertFails(2, "looks like 0000:03:00.0, not 'eth0'", "nic", "eth0");
    assertFails(2, "how much MEMORY?", "hugepages");
    assertFails(2, "not '1Q'", "hugepages", "1Q");
    assertFails(2, "--size 2M or 1G", "hugepages", "--size", "4M", "1G");
    assertFails(2, "a NAME has", "run", "a/b", "http");
    assertFails(2, "is not a command that serves", "run", "web", "demo");
    assertFails(2, "can't have spaces", "run", "web", "http", "--root", "a b");
    assertFails(2, "can't have spaces", "run", "web", "http", "$HOME");
    assertFails(2, "undo what?", "--undo");
    assertFails(2, "unknown argument", "bogus");
    assertDone("--help");
    machine.tool("id", "echo 1000");
    assertFails(1, "needs root", "nic", "0000:03:00.0");
    assertDone("--dry-run", "nic", "0000:03:00.0");
    Files.delete(machine.bin("systemctl"));
    assertFails(1, "no systemd here", "nic", "0000:03:00.0");
  }

  @Test
  void systemdUnderstandsEveryLineOfTheUnits() throws Exception {
    assumeTrue(Files.isExecutable(SYSTEMD_ANALYZE), "systemd is not installed");
    final List<String> command =
        new ArrayList<>(List.of(SYSTEMD_ANALYZE.toString(), "verify", "--man=no"));
    try (Stream<Path> units = Files.list(MakeBelieveMachine.SETUP.resolve("systemd"))) {
      for (final Path unit : units.sorted().toList()) {
        final String text = Files.readString(unit);
        final String name = String.valueOf(unit.getFileName());
        machine.write(name, text.replace("@USTACK@", MakeBelieveMachine.ROOT.toString()));
        command.add(machine.root().resolve(name).toString());
      }
    }
    final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals("", said); // a key that it does not know is only a warning
    assertEquals(0, process.waitFor());
  }
}
