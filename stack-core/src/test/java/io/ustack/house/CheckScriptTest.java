package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** check.sh, on a make-believe machine that has none of our packages. */
final class CheckScriptTest {
  private MakeBelieveMachine machine;

  @BeforeEach
  void machine(@TempDir final Path root) throws IOException {
    machine = new MakeBelieveMachine(root);
    machine.bareTools();
  }

  /** It lacks packages, so the code is 1 in any case. */
  private void expect(final String line) throws Exception {
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.SETUP.resolve("check.sh"));
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().lines().anyMatch(said -> said.startsWith(line)), outcome.text());
  }

  private void kernel(final String release) throws IOException {
    machine.tool("uname", "case $1 in -r) echo " + release + " ;; -m) echo x86_64 ;; esac");
  }

  @Test
  void anOldKernelIsSaid() throws Exception {
    kernel("4.13.16-generic");
    expect("MISSING  Linux 4.13.16-generic is too old: DPDK wants 4.14 or newer");
    kernel("4.14.0");
    expect("ok       Linux 4.14.0");
    kernel("6.1.0-50-amd64");
    expect("ok       Linux 6.1.0-50-amd64");
  }

  @Test
  void anOrdinaryUserIsToldWhatHeLacks() throws Exception {
    machine.tool("id", "echo 1000");
    expect("note     not root: virtual devices need CAP_NET_ADMIN and CAP_NET_RAW");
    machine.tool("id", "echo 0");
    expect("ok       root");
  }

  @Test
  void hugepagesAreCounted() throws Exception {
    expect("note     no hugepages: fine with --no-huge");
    final String directory = "sys/kernel/mm/hugepages/hugepages-2048kB";
    Files.createDirectories(machine.root().resolve(directory));
    machine.write(directory + "/nr_hugepages", "17\n");
    expect("ok       hugepages: 17 reserved");
  }

  @Test
  void wrongUsageIsOneLine() throws Exception {
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.SETUP.resolve("check.sh"), "--all");
    assertEquals(2, outcome.code(), outcome.text());
    assertEquals(1, outcome.text().lines().count(), outcome.text());
  }
}
