package io.ustack.apps.live;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.Cable;
import io.ustack.apps.demo.LinuxNamespace;
import io.ustack.apps.demo.ServerProcess;
import io.ustack.apps.demo.Tool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A command of ustack that shares its wire with a kernel: on the other end of the wire a peer, and
 * behind the tap a host with ustack's own address. Each is a network namespace that ends with this
 * process. The host has one of its own because the kernel would otherwise see twice what af_packet
 * hands to ustack: a NIC that DPDK has is not seen by it at all.
 */
final class KernelScene implements AutoCloseable {
  static final String HOST = "10.99.0.2";
  static final String PEER = "10.99.0.1";
  private static final String HOST_SUBNET = HOST + "/24";
  static final String TAP = "kernel0";
  private static final int TOOL_SECONDS = 120;

  private final Path directory;
  private final Tool tool = new Tool(new StopSignal());
  private final Cable cable;
  private final LinuxNamespace host;
  private final VlanDevice vlanDevice; // null without
  private final ServerProcess server;
  private final List<Process> processes = new ArrayList<>();
  private boolean ended;

  private KernelScene(
      final Path directory, final int queues, final int vlan, final List<String> command)
      throws CommandFailure {
    this.directory = directory;
    cable = Cable.plug(tool, PEER + "/24");
    vlanDevice = vlan == 0 ? null : vlanDevice(vlan);
    host = LinuxNamespace.create(tool);
    final List<String> arguments = new ArrayList<>(command);
    arguments.addAll(List.of("--ip", HOST_SUBNET, "--kernel", "net_tap1", "--"));
    arguments.addAll(Cable.ealArguments(queues));
    arguments.add("--vdev=net_tap1,iface=" + TAP);
    server = ServerProcess.start(cable.dpdkSide(), directory, arguments);
  }

  private VlanDevice vlanDevice(final int vlan) throws CommandFailure {
    try {
      return new VlanDevice(cable.linuxSide(), Cable.LINUX_END, vlan, PEER + "/24", directory);
    } catch (final IOException e) {
      throw new CommandFailure("no VLAN device", e);
    }
  }

  /** Starts {@code ustack COMMAND...}, gives its tap an address, and waits until both answer. */
  static KernelScene start(final Path directory, final int queues, final String... command)
      throws CommandFailure {
    return begin(new KernelScene(directory, queues, 0, List.of(command)));
  }

  /** The same with ustack and the peer in a VLAN. */
  static KernelScene startInVlan(final int vlan, final Path directory, final String... command)
      throws CommandFailure {
    final List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--vlan", String.valueOf(vlan)));
    return begin(new KernelScene(directory, 1, vlan, all));
  }

  private static KernelScene begin(final KernelScene scene) throws CommandFailure {
    scene.await(scene.server::isServing);
    scene.tool.check(
        TOOL_SECONDS,
        scene.cable.dpdkSide().inside("ip", "link", "set", TAP, "netns", scene.host.path()));
    scene.host("ip", "link", "set", TAP, "addrgenmode", "none");
    scene.host("ip", "address", "add", HOST_SUBNET, "dev", TAP);
    scene.host("ip", "link", "set", TAP, "up");
    final List<String> toHost = scene.cable.linuxSide().inside("ping", "-c", "1", "-W", "1", HOST);
    final List<String> toPeer = scene.host.inside("ping", "-c", "1", "-W", "1", PEER);
    scene.await(() -> scene.tool.run(TOOL_SECONDS, toHost).ok());
    scene.await(() -> scene.tool.run(TOOL_SECONDS, toPeer).ok());
    return scene;
  }

  /** Something that is so sooner or later. */
  private interface Condition {
    boolean holds() throws CommandFailure;
  }

  private void await(final Condition condition) throws CommandFailure {
    final long deadlineNs = System.nanoTime() + TOOL_SECONDS * 1_000_000_000L;
    while (!condition.holds()) {
      assertTrue(server.isAlive(), () -> "it has ended: " + server.output());
      assertTrue(System.nanoTime() - deadlineNs < 0, server::output);
    }
  }

  /** Runs a program of the host behind the tap, which must succeed; gives what it said. */
  String host(final String... command) throws CommandFailure {
    return run(host, command);
  }

  /** Runs a program of the peer. */
  String peer(final String... command) throws CommandFailure {
    return run(cable.linuxSide(), command);
  }

  private String run(final LinuxNamespace side, final String... command) throws CommandFailure {
    final Tool.Outcome outcome = tool.run(TOOL_SECONDS, side.inside(command));
    assertEquals(
        0,
        outcome.exitCode(),
        () -> String.join(" ", command) + ": " + outcome.output() + "\n" + server.output());
    return outcome.output();
  }

  /** Starts a program that lasts, on either side. It ends with the scene, however that ends. */
  Process start(final boolean onHost, final String log, final String... command)
      throws IOException {
    final LinuxNamespace side = onHost ? host : cable.linuxSide();
    final Process process =
        new ProcessBuilder(side.inside(command))
            .redirectError(directory.resolve(log).toFile())
            .start();
    processes.add(process);
    return process;
  }

  /** Waits until something of the side listens on a TCP port there. */
  void awaitListener(final boolean onHost, final int port) throws CommandFailure {
    final LinuxNamespace side = onHost ? host : cable.linuxSide();
    final String filter = "sport = :" + port;
    final List<String> listening = side.inside("ss", "-Htln", filter);
    await(() -> !tool.check(TOOL_SECONDS, listening).isEmpty());
  }

  /** A directory for files of one side, which goes with it. */
  Path scratch(final boolean onHost) {
    return onHost ? host.scratch() : cable.linuxSide().scratch();
  }

  /** A script of the test's resources, as a file. */
  String script(final String name) throws IOException {
    return LiveScript.unpack(name, directory);
  }

  /** How much the host's kernel has counted, as nstat names it. */
  long hostCounted(final String name) throws CommandFailure {
    final String said = host("nstat", "-asz", name);
    final String line =
        said.lines().filter(l -> l.startsWith(name)).findFirst().orElse(name + " 0");
    return Long.parseLong(line.split(" +", -1)[1]);
  }

  /** Ends the command and everything else; gives what the command has said. Idempotent. */
  String end() throws CommandFailure {
    if (ended) {
      return server.output();
    }
    ended = true;
    try {
      assertEquals(0, server.stop(), server::output);
      assertTrue(lastLine().endsWith("packets in use: 0"), server::output);
      if (vlanDevice != null) {
        vlanDevice.assertNoStrays();
      }
      return server.output();
    } catch (final IOException e) {
      throw new AssertionError(e);
    } finally {
      tidy();
    }
  }

  /** Waits until the command has failed; gives its last line. */
  String failure() throws CommandFailure {
    ended = true;
    try {
      assertEquals(1, server.awaitEnd(), server::output);
      assertTrue(server.output().contains("packets in use: 0"), server::output);
      return lastLine();
    } finally {
      tidy();
    }
  }

  private String lastLine() {
    return server.output().lines().reduce("", (before, line) -> line);
  }

  private void tidy() {
    server.close();
    if (vlanDevice != null) {
      vlanDevice.close();
    }
    for (final Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
    host.close();
    cable.close();
  }

  @Override
  public void close() throws CommandFailure {
    end();
  }
}
