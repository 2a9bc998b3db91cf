package io.ustack.dpdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's files are a directory; the logs are those of DPDK 22.11. */
class PciDeviceTest {
  private static final String PCI = "0000:03:00.0";
  private static final String DEVICES = "sys/bus/pci/devices/";

  @TempDir Path root;

  private void device(final String address, final String deviceClass, final String driver)
      throws IOException {
    final Path directory = Files.createDirectories(root.resolve(DEVICES + address));
    Files.writeString(directory.resolve("class"), deviceClass + "\n");
    Files.writeString(directory.resolve("vendor"), "0x8086\n");
    Files.writeString(directory.resolve("device"), "0x10d3\n");
    Files.deleteIfExists(directory.resolve("driver"));
    if (!driver.isEmpty()) {
      Files.createSymbolicLink(directory.resolve("driver"), Path.of("../../drivers/" + driver));
    }
  }

  private void assertWhy(final String expected, final String log) {
    assertEquals(
        "no port " + PCI + ": " + expected,
        EalFailure.portNotFound(root, PCI, List.of(), log).getMessage());
  }

  @Test
  void wrongAddress() {
    assertWhy("there is no such PCI device; dpdk-setup/bind-nic.sh --status lists them", "");
  }

  @Test
  void notNetwork() throws IOException {
    device(PCI, "0x010802", "nvme");
    assertWhy("it is not a network device; dpdk-setup/bind-nic.sh --status lists them", "");
  }

  @Test
  void theKernels() throws IOException {
    device(PCI, "0x020000", "e1000e");
    final String bind = ": bind it to vfio-pci with dpdk-setup/bind-nic.sh " + PCI;
    assertWhy("the kernel has it (e1000e)" + bind, "EAL: Requested device cannot be used\n");
    device(PCI, "0x020000", "");
    assertWhy("it has no driver" + bind, "");
  }

  @Test
  void theReasonsOfVfio() throws IOException {
    device(PCI, "0x020000", "vfio-pci");
    assertWhy(
        "another process has it open: end that first",
        "EAL: Cannot open /dev/vfio/6: Device or resource busy\n");
    assertWhy(
        "DPDK may not open it: run as root", "EAL: Cannot open /dev/vfio/6: Permission denied\n");
    assertWhy(
        "not enough memory may be locked for it: run as root, or raise 'ulimit -l'",
        "EAL: Cannot set up DMA remapping, error 12 (Cannot allocate memory)\n");
    assertWhy(
        "its driver refused it: eth_em_dev_init(): no such PHY",
        "eth_em_dev_init(): no such PHY\nEAL: Requested device " + PCI + " cannot be used\n");
    assertWhy("it is at vfio-pci, and DPDK has no driver that takes it (0x8086 0x10d3)", "");
    device(PCI, "0x020000", "mlx5_core");
    assertWhy("it is at mlx5_core, and DPDK has no driver that takes it (0x8086 0x10d3)", "");
  }

  @Test
  void othersOfTheGroup() throws IOException {
    device(PCI, "0x020000", "vfio-pci");
    device("0000:03:00.1", "0x020000", "e1000e");
    device("0000:00:1c.0", "0x060400", "pcieport");
    device("0000:03:00.2", "0x020000", "vfio-pci");
    device("0000:03:00.3", "0x020000", "");
    Files.createDirectories(root.resolve("group"));
    Files.createSymbolicLink(root.resolve("group/devices"), root.resolve(DEVICES));
    Files.createSymbolicLink(root.resolve(DEVICES + PCI + "/iommu_group"), root.resolve("group"));
    assertWhy(
        "the kernel still has others of its IOMMU group (0000:03:00.1 at e1000e): bind them, too,"
            + " with dpdk-setup/bind-nic.sh",
        "EAL: 0000:03:00.0 VFIO group is not viable! Not all devices in IOMMU group bound to VFIO"
            + " or unbound\n");
  }
}
