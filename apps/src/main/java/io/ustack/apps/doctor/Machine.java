package io.ustack.apps.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the kernel's files tell of a machine: memory, devices, rights, tools. */
public final class Machine {
  // Linux's linux/capability.h
  private static final int CAP_NET_ADMIN = 12;
  private static final int CAP_NET_RAW = 13;
  private static final int CAP_SYS_ADMIN = 21;

  private static final int CAP_IPC_LOCK = 14;
  private static final int OLDEST_MAJOR = 4;
  private static final int OLDEST_MINOR = 14;
  private static final Pattern VERSION = Pattern.compile("^([0-9]{1,4})\\.([0-9]{1,4})");
  private static final Pattern LOCKED_MEMORY = Pattern.compile("(?m)^Max locked memory\\s+(\\S+)");
  private static final Pattern CAPABILITIES = Pattern.compile("(?m)^CapEff:\\s*([0-9a-f]{16})$");
  private static final Set<String> WITHOUT_IOMMU = Set.of("uio_pci_generic", "igb_uio");
  private static final String NETWORK_CLASS = "0x02";
  private static final List<String> DEMO_TOOLS =
      List.of("ip", "ethtool", "curl", "ping", "unshare", "nsenter", "setsid");

  private final Path root;
  private final List<Path> searchPath;

  /**
   * A machine whose files lie below {@code root}.
   *
   * @param searchPath where its programs are
   */
  public Machine(final Path root, final List<Path> searchPath) {
    this.root = root;
    this.searchPath = searchPath;
  }

  /** This machine. */
  public static Machine local() {
    final List<Path> searchPath = new ArrayList<>();
    for (final String directory : String.valueOf(System.getenv("PATH")).split(":", -1)) {
      searchPath.add(Path.of(directory));
    }
    // ethtool lives there, and a person's PATH may end before.
    searchPath.addAll(List.of(Path.of("/usr/sbin"), Path.of("/sbin")));
    return new Machine(Path.of("/"), searchPath);
  }

  /** Looks at everything. */
  public List<Finding> findings() {
    final List<Finding> findings =
        new ArrayList<>(
            List.of(kernel(), hugepages(), iommu(), vfio(), rights(), lockedMemory(), tun()));
    findings.addAll(networkDevices());
    findings.add(demoTools());
    return findings;
  }

  /** DPDK 22.11's system requirements say 4.14 (linux_gsg, sys_reqs). */
  Finding kernel() {
    final String release = read("proc/sys/kernel/osrelease").strip();
    final Matcher version = VERSION.matcher(release);
    if (!version.find()) {
      return Finding.note("the kernel does not say which it is: /proc is not mounted");
    }
    final int major = Integer.parseInt(version.group(1));
    final int minor = Integer.parseInt(version.group(2));
    return major > OLDEST_MAJOR || (major == OLDEST_MAJOR && minor >= OLDEST_MINOR)
        ? Finding.ok("Linux " + release)
        : Finding.missing("Linux " + release + " is too old: DPDK wants 4.14 or newer");
  }

  Finding hugepages() {
    long free = 0;
    final StringBuilder sizes = new StringBuilder();
    for (final Path size : entries("sys/kernel/mm/hugepages")) {
      final long pages = number(size.resolve("free_hugepages"));
      free += pages;
      sizes.append(
          pages == 0 ? "" : " " + pages + " free of " + name(size).replace("hugepages-", ""));
    }
    if (free == 0) {
      return Finding.note(
          "no free hugepages: fine with --no-huge; for a NIC: sudo dpdk-setup/hugepages.sh 512M");
    }
    return read("proc/mounts").contains(" hugetlbfs ")
        ? Finding.ok("hugepages:" + sizes)
        : Finding.note(
            "hugepages:"
                + sizes
                + ", but hugetlbfs is mounted nowhere: sudo mount -t hugetlbfs hugetlbfs"
                + " /dev/hugepages");
  }

  Finding iommu() {
    if (!entries("sys/kernel/iommu_groups").isEmpty()) {
      return Finding.ok("IOMMU is on");
    }
    if (read("sys/module/vfio/parameters/enable_unsafe_noiommu_mode").strip().equals("Y")) {
      return Finding.note("no IOMMU; vfio may work without it, and a NIC can write to any memory");
    }
    return Finding.note(
        "no IOMMU: needed for a NIC only; switch it on (BIOS: VT-d or AMD-Vi; kernel:"
            + " intel_iommu=on), or in a VM for tests: dpdk-setup/bind-nic.sh --uio");
  }

  Finding vfio() {
    return Files.isDirectory(at("sys/bus/pci/drivers/vfio-pci"))
        ? Finding.ok("vfio-pci is loaded")
        : Finding.note(
            "vfio-pci is not loaded: needed for a NIC only; dpdk-setup/bind-nic.sh loads it");
  }

  Finding rights() {
    final long capabilities = capabilities();
    final List<String> lacking = new ArrayList<>();
    lackingUnless(capabilities, CAP_NET_ADMIN, "CAP_NET_ADMIN (net_tap)", lacking);
    lackingUnless(capabilities, CAP_NET_RAW, "CAP_NET_RAW (net_af_packet)", lacking);
    lackingUnless(capabilities, CAP_SYS_ADMIN, "CAP_SYS_ADMIN (demo, hugepages)", lacking);
    return lacking.isEmpty()
        ? Finding.ok("rights: as root")
        : Finding.note("without " + String.join(", ", lacking) + ": run with sudo");
  }

