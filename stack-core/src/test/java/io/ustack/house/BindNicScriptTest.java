package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** bind-nic.sh, on a make-believe machine. */
final class BindNicScriptTest {
  private static final Path SCRIPT = MakeBelieveMachine.SETUP.resolve("bind-nic.sh");
  private static final String PCI = "0000:03:00.0";
  private static final String DEVICE = "sys/bus/pci/devices/" + PCI;
  private static final String RECORD = "run/bind-nic/" + PCI;
  private static final String UNSAFE = "sys/module/vfio/parameters/enable_unsafe_noiommu_mode";

  private MakeBelieveMachine machine;

  /** A machine with a NIC, an IOMMU and vfio-pci; nothing is in the way of binding. */
  @BeforeEach
  void machine(@TempDir final Path root) throws IOException {
    machine = new MakeBelieveMachine(root);
    machine.nic(PCI, "enp3s0");
    machine.kernel();
    machine.write("sys/bus/pci/drivers/vfio-pci/unbind", "");
    machine.write("sys/kernel/iommu_groups/7/devices/" + PCI + "/x", "");
    link(DEVICE + "/iommu_group", "sys/kernel/iommu_groups/7");
    machine.tool("modprobe", "");
    ip("'-o link show dev enp3s0 up'", "2: enp3s0: <UP>");
  }

  private void link(final String name, final String target) throws IOException {
    Files.createDirectories(machine.root().resolve(name).getParent());
    Files.createSymbolicLink(machine.root().resolve(name), machine.root().resolve(target));
  }

  /** An ip(8) that answers to one command line, keeps all that change something, and no more. */
  private void ip(final String commandLine, final String answer) throws IOException {
    machine.tool(
        "ip",
        "case \"$*\" in 'link set'*) echo \"$*\" >>'"
            + machine.root()
            + "/changes' ;; "
            + commandLine
            + ") echo '"
            + answer
            + "' ;; -6*) exit 1 ;; esac");
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

  private String driver() {
    final Path link = machine.root().resolve(DEVICE + "/driver");
    try {
      return String.valueOf(Files.readSymbolicLink(link).getFileName());
    } catch (final IOException e) {
      return "none";
    }
  }

  // --- Refusals

  @Test
  void refusesTheDefaultRoute() throws Exception {
    ip("'-4 route show table all default'", "default via 192.0.2.1 dev enp3s0 ");
    assertRefused("carries the default route", "enp3s0");
    assertRefused("carries the default route", "0000:03:00.0");
    assertRefused("carries the default route", "03:00.0");
    assertRefused("carries the default route", "--dry-run", "enp3s0");
  }

  @Test
  void refusesTheDefaultRouteOfABridgeOnTop() throws Exception {
    machine.write("sys/class/net/enp3s0/upper_bond0/x", "");
    machine.write("sys/class/net/bond0/upper_br0/x", "");
    ip("'-4 route show table all default'", "default via 192.0.2.1 dev br0");
    assertRefused("carries the default route (of br0)", "enp3s0");
  }

  @Test
  void refusesWhatIsPartOfABond() throws Exception {
    machine.write("sys/class/net/enp3s0/upper_bond0/x", "");
    assertRefused("part of bond0; to take it out: ip link set enp3s0 nomaster", "enp3s0");
  }

  @Test
  void refusesAnAddress() throws Exception {
    ip("'-o address show dev'*", "2: enp3s0 inet 192.0.2.2/24");
    assertRefused("has an address", "enp3s0");
  }

  @Test
  void refusesTheWayBackToTheSshClient() throws Exception {
    machine.variable("SSH_CONNECTION", "198.51.100.7 50000 192.0.2.2 22");
    ip("'route get 198.51.100.7'", "198.51.100.7 via 192.0.2.1 dev enp3s0 src 192.0.2.2 uid 0");
    assertRefused("carries the ssh session", "enp3s0");
  }

  @Test
  void refusesTheInterfaceThatSshCameInOver() throws Exception {
    machine.variable("SSH_CONNECTION", "198.51.100.7 50000 192.0.2.2 22");
    ip("'-o address show to 192.0.2.2'", "2: enp3s0    inet 192.0.2.2/24 scope global enp3s0");
    assertRefused("carries the ssh session", "enp3s0");
  }

  /** A link-local address is not global, and nobody has a default route for it. */
  @Test
  void refusesTheInterfaceOfALinkLocalSshSession() throws Exception {
    machine.variable("SSH_CONNECTION", "fe80::7%enp3s0 50000 fe80::2%enp3s0 22");
    assertRefused("carries the ssh session", "enp3s0");
  }

  /** sudo takes SSH_CONNECTION out of the environment; the shell before it has it. */
  @Test
  void findsTheSshSessionBehindSudo() throws Exception {
    final String connection = "SSH_CONNECTION=fe80::7%enp3s0 5 fe80::2 22";
    machine.write("proc/42/environ", "HOME=/root\0" + connection + "\0");
    machine.write("proc/42/status", "Name:\tbash\nPPid:\t1\n");
    machine.tool(
        "sudo",
        "mkdir -p 'ROOT/proc/'$$; echo 'PPid:\t42' >'ROOT/proc/'$$/status; exec /bin/bash \"$@\""
            .replace("ROOT", machine.root().toString()));
    final MakeBelieveMachine.Outcome outcome =
        machine.run(machine.bin("sudo"), SCRIPT.toString(), "enp3s0");
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains("carries the ssh session"), outcome.text());
  }

