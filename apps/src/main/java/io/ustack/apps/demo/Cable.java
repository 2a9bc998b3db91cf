package io.ustack.apps.demo;

import io.ustack.apps.CommandFailure;
import java.io.Closeable;
import java.util.List;

/**
 * Two namespaces and a cable (veth) between them: in one a DPDK process will open its end with the
 * af_packet driver, in the other is a Linux host with an address. Offloads are off on both ends: on
 * a veth the kernel would hand over frames without checksums and longer than the MTU.
 */
public final class Cable implements Closeable {
  /** The end that DPDK opens. */
  public static final String DPDK_END = "ustack0";

  /** The Linux end. */
  public static final String LINUX_END = "linux0";

  private static final int SECONDS = 10;

  private final Tool tool;
  private final LinuxNamespace dpdkSide;
  private final LinuxNamespace linuxSide;

  private Cable(final Tool tool, final LinuxNamespace dpdkSide, final LinuxNamespace linuxSide) {
    this.tool = tool;
    this.dpdkSide = dpdkSide;
    this.linuxSide = linuxSide;
  }

  /**
   * Makes both namespaces and plugs the cable in.
   *
   * @param linuxAddress of the Linux end, with its prefix: {@code 10.99.0.1/24}
   * @throws CommandFailure in one line; nothing is left behind
   */
  public static Cable plug(final Tool tool, final String linuxAddress) throws CommandFailure {
    final LinuxNamespace dpdkSide = LinuxNamespace.create(tool);
    LinuxNamespace linuxSide = null;
    boolean complete = false;
    try {
      linuxSide = LinuxNamespace.create(tool);
      final Cable cable = new Cable(tool, dpdkSide, linuxSide);
      cable.plugIn(linuxAddress);
      complete = true;
      return cable;
    } finally {
      if (!complete) {
        dpdkSide.close();
        if (linuxSide != null) {
          linuxSide.close();
        }
      }
    }
  }

  private void plugIn(final String linuxAddress) throws CommandFailure {
    final String linuxPid = String.valueOf(linuxSide.pid());
    // Made in here: no namespace but these two ever sees an end of it.
    tool.check(
        SECONDS,
        dpdkSide.insideNetworkOnly(
            "ip", "link", "add", DPDK_END, "type", "veth", "peer", "name", LINUX_END, "netns",
            linuxPid));
    prepare(dpdkSide, DPDK_END);
    prepare(linuxSide, LINUX_END);
    check(linuxSide, "ip", "address", "add", linuxAddress, "dev", LINUX_END);
  }

  private void prepare(final LinuxNamespace side, final String end) throws CommandFailure {
    // No IPv6 address of its own accord: the capture shall show what was asked for.
    check(side, "ip", "link", "set", end, "addrgenmode", "none");
    check(
        side, "ethtool", "-K", end, "tx", "off", "rx", "off", "tso", "off", "gso", "off", "gro",
        "off");
    check(side, "ip", "link", "set", end, "up");
  }

  private void check(final LinuxNamespace side, final String... command) throws CommandFailure {
    tool.check(SECONDS, side.inside(command));
  }

  /** EAL arguments that open the DPDK end, run on its side. */
  public static List<String> ealArguments() {
    return ealArguments(1);
  }

  /** The same with several queue pairs, among which the kernel spreads flows. */
  public static List<String> ealArguments(final int queues) {
    final String device = "--vdev=net_af_packet0,iface=" + DPDK_END + ",qpairs=" + queues;
    return List.of("--no-huge", "--no-pci", "-m", "256", device);
  }

  /** Where the DPDK process has to run. */
  public LinuxNamespace dpdkSide() {
    return dpdkSide;
  }

  /** Where the Linux host is. */
  public LinuxNamespace linuxSide() {
    return linuxSide;
  }

  @Override
  public void close() {
    dpdkSide.close();
    linuxSide.close();
  }
}
