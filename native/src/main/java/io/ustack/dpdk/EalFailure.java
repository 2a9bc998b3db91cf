package io.ustack.dpdk;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Turns DPDK's log into one line that says what to do. The texts are those of DPDK 22.11 to 25.11.
 */
final class EalFailure {
  private static final int EALREADY = 114;
  private static final String MEMIF_SERVER = "Failed to setup socket ";
  private static final String NOT_ENOUGH = "not enough memory available! ";
  private static final String NO_MEMIF_SERVER = "Failed to connect socket: ";

  /** Lines that say nothing about a failure, or say it a second time. */
  private static final List<String> NOISE =
      List.of(
          "EAL: Detected ",
          "EAL: Selected ",
          "EAL: FATAL: ",
          "EAL: No free ", // also of sizes that nobody uses
          "EAL: Physical addresses are unavailable",
          "EAL: Static memory layout",
          "EAL: Probe PCI driver",
          "EAL: Invalid 'command line' arguments",
          "EAL: Bus (vdev) probe failed",
          "TELEMETRY: ");

  private EalFailure() {}

  /** Why the EAL did not start. */
  static DpdkException start(final int errno, final String log) {
    final List<String> lines = told(log);
    final String last = lines.isEmpty() ? DpdkEal.errorText(errno) : lines.get(lines.size() - 1);
    final String what;
    if (errno == EALREADY) {
      what = "DPDK can start only once in a process, and has tried before: start the program again";
    } else if (mentions(lines, "permission denied", "operation not permitted")) {
      what = "DPDK is not permitted to start (" + last + "): run as root";
    } else if (mentions(lines, NOT_ENOUGH)) {
      what =
          "DPDK wants more memory than free hugepages have ("
              + after(NOT_ENOUGH, lines)
              + "): reserve more with dpdk-setup/hugepages.sh, or ask for less with -m";
    } else if (mentions(lines, "is another primary process running")) {
      what =
          "another process runs with the same --file-prefix: end it, or start this one with a"
              + " prefix of its own";
    } else if (mentions(lines, "physical addresses are not available")) {
      what = "without an IOMMU DPDK needs physical addresses (" + last + "): run as root";
    } else if (mentions(lines, "hugepage")) {
      what =
          "DPDK finds no free hugepages: reserve some with dpdk-setup/hugepages.sh, or start with"
              + " --no-huge -m 512";
    } else if (mentions(lines, "memseg", "init memory", "mmap")) {
      what = "DPDK does not get its memory (" + last + "): ask for less with -m";
    } else if (mentions(lines, "failed to parse device", "unable to parse device")) {
      what =
          "DPDK has no driver for a device: "
              + last
              + "; --vdev wants a driver with a number, as net_tap0, -a a PCI address, as"
              + " 0000:03:00.0";
    } else if (mentions(lines, "option", "core list", "coremask", "lcore")) {
      return new DpdkException("bad EAL argument: " + last, log, true);
    } else {
      what = "DPDK did not start: " + last;
    }
    return new DpdkException(what, log);
  }

  /** Why a port is not there. */
  static DpdkException portNotFound(final String name, final List<String> names, final String log) {
    return portNotFound(Path.of("/"), name, names, log);
  }

  static DpdkException portNotFound(
      final Path root, final String name, final List<String> names, final String log) {
    final List<String> lines = told(log);
    final String prefix = "no port " + name + ": ";
    final int failed = indexOf(lines, "failed to initialize " + name + " device");
    final String reason = failed > 0 ? lines.get(failed - 1) : "";
    final String what;
    if (PciDevice.isAddress(name)) {
      what = new PciDevice(root, name).whyNoPort(lines);
    } else if (mentions(
        lines, "operation not permitted", "permission denied", "open af_packet socket")) {
      what = "DPDK may not open it: run as root";
    } else if (reason.contains("No such device")) {
      what = "its network interface does not exist (" + reason + ")";
    } else if (reason.contains(MEMIF_SERVER) && reason.contains("Address already in use")) {
      what =
          "its socket is taken ("
              + reason.substring(reason.indexOf(MEMIF_SERVER) + MEMIF_SERVER.length())
              + "): by another server, or by the file of one that was killed, which may be removed";
    } else if (failed >= 0) {
      what =
          reason.contains("TAP Unable to initialize")
              ? "its tap can't be made: the name that iface= gives is taken or longer than 15 bytes"
              : "its driver refused it"
                  + (reason.isEmpty() ? ", look at its arguments" : ": " + reason);
    } else if (names.isEmpty()) {
      what = "DPDK found no port at all; name one with --vdev=" + name + " or -a PCI-ADDRESS";
    } else {
      what =
          "DPDK found "
              + String.join(", ", names)
              + "; name another with --vdev=NAME or -a PCI-ADDRESS behind --";
    }
    return new DpdkException(prefix + what, log);
  }

  /** Why a port does not do what was asked of it. */
  static DpdkException portRefuses(
      final String name, final String what, final String error, final String log) {
    final List<String> lines = told(log);
    final String last = lines.isEmpty() ? "" : lines.get(lines.size() - 1);
    final int at = last.indexOf(NO_MEMIF_SERVER);
    // The driver answers -1, which reads as "Operation not permitted".
    final String why =
        at < 0
            ? error
            : "no memif server listens at "
                + last.substring(at + NO_MEMIF_SERVER.length()).replaceFirst("\\.$", "")
                + ": start the other end first";
    return new DpdkException("port " + name + " " + what + ": " + why, log);
  }

  private static List<String> told(final String log) {
    return log.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && NOISE.stream().noneMatch(line::startsWith))
        .map(line -> line.startsWith("EAL: ") ? line.substring(5) : line)
        .toList();
  }

  private static boolean mentions(final List<String> lines, final String... texts) {
    for (final String line : lines) {
      for (final String text : texts) {
        if (line.toLowerCase(Locale.ROOT).contains(text)) {
          return true;
        }
      }
    }
    return false;
  }

  /** What follows a text that is mentioned. */
  private static String after(final String text, final List<String> lines) {
    for (final String line : lines) {
      final int at = line.toLowerCase(Locale.ROOT).indexOf(text);
      if (at >= 0) {
        return line.substring(at + text.length());
      }
    }
    return "";
  }

  private static int indexOf(final List<String> lines, final String text) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(text)) {
        return i;
      }
    }
    return -1;
  }
}