  /** Its driver would not let go, and the shell would hang. */
  @Test
  void refusesWhatAProcessHasOpen() throws Exception {
    machine.write("proc/77/comm", "java\n");
    Files.createDirectories(machine.root().resolve("proc/77/fd"));
    Files.createSymbolicLink(machine.root().resolve("proc/77/fd/9"), Path.of("/dev/vfio/7"));
    Files.delete(machine.root().resolve(DEVICE + "/driver"));
    link(DEVICE + "/driver", "sys/bus/pci/drivers/vfio-pci");
    machine.write(RECORD, "e1000e\n");
    assertRefused("process 77 has " + PCI + " open (/dev/vfio/7); stop it", "--undo", PCI);
    assertRefused("process 77 has " + PCI + " open", "--uio", PCI);
  }

  @Test
  void refusesWhatIsNoNic() throws Exception {
    machine.write("sys/bus/pci/devices/0000:04:00.0/class", "0x010802\n");
    machine.write("sys/class/net/veth0/x", "");
    assertRefused("not a network device", "0000:04:00.0");
    assertRefused("virtual interface", "veth0");
    assertRefused("no interface 'eth9'", "eth9");
    assertRefused("no interface '../net/enp3s0'", "../net/enp3s0");
    assertRefused("no PCI device 0000:05:00.0", "0000:05:00.0");
    assertRefused("is no PCI address; one looks like", "0000:3:0.0");
    assertRefused("is no PCI address", "0000:03:00.8");
  }

  @Test
  void refusesWrongUsage() throws Exception {
    for (final String[] arguments :
        new String[][] {{}, {""}, {"a", "b"}, {"--bind", PCI}, {"--uio", "--noiommu", PCI}}) {
      final MakeBelieveMachine.Outcome outcome = run(arguments);
      assertEquals(2, outcome.code(), outcome.text());
      assertEquals(1, outcome.text().lines().count(), outcome.text());
    }
    assertEquals(0, run("--help").code());
  }

  @Test
  void wantsRootToChangeSomethingOnly() throws Exception {
    machine.tool("id", "echo 1000");
    assertRefused("needs root: sudo", PCI);
    assertEquals(0, run("--dry-run", PCI).code());
    machine.write(RECORD, "e1000e\n");
    assertRefused("needs root: sudo", "--undo", PCI);
  }

  @Test
  void wantsAKernelThatHasWhatItNeeds() throws Exception {
    machine.tool("modprobe", "echo modprobe: FATAL: Module not found >&2; exit 1");
    final MakeBelieveMachine.Outcome module = run(PCI);
    assertEquals(1, module.code(), module.text());
    assertTrue(module.text().contains("has no vfio-pci: boot one"), module.text());
    assertFalse(module.text().contains("FATAL"), module.text());
    machine.tool("modprobe", "");
    Files.delete(machine.root().resolve(DEVICE + "/driver_override"));
    assertRefused("too old: it has no driver_override", PCI);
  }

