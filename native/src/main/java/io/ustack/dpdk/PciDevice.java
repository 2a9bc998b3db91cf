package io.ustack.dpdk;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What the kernel tells of a device on the PCI bus: why DPDK may not have made a port of it. */
final class PciDevice {
  private static final Pattern ADDRESS =
      Pattern.compile("(?:([0-9a-f]{4}):)?([0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])");

  /** mlx4 and mlx5 share their cards with the kernel. */
  private static final Set<String> FOR_DPDK =
      Set.of("vfio-pci", "uio_pci_generic", "igb_uio", "mlx4_core", "mlx5_core");

  private static final String NETWORK_CLASS = "0x02";
  private static final String BRIDGE_CLASS = "0x0604";
  private static final String LIST = "dpdk-setup/bind-nic.sh --status lists them";

  private final String address;
  private final Path directory;

  /**
   * The device at an address.
   *
   * @param root below which the kernel's files are: {@code /}
   */
  PciDevice(final Path root, final String address) {
    this.address = address;
    directory = root.resolve("sys/bus/pci/devices").resolve(address);
  }

  /** The name of the port at a PCI address, which may lack the domain; else the argument. */
  static String portName(final String device) {
    final Matcher matcher = ADDRESS.matcher(device.toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      return device;
    }
    return (matcher.group(1) == null ? "0000" : matcher.group(1)) + ":" + matcher.group(2);
  }

  static boolean isAddress(final String name) {
    return ADDRESS.matcher(name).matches();
  }

  /**
   * Why DPDK made no port of it, and what to do.
   *
   * @param log DPDK's, in lines
   */
  String whyNoPort(final List<String> log) {
    if (!Files.isDirectory(directory)) {
      return "there is no such PCI device; " + LIST;
    }
    if (!read(directory.resolve("class")).startsWith(NETWORK_CLASS)) {
      return "it is not a network device; " + LIST;
    }
    final String driver = driver(directory);
    if (!FOR_DPDK.contains(driver)) {
      return (driver.isEmpty() ? "it has no driver" : "the kernel has it (" + driver + ")")
          + ": bind it to vfio-pci with dpdk-setup/bind-nic.sh "
          + address;
    }
    return whyNotOpened(driver, log);
  }

  private String whyNotOpened(final String driver, final List<String> log) {
    final List<String> company = company();
    if (!company.isEmpty() && mentions(log, "not viable")) {
      return "the kernel still has others of its IOMMU group ("
          + String.join(", ", company)
          + "): bind them, too, with dpdk-setup/bind-nic.sh";
    }
    if (mentions(log, "resource busy")) {
      return "another process has it open: end that first";
    }
    if (mentions(log, "permission denied", "operation not permitted")) {
      return "DPDK may not open it: run as root";
    }
    if (mentions(log, "dma remapping", "cannot allocate memory")) {
      return "not enough memory may be locked for it: run as root, or raise 'ulimit -l'";
    }
    final String reason = reason(log);
    return reason.isEmpty()
        ? "it is at "
            + driver
            + ", and DPDK has no driver that takes it ("
            + read(directory.resolve("vendor"))
            + " "
            + read(directory.resolve("device"))
            + ")"
        : "its driver refused it: " + reason;
  }

  /** What was said before the end. */
  private String reason(final List<String> log) {
    final int at = log.indexOf("Requested device " + address + " cannot be used");
    return at > 0 ? log.get(at - 1) : "";
  }

  /** Others in its IOMMU group that a driver of the kernel has. */
  private List<String> company() {
    final List<String> company = new ArrayList<>();
    try (Stream<Path> group = Files.list(directory.resolve("iommu_group/devices"))) {
      for (final Path other : group.sorted().toList()) {
        final String driver = driver(other);
        if (!other.endsWith(address)
            && !driver.isEmpty()
            && !driver.equals("vfio-pci")
            && !read(other.resolve("class")).startsWith(BRIDGE_CLASS)) {
          company.add(other.getFileName() + " at " + driver);
        }
      }
    } catch (final IOException e) {
      return company; // no IOMMU, no group
    }
    return company;
  }

  private static boolean mentions(final List<String> lines, final String... texts) {
    return lines.stream()
        .map(line -> line.toLowerCase(Locale.ROOT))
        .anyMatch(line -> Stream.of(texts).anyMatch(line::contains));
  }

  private static String driver(final Path device) {
    try {
      return String.valueOf(Files.readSymbolicLink(device.resolve("driver")).getFileName());
    } catch (final IOException e) {
      return "";
    }
  }

  private static String read(final Path file) {
    try {
      return Files.readString(file).strip();
    } catch (final IOException e) {
      return "";
    }
  }
}