  private long capabilities() {
    final Matcher effective = CAPABILITIES.matcher(read("proc/self/status"));
    return effective.find() ? Long.parseUnsignedLong(effective.group(1), 16) : 0;
  }

  /** vfio locks all of DPDK's memory, and counts it unless one has CAP_IPC_LOCK. */
  Finding lockedMemory() {
    final Matcher limit = LOCKED_MEMORY.matcher(read("proc/self/limits"));
    final String most = limit.find() ? limit.group(1) : "0";
    return most.equals("unlimited") || (capabilities() >>> CAP_IPC_LOCK & 1) != 0
        ? Finding.ok("memory may be locked")
        : Finding.note(
            "only "
                + most
                + " bytes may be locked, and a NIC wants all of DPDK's: run with sudo, or raise"
                + " 'ulimit -l' (LimitMEMLOCK of a systemd unit)");
  }

  private static void lackingUnless(
      final long capabilities, final int bit, final String name, final List<String> lacking) {
    if ((capabilities >>> bit & 1) == 0) {
      lacking.add(name);
    }
  }

  Finding tun() {
    final Path tun = at("dev/net/tun");
    if (!Files.exists(tun)) {
      return Finding.note(
          "no /dev/net/tun: use net_af_packet instead of net_tap, or: sudo modprobe tun");
    }
    return Files.isReadable(tun) && Files.isWritable(tun)
        ? Finding.ok("/dev/net/tun: net_tap can be used")
        : Finding.note("/dev/net/tun is not ours to open: run with sudo");
  }

  List<Finding> networkDevices() {
    final List<Finding> findings = new ArrayList<>();
    for (final Path device : entries("sys/bus/pci/devices")) {
      if (read(device.resolve("class")).startsWith(NETWORK_CLASS)) {
        findings.add(networkDevice(device));
      }
    }
    if (findings.isEmpty()) {
      findings.add(
          Finding.note(
              "no NIC on the PCI bus: virtual devices only (net_tap, net_af_packet, net_memif)"));
    }
    return findings;
  }

  private Finding networkDevice(final Path device) {
    final String address = name(device);
    final String driver = driver(device);
    if (driver.equals("vfio-pci")) {
      return vfioDevice(device, address);
    }
    if (WITHOUT_IOMMU.contains(driver)) {
      return Finding.note(
          "NIC "
              + address
              + " is DPDK's ("
              + driver
              + "), and can write to any memory: -a "
              + address);
    }
    final List<Path> interfaces = new ArrayList<>(list(device.resolve("net")));
    list(device).stream()
        .filter(below -> name(below).startsWith("virtio"))
        .forEach(below -> interfaces.addAll(list(below.resolve("net"))));
    if (interfaces.isEmpty()) {
      return Finding.note(
          "NIC "
              + address
              + " is the kernel's ("
              + driver
              + "), and its interface in another network namespace, if it has one");
    }
    final String names = String.join(", ", interfaces.stream().map(Machine::name).toList());
    return Finding.note(
        "NIC "
            + address
            + " is the kernel's ("
            + driver
            + ", "
            + names
            + "); to hand it over: sudo dpdk-setup/bind-nic.sh "
            + address);
  }

  private Finding vfioDevice(final Path device, final String address) {
    final String group = link(device.resolve("iommu_group"));
    final Path file = at("dev/vfio").resolve(group);
    if (!group.isEmpty()
        && Files.exists(file)
        && !(Files.isReadable(file) && Files.isWritable(file))) {
      return Finding.note(
          "NIC "
              + address
              + " is DPDK's, but /dev/vfio/"
              + group
              + " is not ours to open: run with sudo");
    }
    return Finding.ok("NIC " + address + " is DPDK's: -a " + address);
  }

  private static String driver(final Path device) {
    final String driver = link(device.resolve("driver"));
    return driver.isEmpty() ? "no driver" : driver;
  }

  /** The last name that a link points to; empty when there is none. */
  private static String link(final Path link) {
    try {
      return name(Files.readSymbolicLink(link));
    } catch (final IOException e) {
      return "";
    }
  }

  Finding demoTools() {
    final List<String> lacking = new ArrayList<>();
    for (final String tool : DEMO_TOOLS) {
      if (searchPath.stream().noneMatch(directory -> Files.isExecutable(directory.resolve(tool)))) {
        lacking.add(tool);
      }
    }
    return lacking.isEmpty()
        ? Finding.ok("demo: " + String.join(", ", DEMO_TOOLS))
        : Finding.note(
            "demo can't run without "
                + String.join(", ", lacking)
                + ": sudo dpdk-setup/install.sh net");
  }

  private Path at(final String path) {
    return root.resolve(path);
  }

  private List<Path> entries(final String path) {
    return list(at(path));
  }

  private static List<Path> list(final Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.sorted().toList();
    } catch (final IOException e) {
      return List.of(); // not there: nothing in it
    }
  }

  private String read(final String path) {
    return read(at(path));
  }

  private static String read(final Path file) {
    try {
      return Files.readString(file);
    } catch (final IOException e) {
      return "";
    }
  }

  private static long number(final Path file) {
    final String text = read(file).strip();
    return text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
  }

  private static String name(final Path path) {
    return String.valueOf(path.getFileName());
  }
}