  @Test
  void withoutIommuItSaysWhatThereIs() throws Exception {
    Files.delete(machine.root().resolve(DEVICE + "/iommu_group"));
    final MakeBelieveMachine.Outcome plain = run(PCI);
    assertEquals(1, plain.code(), plain.text());
    assertTrue(plain.text().contains("no IOMMU for " + PCI + ": switch it on"), plain.text());
    final MakeBelieveMachine.Outcome debian = run("--noiommu", PCI);
    assertEquals(1, debian.code(), debian.text());
    assertTrue(debian.text().contains("no no-IOMMU mode"), debian.text());
    assertEquals("e1000e", driver());
  }

  // --- Binding and giving back

  @Test
  void bindsAndGivesBackOnce() throws Exception {
    final MakeBelieveMachine.Outcome bound = run("enp3s0");
    assertEquals(0, bound.code(), bound.text());
    assertEquals("vfio-pci", driver());
    assertEquals("e1000e\n", machine.read(RECORD));
    assertEquals("link set enp3s0 down\n", machine.read("changes"));
    assertTrue(bound.text().contains("-a " + PCI), bound.text());
    final MakeBelieveMachine.Outcome again = run(PCI);
    assertEquals(0, again.code(), again.text());
    assertEquals("bind-nic: " + PCI + " is at vfio-pci already\n", again.text());

    final MakeBelieveMachine.Outcome back = run("--undo", PCI);
    assertEquals(0, back.code(), back.text());
    assertTrue(back.text().contains("is back at e1000e: enp3s0"), back.text());
    assertEquals("e1000e", driver());
    assertEquals("\n", machine.read(DEVICE + "/driver_override"));
    assertFalse(Files.exists(machine.root().resolve(RECORD)));
    final MakeBelieveMachine.Outcome nothing = run("--undo", PCI);
    assertEquals(0, nothing.code(), nothing.text());
    assertEquals("bind-nic: nothing to undo: " + PCI + " is at e1000e\n", nothing.text());
  }

  @Test
  void dryRunChangesNothing() throws Exception {
    machine.tool("systemctl", "");
    final String before = machine.files();
    final MakeBelieveMachine.Outcome outcome = run("--dry-run", "--persistent", PCI);
    assertEquals(0, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains("would do: " + PCI + ": e1000e -> vfio-pci"));
    assertEquals(before, machine.files());
    run(PCI);
    final String bound = machine.files();
    assertEquals(0, run("--dry-run", "--undo", PCI).code());
    assertEquals(bound, machine.files());
  }

  @Test
  void forceBindsWhatIsInUse() throws Exception {
    ip("'-4 route show table all default'", "default via 192.0.2.1 dev enp3s0");
    final MakeBelieveMachine.Outcome outcome = run("--force", PCI);
    assertEquals(0, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains("forced, although enp3s0 carries the default route"));
    assertEquals("vfio-pci", driver());
  }

  @Test
  void aNicWithoutDriverIsLeftWithoutOne() throws Exception {
    Files.delete(machine.root().resolve(DEVICE + "/driver"));
    assertEquals(0, run(PCI).code());
    assertEquals("vfio-pci", driver());
    assertEquals(0, run("--undo", PCI).code());
    assertEquals("none", driver());
  }

  @Test
  void whatSomebodyElseHasBoundIsGivenBackByForceOnly() throws Exception {
    run(PCI);
    Files.delete(machine.root().resolve(RECORD));
    assertRefused("has not given " + PCI + " to vfio-pci; say --force", "--undo", PCI);
    assertEquals(0, run("--undo", "--force", PCI).code());
    assertEquals("e1000e", driver());
  }

  /** A container's, for instance: its routes and addresses are not to be seen from here. */
  @Test
  void refusesANicWhoseInterfaceIsInAnotherNamespace() throws Exception {
    Files.move(
        machine.root().resolve(DEVICE + "/net"), machine.root().resolve(DEVICE + "/elsewhere"));
    assertRefused("no interface of it is in this network namespace", PCI);
    assertRefused("no interface of it is in this network namespace", "--dry-run", PCI);
    assertEquals(0, run("--force", PCI).code());
    assertEquals("vfio-pci", driver());
  }

