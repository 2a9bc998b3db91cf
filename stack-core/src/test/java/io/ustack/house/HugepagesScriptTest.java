package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** hugepages.sh, on a make-believe machine. */
final class HugepagesScriptTest {
  private MakeBelieveMachine machine;

  @BeforeEach
  void machine(@TempDir final Path root) {
    machine = new MakeBelieveMachine(root);
  }

  @Test
  void hugepagesAreReservedAndGivenBack() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 0");
    machine.tool("mountpoint", "");
    final String pages = "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    machine.write(pages, "3\n");
    final Path script = MakeBelieveMachine.SETUP.resolve("hugepages.sh");
    assertEquals(0, machine.run(script, "512M").code());
    assertEquals("256\n", machine.read(pages));
    assertEquals(0, machine.run(script, "1G").code());
    assertEquals("512\n", machine.read(pages));
    // The machine's own number, not the first call's.
    assertEquals(0, machine.run(script, "--undo").code());
    assertEquals("3\n", machine.read(pages));
    assertEquals(1, machine.run(script, "--undo").code());
  }

  @Test
  void hugepagesThatAreThereAreNotTakenAway() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 0");
    machine.tool("mountpoint", "");
    final String pages = "sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";
    machine.write(pages, "600\n");
    final Path script = MakeBelieveMachine.SETUP.resolve("hugepages.sh");
    final MakeBelieveMachine.Outcome enough = machine.run(script, "512M");
    assertEquals(0, enough.code());
    assertEquals(
        "hugepages: nothing to raise: 600 pages of 2M are reserved already, 256 were asked for\n",
        enough.text());
    assertEquals("600\n", machine.read(pages));
    assertEquals(1, machine.run(script, "--undo").code()); // nothing was done
    // Neither does a call for less take back what a call for more has reserved.
    assertEquals(0, machine.run(script, "2G").code());
    assertEquals(0, machine.run(script, "512M").code());
    assertEquals("1024\n", machine.read(pages));
    assertEquals(0, machine.run(script, "--undo").code());
    assertEquals("600\n", machine.read(pages));
  }

  @Test
  void hugepagesRefusesNonsense() throws Exception {
    machine.bareTools();
    for (final String memory : List.of("", "x", "12", "0M", "1K2M", "-1M")) {
      final MakeBelieveMachine.Outcome outcome =
          machine.run(MakeBelieveMachine.SETUP.resolve("hugepages.sh"), memory);
      assertEquals(2, outcome.code(), memory);
      assertEquals(1, outcome.text().lines().count(), outcome.text());
    }
  }
}
