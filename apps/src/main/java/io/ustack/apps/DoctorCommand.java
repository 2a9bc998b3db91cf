package io.ustack.apps;

import io.ustack.apps.doctor.Dpdk;
import io.ustack.apps.doctor.Finding;
import io.ustack.apps.doctor.Machine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code ustack doctor}: can this machine run ustack on DPDK? */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Looks at JDK, DPDK, hugepages, IOMMU, rights and NICs, and says of each whether it will do"
          + " and, if not, what to do. Changes nothing.",
      "With EAL arguments it also opens the ports that DPDK finds with them, and says what they can"
          + " do for us (--offload): what the driver offers, what of it is on, what happens"
          + " otherwise."
    },
    customSynopsis = "ustack doctor [-- EAL ARGUMENTS]",
    footer = {
      "",
      "Exit code: 0 DPDK can run (perhaps only with --no-huge and virtual devices), 1 it can't.",
      "",
      "Example:",
      "  sudo ./ustack doctor -- --no-huge --no-pci --vdev=net_tap0"
    })
final class DoctorCommand implements Callable<Integer> {
  private final Invocation invocation;

  DoctorCommand(final Invocation invocation) {
    this.invocation = invocation;
  }

  @Override
  public Integer call() {
    final List<Finding> findings = new ArrayList<>();
    findings.addAll(Dpdk.findings(invocation.ealArguments()));
    findings.addAll(Machine.local().findings());
    invocation
        .out()
        .println("ok       JDK " + Runtime.version() + ", " + System.getProperty("java.home"));
    findings.forEach(invocation.out()::println);
    return findings.stream().anyMatch(finding -> finding.grade() == Finding.Grade.MISSING)
        ? Main.EXIT_FAILURE
        : Main.EXIT_OK;
  }
}