  /** Killed between its note and the hand-over; or somebody has given it back by other means. */
  @Test
  void undoLeavesANicAloneThatTheKernelHas() throws Exception {
    machine.write(RECORD, "e1000e\n");
    ip("'-4 route show table all default'", "default via 192.0.2.1 dev enp3s0 ");
    final MakeBelieveMachine.Outcome outcome = run("--undo", PCI);
    assertEquals(
        new MakeBelieveMachine.Outcome(0, "bind-nic: nothing to undo: " + PCI + " is at e1000e\n"),
        outcome);
    assertFalse(Files.exists(machine.root().resolve(RECORD)));
    assertEquals("", machine.read("sys/bus/pci/drivers/e1000e/unbind"));
    machine.write(RECORD, "e1000e\n");
    machine.write(UNSAFE, "Y\n");
    machine.write("run/bind-nic/noiommu", "");
    assertEquals(0, run("--undo", PCI).code());
    assertEquals("0\n", machine.read(UNSAFE)); // it was the last one
    machine.write(RECORD, "igb\n"); // which it had before; now the kernel needs it
    assertRefused("carries the default route", "--undo", PCI);
  }

  @Test
  void anUndoThatIsRefusedKeepsWhatTheNextBootDoes() throws Exception {
    machine.tool("systemctl", "");
    assertEquals(0, run("--persistent", PCI).code());
    Files.createDirectories(machine.root().resolve("proc/77/fd"));
    Files.createSymbolicLink(machine.root().resolve("proc/77/fd/3"), Path.of("/dev/vfio/7"));
    assertRefused("process 77 has " + PCI + " open", "--undo", PCI);
    Files.delete(machine.root().resolve("proc/77/fd/3"));
    Files.delete(machine.root().resolve(RECORD));
    assertRefused("has not given " + PCI, "--undo", PCI);
    assertTrue(Files.exists(machine.root().resolve("etc/nic-" + PCI + ".conf")));
  }

  @Test
  void uioIsForMachinesWithoutIommu() throws Exception {
    Files.delete(machine.root().resolve(DEVICE + "/iommu_group"));
    machine.write("sys/bus/pci/drivers/uio_pci_generic/unbind", "");
    final MakeBelieveMachine.Outcome outcome = run("--uio", PCI);
    assertEquals(0, outcome.code(), outcome.text());
    assertEquals("uio_pci_generic", driver());
    assertEquals(0, run("--undo", PCI).code());
    assertEquals("e1000e", driver());
  }

  @Test
  void theUnsafeSwitchIsTurnedBackWithTheLastNic() throws Exception {
    Files.delete(machine.root().resolve(DEVICE + "/iommu_group"));
    machine.write(UNSAFE, "N\n");
    assertEquals(0, run("--dry-run", "--noiommu", PCI).code());
    assertEquals("N\n", machine.read(UNSAFE));
    assertEquals(0, run("--noiommu", PCI).code());
    assertEquals("1\n", machine.read(UNSAFE));
    machine.write("run/bind-nic/0000:03:00.1", "e1000e\n"); // another one needs it
    assertEquals(0, run("--undo", PCI).code());
    assertEquals("1\n", machine.read(UNSAFE));
    Files.delete(machine.root().resolve("run/bind-nic/0000:03:00.1"));
    run("--noiommu", PCI);
    assertEquals(0, run("--undo", PCI).code());
    assertEquals("0\n", machine.read(UNSAFE));
  }

  @Test
  void saysWhoElseIsInTheGroup() throws Exception {
    final String other = "0000:03:00.1";
    machine.write("sys/kernel/iommu_groups/7/devices/" + other + "/class", "0x020000\n");
    link("sys/bus/pci/devices/" + other, "sys/kernel/iommu_groups/7/devices/" + other);
    assertFalse(run(PCI).text().contains("note"));
    run("--undo", PCI);
    link("sys/kernel/iommu_groups/7/devices/" + other + "/driver", "sys/bus/pci/drivers/e1000e");
    assertTrue(run(PCI).text().contains("note: " + other + " (e1000e) is in the same IOMMU group"));
  }

