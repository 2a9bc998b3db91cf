package io.ustack.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** bind-nic.sh, on a make-believe machine. */
final class BindNicScriptTest {
  private MakeBelieveMachine machine;

  @BeforeEach
  void machine(@TempDir final Path root) {
    machine = new MakeBelieveMachine(root);
  }

  @Test
  void bindRefusesTheDefaultRoute() throws Exception {
    machine.nic("0000:03:00.0", "enp3s0");
    machine.tool(
        "ip",
        "case \"$*\" in '-4 route show default') echo 'default via 192.0.2.1 dev enp3s0 ' ;; -6*)"
            + " exit 1 ;; esac");
    assertRefused("carries the default route", "enp3s0");
    assertRefused("carries the default route", "0000:03:00.0");
    assertRefused("carries the default route", "03:00.0");
  }

  @Test
  void bindRefusesTheDefaultRouteOfABridgeOnTop() throws Exception {
    machine.nic("0000:03:00.0", "enp3s0");
    machine.write("sys/class/net/enp3s0/upper_bond0/x", "");
    machine.write("sys/class/net/bond0/upper_br0/x", "");
    machine.tool(
        "ip",
        "case \"$*\" in '-4 route show default') echo 'default via 192.0.2.1 dev br0' ;; esac");
    assertRefused("carries the default route (of br0)", "enp3s0");
  }

  @Test
  void bindRefusesAnAddress() throws Exception {
    machine.nic("0000:03:00.0", "enp3s0");
    machine.tool("ip", "case \"$*\" in '-o address'*) echo '2: enp3s0 inet 192.0.2.2/24' ;; esac");
    assertRefused("has an address", "enp3s0");
  }

  @Test
  void bindRefusesWhatIsNoNic() throws Exception {
    machine.nic("0000:03:00.0", "enp3s0");
    machine.write("sys/bus/pci/devices/0000:04:00.0/class", "0x010802\n");
    machine.write("sys/class/net/veth0/x", "");
    assertRefused("not a network device", "0000:04:00.0");
    assertRefused("virtual interface", "veth0");
    assertRefused("no interface 'eth9'", "eth9");
    assertRefused("no PCI device", "0000:05:00.0");
  }

  @Test
  void bindAndUndo() throws Exception {
    machine.nic("0000:03:00.0", "enp3s0");
    machine.write("sys/kernel/iommu_groups/0/x", "");
    machine.write("sys/bus/pci/drivers/vfio-pci/unbind", "");
    machine.tool("ip", "");
    // What the kernel does when its drivers_probe is written to.
    machine.tool(
        "probe",
        "cd '"
            + machine.root()
            + "/sys/bus/pci/devices/0000:03:00.0' && rm -f driver && "
            + "d=$(cat driver_override); ln -s ../../drivers/${d:-e1000e} driver");
    machine.tool("modprobe", "");
    final Path script = MakeBelieveMachine.SETUP.resolve("bind-nic.sh");
    // A plain file in place of drivers_probe moves nothing: the script must notice.
    final MakeBelieveMachine.Outcome stuck = machine.run(script, "enp3s0");
    assertEquals(1, stuck.code(), stuck.text());
    assertTrue(stuck.text().contains("did not go to vfio-pci"), stuck.text());
    assertEquals("vfio-pci\n", machine.read("sys/bus/pci/devices/0000:03:00.0/driver_override"));
    assertEquals("0000:03:00.0\n", machine.read("sys/bus/pci/drivers/e1000e/unbind"));
    assertEquals("0000:03:00.0\n", machine.read("sys/bus/pci/drivers_probe"));
    machine.run(machine.bin("probe"));
    final MakeBelieveMachine.Outcome again = machine.run(script, "0000:03:00.0");
    assertEquals(0, again.code(), again.text());
    assertTrue(again.text().contains("already"), again.text());
    machine.run(script, "--undo", "0000:03:00.0");
    assertEquals("\n", machine.read("sys/bus/pci/devices/0000:03:00.0/driver_override"));
    assertEquals("0000:03:00.0\n", machine.read("sys/bus/pci/drivers/vfio-pci/unbind"));
    assertEquals(
        "e1000e\n", machine.read("run/bind-nic/0000:03:00.0"), "kept while it is not back");
  }

  private void assertRefused(final String why, final String nic) throws Exception {
    final MakeBelieveMachine.Outcome outcome =
        machine.run(MakeBelieveMachine.SETUP.resolve("bind-nic.sh"), nic);
    assertEquals(1, outcome.code(), outcome.text());
    assertEquals(1, outcome.text().lines().count(), outcome.text());
    assertTrue(outcome.text().contains(why), outcome.text());
  }
}
