package io.ustack.apps.doctor;

import io.ustack.dpdk.DpdkEal;
import io.ustack.dpdk.DpdkException;
import io.ustack.dpdk.DpdkPort;
import io.ustack.dpdk.PortConfig;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What starting DPDK tells. */
public final class Dpdk {
  /** Starts anywhere where DPDK can start at all. */
  private static final List<String> MODEST = List.of("--no-huge", "--no-pci", "-m", "64");

  private Dpdk() {}

  /**
   * Starts DPDK, and opens every port that it finds, one after the other.
   *
   * @param ealArguments the caller's; when there are none, the most modest
   */
  public static List<Finding> findings(final List<String> ealArguments) {
    final List<Finding> findings = new ArrayList<>();
    try {
      final DpdkEal eal = DpdkEal.start(ealArguments.isEmpty() ? MODEST : ealArguments);
      findings.add(Finding.ok(eal.version() + ": the shim loads, the EAL starts"));
      // Now, because a port that was open is gone; and those that should be there, for the reason.
      final Set<String> ports = new LinkedHashSet<>(eal.portNames());
      ports.addAll(DpdkEal.namedPorts(ealArguments));
      ports.forEach(port -> findings.add(port(eal, port)));
      if (ports.isEmpty() && !ealArguments.isEmpty()) {
        findings.add(Finding.missing("DPDK found no port with " + String.join(" ", ealArguments)));
      }
    } catch (final DpdkException e) {
      findings.add(Finding.missing("DPDK: " + e.getMessage()));
    }
    return findings;
  }

  private static Finding port(final DpdkEal eal, final String name) {
    try (DpdkPort port = DpdkPort.open(eal, PortConfig.of(name))) {
      return Finding.ok(
          "port "
              + name
              + " ("
              + port.driver()
              + "): link "
              + (port.linkState().up() ? "up" : "down")
              + ", MTU "
              + port.mtuBytes()
              + OffloadTable.of(port.offered(), port.active()));
    } catch (final DpdkException e) {
      return Finding.missing(String.valueOf(e.getMessage())); // which names the port
    }
  }
}