  // --- Half-way

  private void assertTakenBack(final String why) throws Exception {
    final MakeBelieveMachine.Outcome outcome = run(PCI);
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains(why), outcome.text());
    assertTrue(outcome.text().contains("taken back: " + PCI + " is at e1000e"), outcome.text());
    assertEquals("e1000e", driver());
    assertEquals("\n", machine.read(DEVICE + "/driver_override"));
    assertFalse(Files.exists(machine.root().resolve(RECORD)));
  }

  @Test
  void aDriverThatDoesNotWantItIsTakenBack() throws Exception {
    machine.write(DEVICE + "/refuses-vfio-pci", "");
    assertTakenBack("did not go to vfio-pci; dmesg tells why");
    assertEquals("link set enp3s0 down\nlink set enp3s0 up\n", machine.read("changes"));
  }

  @Test
  void aDriverThatDoesNotLetGoIsTakenBack() throws Exception {
    Files.delete(machine.root().resolve("sys/bus/pci/drivers/e1000e/unbind"));
    Files.createDirectory(machine.root().resolve("sys/bus/pci/drivers/e1000e/unbind"));
    assertTakenBack("can't write '" + PCI + "' to ");
  }

  @Test
  void anInterfaceThatDoesNotGoDownIsTakenBack() throws Exception {
    machine.tool("ip", "case \"$*\" in *' down') echo RTNETLINK answers: no >&2; exit 2 ;; esac");
    final MakeBelieveMachine.Outcome outcome = run(PCI);
    assertTrue(outcome.code() > 0, outcome.text());
    assertTrue(outcome.text().contains("taken back"), outcome.text());
    assertFalse(Files.exists(machine.root().resolve(RECORD)));
  }

  /** Where not even the way back works, undo is left to try again. */
  @Test
  void aBusThatProbesNothingIsSaidAndRemembered() throws Exception {
    Files.delete(machine.root().resolve("sys/bus/pci/drivers_probe"));
    Files.createDirectory(machine.root().resolve("sys/bus/pci/drivers_probe"));
    final MakeBelieveMachine.Outcome outcome = run(PCI);
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains(PCI + " had e1000e and has none now"), outcome.text());
    assertEquals("e1000e\n", machine.read(RECORD));
    Files.delete(machine.root().resolve("sys/bus/pci/drivers_probe"));
    machine.write("sys/bus/pci/drivers_probe", "");
    assertEquals(0, run("--undo", PCI).code());
    assertEquals("e1000e", driver());
  }

  @Test
  void aWayBackThatFailsIsRemembered() throws Exception {
    run(PCI);
    machine.write(DEVICE + "/refuses-e1000e", "");
    final MakeBelieveMachine.Outcome outcome = run("--undo", PCI);
    assertEquals(1, outcome.code(), outcome.text());
    assertTrue(outcome.text().contains("had e1000e and has none now"), outcome.text());
    assertEquals("e1000e\n", machine.read(RECORD));
  }

  // --- At each boot

  @Test
  void persistentWantsSystemdBeforeAnythingIsDone() throws Exception {
    assertRefused("--persistent wants systemd", "--persistent", PCI);
  }

  @Test
  void persistentOutlivesTheMachineUntilUndo() throws Exception {
    machine.tool("systemctl", "echo \"$*\" >>'" + machine.root() + "/systemctl'");
    final MakeBelieveMachine.Outcome outcome = run("--persistent", PCI);
    assertEquals(0, outcome.code(), outcome.text());
    assertEquals("BIND=\n", machine.read("etc/nic-" + PCI + ".conf"));
    assertEquals("-q enable ustack-nic@" + PCI + ".service\n", machine.read("systemctl"));
    assertEquals(0, run("--persistent", PCI).code());
    assertEquals(0, run("--undo", PCI).code());
    assertFalse(Files.exists(machine.root().resolve("etc/nic-" + PCI + ".conf")));
    assertTrue(machine.read("systemctl").endsWith("-q disable ustack-nic@" + PCI + ".service\n"));
  }
}
