package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What vagrant's machines are given, as far as it can be seen without them. */
final class VagrantTest {
  private static final Path DIRECTORY = MakeBelieveMachine.ROOT.resolve("vagrant");
  private static final Path RUBY = Path.of("/usr/bin/ruby");
  private static final String PCI = "0000:00:08.0";

  private MakeBelieveMachine machine;

  /** The uplink is a virtio device, which is one level deeper than its PCI device. */
  @BeforeEach
  void machine(@TempDir final Path root) throws IOException {
    machine = new MakeBelieveMachine(root);
    machine.nic(PCI, "eth1");
    machine.write("sys/bus/pci/devices/0000:00:01.0/class", "0x060000\n");
    machine.write("sys/bus/pci/devices/0000:00:03.0/class", "0x020000\n");
    machine.write("sys/bus/pci/devices/0000:00:03.0/virtio0/net/eth0/x", "");
    machine.write("sys/class/net/eth0/x", "");
    Files.createSymbolicLink(
        root.resolve("sys/class/net/eth0/device"),
        root.resolve("sys/bus/pci/devices/0000:00:03.0/virtio0"));
    machine.tool("ip", "echo 'default via 192.0.2.1 dev eth0 proto dhcp'");
    machine.tool("chmod", "exec /bin/chmod \"$@\"");
    machine.variable("USTACK_HOME", root.resolve("ustack").toString());
    machine.variable("USTACK_BIN", root.resolve("bin").toString());
    for (final String name :
        new String[] {"install.sh", "hugepages.sh", "bind-nic.sh", "check.sh", "../ustack"}) {
      final Path script = root.resolve("ustack/dpdk-setup").resolve(name).normalize();
      Files.createDirectories(root.resolve("ustack/dpdk-setup"));
      machine.tool(name.replace("../", ""), "echo ${0##*/} $* >>'" + root + "/called'");
      Files.move(machine.bin(name.replace("../", "")), script);
    }
  }

  private MakeBelieveMachine.Outcome provision(final String... arguments) throws Exception {
    return machine.run(DIRECTORY.resolve("provision.sh"), arguments);
  }

  @Test
  void withoutIommuTheSecondNicGoesToUio() throws Exception {
    final MakeBelieveMachine.Outcome outcome = provision("stack");
    assertEquals(0, outcome.code(), outcome.text());
    assertEquals(
        """
        install.sh java dpdk net
        hugepages.sh --persistent 512M
        bind-nic.sh --persistent --uio 0000:00:08.0
        ustack build
        check.sh
        """,
        machine.read("called"));
    assertTrue(machine.read("bin/ustack").endsWith("/ustack/ustack \"$@\"\n"));
  }

  @Test
  void withAnIommuItGoesToVfio() throws Exception {
    machine.write("sys/bus/pci/devices/" + PCI + "/iommu_group/x", "");
    assertEquals(0, provision("stack").code());
    assertTrue(machine.read("called").contains("bind-nic.sh --persistent " + PCI + "\n"));
  }

  @Test
  void withoutASecondNicItFailsBeforeItBinds() throws Exception {
    machine.write("sys/bus/pci/devices/" + PCI + "/class", "0x030000\n");
    final MakeBelieveMachine.Outcome outcome = provision("stack");
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains("no second NIC"), outcome.text());
    assertFalse(machine.read("called").contains("bind-nic.sh"));
    assertEquals(2, provision("router").code());
  }

  @Test
  void theVagrantfileIsRuby() throws Exception {
    assumeTrue(Files.isExecutable(RUBY), "ruby is not installed");
    final Process process =
        new ProcessBuilder(RUBY.toString(), "-wc", DIRECTORY.resolve("Vagrantfile").toString())
            .redirectErrorStream(true)
            .start();
    final String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals("Syntax OK\n", said);
    assertEquals(0, process.waitFor());
  }

  /** A page is longer than a pipe, and who looks at it may be done after its first line. */
  @Test
  void theSmokeTestReadsThePageToItsEnd() throws Exception {
    machine.tool("seq", "exec /usr/bin/seq \"$@\"");
    machine.tool(
        "vagrant",
        "case \"$*\" in *--status*) echo 'bind-nic: 0000:00:08.0 driver=vfio-pci x' ;;"
            + " *curl*) echo '# Running it'; trap 'exit 23' PIPE; seq 100000 || exit 23 ;; esac");
    final MakeBelieveMachine.Outcome outcome = machine.run(DIRECTORY.resolve("smoke.sh"));
    assertEquals(0, outcome.code(), outcome.text());
    assertTrue(outcome.text().endsWith("smoke: all well\n"), outcome.text());
    machine.tool("vagrant", "case \"$*\" in *curl*) echo 'Not Found' ;; esac");
    assertEquals(1, machine.run(DIRECTORY.resolve("smoke.sh")).code());
  }
}
