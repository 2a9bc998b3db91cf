package io.ustack.apps.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.doctor.Finding.Grade;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The doctor on machines that are directories. */
final class MachineTest {
  @TempDir private Path root;

  private Machine machine() {
    return new Machine(root, List.of(root.resolve("usr/bin")));
  }

  private void file(final String path, final String text) throws IOException {
    Files.createDirectories(root.resolve(path).getParent());
    Files.writeString(root.resolve(path), text);
  }

  private static void expect(final Grade grade, final String text, final Finding finding) {
    assertEquals(grade, finding.grade(), finding::toString);
    assertTrue(finding.text().contains(text), finding::toString);
  }

  @Test
  void anEmptyMachineLacksMuchAndNothingIsFatal() {
    for (final Finding finding : machine().findings()) {
      assertEquals(Grade.NOTE, finding.grade(), finding::toString);
    }
  }

  @Test
  void hugepagesWantPagesAndAMount() throws IOException {
    expect(Grade.NOTE, "no free hugepages", machine().hugepages());
    file("sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "256\n");
    file("sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages", "0\n");
    expect(Grade.NOTE, "mounted nowhere", machine().hugepages());
    file("proc/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw 0 0\n");
    expect(Grade.OK, "256 free of 2048kB", machine().hugepages());
  }

  @Test
  void iommuAndVfio() throws IOException {
    expect(Grade.NOTE, "switch it on", machine().iommu());
    file("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n");
    expect(Grade.NOTE, "any memory", machine().iommu());
    file("sys/kernel/iommu_groups/0/devices", "");
    expect(Grade.OK, "on", machine().iommu());
    expect(Grade.NOTE, "bind-nic.sh", machine().vfio());
    Files.createDirectories(root.resolve("sys/bus/pci/drivers/vfio-pci"));
    expect(Grade.OK, "loaded", machine().vfio());
  }

  @Test
  void rightsAreThoseInForce() throws IOException {
    file("proc/self/status", "Name:\tjava\nCapPrm:\t000001ffffffffff\nCapEff:\t0000000000000000\n");
    expect(
        Grade.NOTE,
        "CAP_NET_ADMIN (net_tap), CAP_NET_RAW (net_af_packet), CAP_SYS_ADMIN",
        machine().rights());
    file("proc/self/status", "CapEff:\t0000000000003000\n");
    expect(Grade.NOTE, "without CAP_SYS_ADMIN (", machine().rights());
    file("proc/self/status", "CapEff:\t000001ffffffffff\n");
    expect(Grade.OK, "root", machine().rights());
  }

  @Test
  void anOldKernelIsFatal() throws IOException {
    file("proc/sys/kernel/osrelease", "4.13.16-generic\n");
    expect(Grade.MISSING, "Linux 4.13.16-generic is too old", machine().kernel());
    for (final String release : List.of("4.14.0", "5.4.0-1-amd64", "6.1.0-56-amd64")) {
      file("proc/sys/kernel/osrelease", release + "\n");
      expect(Grade.OK, "Linux " + release, machine().kernel());
    }
  }

  @Test
  void lockedMemoryIsLimitedUnlessOneMay() throws IOException {
    file("proc/self/status", "CapEff:\t0000000000000000\n");
    file("proc/self/limits", "Max locked memory         8388608    8388608    bytes\n");
    expect(Grade.NOTE, "only 8388608 bytes may be locked", machine().lockedMemory());
    file("proc/self/status", "CapEff:\t0000000000004000\n");
    expect(Grade.OK, "may be locked", machine().lockedMemory());
    file("proc/self/status", "CapEff:\t0000000000000000\n");
    file("proc/self/limits", "Max locked memory         unlimited  unlimited  bytes\n");
    expect(Grade.OK, "may be locked", machine().lockedMemory());
  }

  @Test
  void dpdksDevicesMustBeOursToOpen() throws IOException {
    device("0000:00:05.0", "0x020000", "vfio-pci");
    Files.createSymbolicLink(
        root.resolve("sys/bus/pci/devices/0000:00:05.0/iommu_group"), Path.of("../../7"));
    file("dev/vfio/7", "");
    expect(Grade.OK, "is DPDK's", machine().networkDevices().get(0));
    assertTrue(root.resolve("dev/vfio/7").toFile().setWritable(false));
    if (!Files.isWritable(root.resolve("dev/vfio/7"))) { // root may always
      expect(Grade.NOTE, "/dev/vfio/7 is not ours to open", machine().networkDevices().get(0));
    }
    device("0000:00:06.0", "0x020000", "uio_pci_generic");
    expect(Grade.NOTE, "can write to any memory", machine().networkDevices().get(1));
  }

  @Test
  void networkDevicesSayWhoHasThem() throws IOException {
    expect(Grade.NOTE, "no NIC", machine().networkDevices().get(0));
    device("0000:00:03.0", "0x020000", "virtio-pci");
    file("sys/bus/pci/devices/0000:00:03.0/virtio0/net/eth0/address", "");
    device("0000:00:04.0", "0x030000", "i915");
    device("0000:00:05.0", "0x020000", "vfio-pci");
    device("0000:00:06.0", "0x020000", "ixgbe");
    file("sys/bus/pci/devices/0000:00:06.0/net/ens6/address", "");
    device("0000:00:07.0", "0x020000", "ixgbe"); // a container's
    final List<Finding> findings = machine().networkDevices();
    assertEquals(4, findings.size());
    expect(
        Grade.NOTE,
        "0000:00:07.0 is the kernel's (ixgbe), and its interface in another network namespace",
        findings.get(3));
    expect(Grade.NOTE, "0000:00:03.0 is the kernel's (virtio-pci, eth0)", findings.get(0));
    expect(Grade.OK, "0000:00:05.0 is DPDK's", findings.get(1));
    expect(Grade.NOTE, "0000:00:06.0 is the kernel's (ixgbe, ens6)", findings.get(2));
  }

  private void device(final String address, final String deviceClass, final String driver)
      throws IOException {
    file("sys/bus/pci/devices/" + address + "/class", deviceClass + "\n");
    final Path target = Files.createDirectories(root.resolve("sys/bus/pci/drivers/" + driver));
    Files.createSymbolicLink(root.resolve("sys/bus/pci/devices/" + address + "/driver"), target);
  }

  @Test
  void demoNeedsItsTools() throws IOException {
    for (final String tool : List.of("ip", "ethtool", "ping", "unshare", "nsenter", "setsid")) {
      file("usr/bin/" + tool, "");
      assertTrue(root.resolve("usr/bin/" + tool).toFile().setExecutable(true));
    }
    file("usr/bin/curl", "");
    expect(Grade.NOTE, "without curl:", machine().demoTools());
    assertTrue(root.resolve("usr/bin/curl").toFile().setExecutable(true));
    expect(Grade.OK, "curl", machine().demoTools());
  }

  @Test
  void tunHasToBeOursToOpen() throws IOException {
    expect(Grade.NOTE, "modprobe tun", machine().tun());
    file("dev/net/tun", "");
    expect(Grade.OK, "net_tap", machine().tun());
  }
}
