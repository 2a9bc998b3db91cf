package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.LinuxNamespace;
import io.ustack.apps.demo.Tool;
import java.util.List;

/**
 * The baseline: the same service and the same load through NIO on the kernel's TCP, in two network
 * namespaces with a veth pair between them.
 */
final class KernelContender implements Contender {
  /** As the results name it. */
  static final String NAME = "kernel-nio";

  private static final String SERVER = "10.99.2.1";
  private static final String CLIENT = "10.99.2.2";
  private static final int SECONDS = 10;

  private final LinuxNamespace serverSide;
  private final LinuxNamespace clientSide;
  private final Contender processes;

  private KernelContender(
      final LinuxNamespace serverSide, final LinuxNamespace clientSide, final Contender processes) {
    this.serverSide = serverSide;
    this.clientSide = clientSide;
    this.processes = processes;
  }

  /**
   * Makes the namespaces and starts both ends.
   *
   * @param tso whether segments pass uncut, as TSO and GRO have it on a veth
   */
  static KernelContender start(final Build build, final StopSignal stop, final boolean tso)
      throws CommandFailure {
    final Tool tool = new Tool(stop);
    final LinuxNamespace serverSide = LinuxNamespace.create(tool);
    LinuxNamespace clientSide = null;
    boolean complete = false;
    try {
      clientSide = LinuxNamespace.create(tool);
      tool.check(
          SECONDS,
          serverSide.insideNetworkOnly(
              "ip",
              "link",
              "add",
              "bench0",
              "type",
              "veth",
              "peer",
              "name",
              "bench0",
              "netns",
              String.valueOf(clientSide.pid())));
      prepare(tool, serverSide, SERVER, tso);
      prepare(tool, clientSide, CLIENT, tso);
      final Contender processes =
          TwoProcesses.start(
              build, stop, Wire.VETH.at(SERVER), 1, serverSide.inside(), clientSide.inside());
      complete = true;
      return new KernelContender(serverSide, clientSide, processes);
    } finally {
      if (!complete) {
        serverSide.close();
        if (clientSide != null) {
          clientSide.close();
        }
      }
    }
  }

  private static void prepare(
      final Tool tool, final LinuxNamespace side, final String address, final boolean tso)
      throws CommandFailure {
    final String switched = tso ? "on" : "off";
    tool.check(SECONDS, side.inside("ip", "address", "add", address + "/24", "dev", "bench0"));
    tool.check(
        SECONDS,
        side.inside("ethtool", "-K", "bench0", "tso", switched, "gso", switched, "gro", switched));
    tool.check(SECONDS, side.inside("ip", "link", "set", "bench0", "up"));
  }

  @Override
  public void open(final Cell cell) throws CommandFailure {
    processes.open(cell);
  }

  @Override
  public Block block(final long durationNs) throws CommandFailure {
    return processes.block(durationNs);
  }

  @Override
  public void shut() throws CommandFailure {
    processes.shut();
  }

  @Override
  public String jdk() {
    return processes.jdk();
  }

  @Override
  public List<Long> compilerNs() {
    return processes.compilerNs();
  }

  @Override
  public void close() {
    processes.close();
    clientSide.close();
    serverSide.close();
  }
}
