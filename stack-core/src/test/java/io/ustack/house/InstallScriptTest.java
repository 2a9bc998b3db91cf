package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** install.sh and find-jdk.sh, on a make-believe machine. */
final class InstallScriptTest {
  private MakeBelieveMachine machine;

  @BeforeEach
  void machine(@TempDir final Path root) {
    machine = new MakeBelieveMachine(root);
  }

  @Test
  void installWithoutAptNamesThePackagesAndFails() throws Exception {
    machine.bareTools();
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.SETUP.resolve("install.sh"), "dpdk", "net");
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains("no apt-get"), outcome.text());
    for (final String name : List.of("gcc", "make", "libdpdk-dev", "iproute2", "curl")) {
      assertTrue(outcome.text().contains("  " + name + "\n"), name + " in: " + outcome.text());
    }
    assertFalse(outcome.text().contains("maven"), "of another group: " + outcome.text());
  }

  @Test
  void missingIsOneLineAndACode() throws Exception {
    machine.bareTools();
    machine.tool("curl", "");
    machine.tool("ethtool", "");
    machine.tool("ping", "");
    assertEquals(
        new MakeBelieveMachine.Outcome(1, "iproute2\n"),
        machine.run(MakeBelieveMachine.SETUP.resolve("install.sh"), "--missing", "net"));
    machine.tool("ip", "");
    assertEquals(
        new MakeBelieveMachine.Outcome(0, ""),
        machine.run(MakeBelieveMachine.SETUP.resolve("install.sh"), "--missing", "net"));
  }

  @Test
  void dryRunAsksAptForNothing() throws Exception {
    machine.bareTools();
    machine.tool("apt-get", "echo CALLED");
    machine.tool("apt-cache", "");
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.SETUP.resolve("install.sh"), "--dry-run", "net");
    assertEquals(
        "install: would run: apt-get install iproute2 ethtool curl iputils-ping\n", outcome.text());
    assertEquals(0, outcome.code());
  }

  @Test
  void installAsksAptForWhatLacksOnly() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 0");
    machine.tool("curl", "");
    machine.tool("ethtool", "");
    machine.tool("ping", "");
    machine.tool("apt-cache", "echo Package: x");
    machine.tool(
        "dpkg-query", "echo installed"); // and so nothing is recorded outside this directory
    machine.tool(
        "apt-get",
        "echo \"$*\" >'"
            + machine.root()
            + "/asked'; cp '"
            + machine.bin("curl")
            + "' '"
            + machine.bin("ip")
            + "'");
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.SETUP.resolve("install.sh"), "net");
    assertEquals(
        "install: apt-get install iproute2\ninstall: installed: iproute2\n", outcome.text());
    assertEquals(0, outcome.code());
    assertTrue(machine.read("asked").endsWith(" install iproute2\n"), machine.read("asked"));
  }

  /** Three servers are wanted as programs; Debian would run them as services. */
  @Test
  void installStartsNoServiceAndEnablesNone() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 0");
    for (final String there :
        List.of(
            "python3",
            "tcpdump",
            "tshark",
            "iperf3",
            "shellcheck",
            "redis-benchmark",
            "dpdk-testpmd",
            "wrk",
            "systemd-analyze",
            "ssh",
            "ruby")) {
      machine.tool(there, "");
    }
    machine.tool("nc.openbsd", "");
    Files.createSymbolicLink(machine.bin("nc"), machine.bin("nc.openbsd"));
    machine.tool("ab", "");
    machine.tool("chmod", "exec /bin/chmod \"$@\"");
    machine.tool("apt-cache", "echo Package: x");
    machine.tool("dpkg-query", "echo not-installed");
    machine.tool("update-rc.d", "echo \"$*\" >>'" + machine.root() + "/disabled'");
    machine.tool(
        "apt-get",
        "'"
            + machine.root()
            + "/policy-rc.d'; echo $? >'"
            + machine.root()
            + "/policy'; cd '"
            + machine.root()
            + "/bin' && cp ab nginx && cp ab redis-server && cp ab sshd");
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.SETUP.resolve("install.sh"), "test");
    assertEquals(0, outcome.code(), outcome.text());
    assertEquals("101\n", machine.read("policy"));
    assertFalse(Files.exists(machine.root().resolve("policy-rc.d")));
    assertEquals("redis-server disable\nnginx disable\nssh disable\n", machine.read("disabled"));
    assertEquals("redis-server\nnginx-light\nopenssh-server\n", machine.read("installed-packages"));
  }

  /** A kernel that is installed would be the one that this machine starts with. */
  @Test
  void theMachinesKernelIsUnpackedAndNotInstalled() throws Exception {
    machine.bareTools();
    for (final String there : List.of("qemu-system-x86_64", "busybox", "cpio")) {
      machine.tool(there, "");
    }
    machine.tool("ldd", "exit 1"); // of a static program
    machine.tool("tar", "exec /bin/tar \"$@\"");
    machine.tool("id", "echo 0");
    machine.tool("uname", "echo x86_64");
    machine.tool("depmod", "echo of it >\"$2/lib/modules/$3/modules.dep\"");
    machine.tool("dpkg-query", "echo not-installed");
    machine.tool(
        "apt-cache",
        "[ $1 = depends ] && echo '  Depends: linux-image-6.1.0-9-amd64' || echo Package: x");
    machine.tool("apt-get", "echo \"$*\" >>'" + machine.root() + "/asked'; : >linux-image-6.1.deb");
    machine.tool("dpkg-deb", "cat '" + machine.root() + "/kernel.tar'");
    machine.write("kernel/boot/vmlinuz-6.1.0-9-amd64", "it");
    machine.write("kernel/lib/modules/6.1.0-9-amd64/kernel/fs/9p/9p.ko", "a module");
    machine.write("kernel/lib/modules/6.1.0-9-amd64/kernel/sound/loud.ko", "unwanted");
    tar("-C", machine.root() + "/kernel", "-cf", machine.root() + "/kernel.tar", ".");
    final Path install = MakeBelieveMachine.SETUP.resolve("install.sh");
    assertEquals(
        new MakeBelieveMachine.Outcome(1, "linux-image-amd64\n"),
        machine.run(install, "--missing", "vm"));
    assertEquals(
        new MakeBelieveMachine.Outcome(
            0,
            "install: would run: vm/kernel.sh, which unpacks linux-image-amd64 and does not"
                + " install it\n"),
        machine.run(install, "--dry-run", "vm"));
    assertEquals(
        new MakeBelieveMachine.Outcome(
            0, "install: vm/kernel.sh\ninstall: installed: linux-image-amd64\n"),
        machine.run(install, "vm"));
    assertTrue(
        machine.read("asked").endsWith(" download linux-image-6.1.0-9-amd64\n"),
        machine.read("asked"));
    assertEquals("it", machine.read("machine/boot/vmlinuz-6.1.0-9-amd64"));
    final String modules = "machine/lib/modules/6.1.0-9-amd64/";
    assertEquals("a module", machine.read(modules + "kernel/fs/9p/9p.ko"));
    assertFalse(Files.exists(machine.root().resolve(modules + "kernel/sound")));
    assertEquals(
        new MakeBelieveMachine.Outcome(0, "install: all there: vm\n"), machine.run(install, "vm"));
    machine.run(install, "--undo");
    assertFalse(Files.exists(machine.root().resolve("machine")));
  }

  private static void tar(final String... arguments) throws Exception {
    final List<String> command = new ArrayList<>(List.of("tar"));
    command.addAll(List.of(arguments));
    assertEquals(0, new ProcessBuilder(command).start().waitFor());
  }

  @Test
  void installWithoutRootSaysWhatToDo() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 1000");
    machine.tool("apt-cache", "echo Package: x");
    machine.tool("apt-get", "echo CALLED");
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.SETUP.resolve("install.sh"), "net");
    assertEquals(1, outcome.code());
    assertTrue(
        outcome.text().contains("sudo " + MakeBelieveMachine.SETUP.resolve("install.sh")),
        outcome.text());
    assertFalse(outcome.text().contains("CALLED"), outcome.text());
  }

  /** As on Ubuntu 22.04. */
  @Test
  void anOldDpdkIsRefusedBeforeItIsInstalled() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 0");
    for (final String there : List.of("cc", "make", "pkg-config", "apt-get")) {
      machine.tool(there, "exit 1");
    }
    final Path install = MakeBelieveMachine.SETUP.resolve("install.sh");
    machine.tool("apt-cache", "echo Package: x; echo Version: 21.11.9-0ubuntu0.22.04.1");
    for (final String[] arguments : new String[][] {{"dpdk"}, {"--dry-run", "dpdk"}}) {
      final MakeBelieveMachine.Outcome outcome = machine.run(install, arguments);
      assertEquals(1, outcome.code(), outcome.text());
      assertEquals(1, outcome.text().lines().count(), outcome.text());
      assertTrue(
          outcome.text().contains("DPDK is 21.11.9-0ubuntu0.22.04.1, and ustack wants 22.11"),
          outcome.text());
    }
    machine.tool("apt-cache", "echo Package: x; echo Version: 22.11.7-1~deb12u1");
    assertEquals(0, machine.run(install, "--dry-run", "dpdk").code());
  }

  @Test
  void anOldDpdkThatIsInstalledIsNoDpdk() throws Exception {
    machine.bareTools();
    for (final String there : List.of("cc", "make")) {
      machine.tool(there, "");
    }
    final Path install = MakeBelieveMachine.SETUP.resolve("install.sh");
    machine.tool("pkg-config", "case $* in *22.11*) exit 1 ;; esac");
    assertEquals("libdpdk-dev\n", machine.run(install, "--missing", "dpdk").text());
    machine.tool("pkg-config", "");
    assertEquals(0, machine.run(install, "--missing", "dpdk").code());
  }

  @Test
  void undoRemovesWhatWasInstalledOnce() throws Exception {
    machine.bareTools();
    machine.tool("id", "echo 0");
    machine.tool("apt-get", "echo \"$*\" >>'" + machine.root() + "/asked'");
    machine.write("installed-packages", "maven\ncurl\nmaven\n");
    final Path install = MakeBelieveMachine.SETUP.resolve("install.sh");
    assertEquals(0, machine.run(install, "--undo").code());
    assertTrue(machine.read("asked").endsWith(" remove curl maven\n"), machine.read("asked"));
    final MakeBelieveMachine.Outcome again = machine.run(install, "--undo");
    assertEquals(0, again.code(), again.text());
    assertTrue(again.text().contains("nothing to undo"), again.text());
  }

  @Test
  void undoOnPaperRemovesNothing() throws Exception {
    machine.bareTools();
    machine.tool("apt-get", "echo CALLED");
    machine.write("installed-packages", "maven\ncurl\n");
    final Path install = MakeBelieveMachine.SETUP.resolve("install.sh");
    final MakeBelieveMachine.Outcome expected =
        new MakeBelieveMachine.Outcome(0, "install: would run: apt-get remove curl maven\n");
    assertEquals(expected, machine.run(install, "--dry-run", "--undo"));
    assertEquals(expected, machine.run(install, "--undo", "--dry-run"));
    assertEquals("maven\ncurl\n", machine.read("installed-packages"));
    for (final String[] wrong : new String[][] {{"--undo", "java"}, {"--undo", "--missing"}}) {
      final MakeBelieveMachine.Outcome outcome = machine.run(install, wrong);
      assertEquals(2, outcome.code(), outcome.text());
      assertEquals(1, outcome.text().lines().count(), outcome.text());
    }
    assertEquals("maven\ncurl\n", machine.read("installed-packages"));
  }

  /** In whatever order the groups are named. */
  @Test
  void theMachinesKernelIsNotForgotten() throws Exception {
    machine.bareTools();
    machine.tool("apt-get", "echo CALLED");
    machine.tool("apt-cache", "");
    final Path install = MakeBelieveMachine.SETUP.resolve("install.sh");
    final MakeBelieveMachine.Outcome first = machine.run(install, "--dry-run", "vm", "net");
    final MakeBelieveMachine.Outcome last = machine.run(install, "--dry-run", "net", "vm");
    assertTrue(first.text().contains("would run: vm/kernel.sh, which unpacks linux-image-"));
    assertTrue(last.text().contains("would run: vm/kernel.sh, which unpacks linux-image-"));
    assertFalse(first.text().contains("apt-get install linux-image"), first.text());
  }

  @Test
  void jdkIsTheOldestThatWillDoAndSecondTheNewest() throws Exception {
    machine.bareTools();
    final Path find = MakeBelieveMachine.SETUP.resolve("find-jdk.sh");
    machine.jdk("a-11", "11.0.2");
    assertEquals(new MakeBelieveMachine.Outcome(1, ""), machine.run(find));
    final Path seventeen = machine.jdk("z-17", "17.0.15");
    assertEquals(new MakeBelieveMachine.Outcome(0, seventeen + "\n"), machine.run(find));
    assertEquals(new MakeBelieveMachine.Outcome(1, ""), machine.run(find, "--second"));
    machine.jdk("b-21", "21");
    final Path newest = machine.jdk("c-25", "25-ea");
    assertEquals(new MakeBelieveMachine.Outcome(0, seventeen + "\n"), machine.run(find));
    assertEquals(new MakeBelieveMachine.Outcome(0, newest + "\n"), machine.run(find, "--second"));
  }

  /** An option that a JDK does not know would keep it from starting. */
  @Test
  void aJdkGetsOptionsThatItKnows() throws Exception {
    machine.bareTools();
    final Path find = MakeBelieveMachine.SETUP.resolve("find-jdk.sh");
    machine.jdk("z-25", "25-ea");
    final String newer = machine.run(find, "--options").text();
    machine.jdk("a-17", "17.0.15");
    final MakeBelieveMachine.Outcome outcome = machine.run(find, "--options");
    assertEquals(0, outcome.code(), outcome.text());
    final String older = outcome.text();
    assertTrue(older.startsWith("-XX:+UseSerialGC\n-XX:-UsePerfData\n"), older);
    assertTrue(
        older.endsWith("-XX:+UnlockDiagnosticVMOptions\n-XX:GuaranteedSafepointInterval=0\n"),
        older);
    assertTrue(newer.startsWith("-XX:+UseSerialGC\n-XX:-UsePerfData\n"), newer);
    assertFalse(newer.contains("GuaranteedSafepointInterval"), newer);
  }

  /** The file says in a line why, and the page for those who have a launcher of their own more. */
  @Test
  void everyOptionIsExplained() throws Exception {
    final Path root = MakeBelieveMachine.ROOT;
    final Path options = root.resolve("apps/src/main/resources/io/ustack/apps/jvm-options");
    final String page = Files.readString(root.resolve("docs").resolve("operations.md"));
    int count = 0;
    for (final String line : Files.readAllLines(options)) {
      if (!line.startsWith("#")) {
        final String[] words = line.split(" +", 4);
        assertEquals(4, words.length, line);
        assertTrue(page.contains("`" + words[2] + "`"), words[2] + " is not in operations.md");
        count++;
      }
    }
    assertTrue(count >= 4, count + " options");
  }
}
