package io.ustack.apps.live;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.Main;
import io.ustack.apps.OwnJvm;
import io.ustack.apps.StopSignal;
import io.ustack.apps.demo.Cable;
import io.ustack.apps.demo.ServerProcess;
import io.ustack.apps.demo.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A command of ustack on one end of a cable, Linux on the other, each in a network namespace that
 * ends with this process. Closing checks that the command ends in order and with every packet
 * released.
 */
final class LiveScene implements AutoCloseable {
  static final String STACK = "10.99.0.2";
  static final String LINUX = "10.99.0.1";
  private static final String STACK_SUBNET = "10.99.0.2/24";
  private static final String LINUX_SUBNET = "10.99.0.1/24";
  private static final int START_SECONDS = 60;
  private static final int TOOL_SECONDS = 120;
  private static final long LOOK_NS = 20_000_000;
  private static final List<String> HEAP = List.of("-Xmx512m");

  private final Path directory;
  private final Tool tool = new Tool(new StopSignal());
  private final Cable cable;
  private final List<String> flags;
  private final List<String> arguments = new ArrayList<>();
  private ServerProcess server;
  private final List<Process> servers = new ArrayList<>();
  private final VlanDevice vlanDevice; // null without

  private boolean ended;

  private LiveScene(
      final Path directory,
      final int queues,
      final int vlan,
      final List<String> flags,
      final List<String> ealArguments,
      final List<String> command)
      throws CommandFailure {
    this.directory = directory;
    this.flags = flags;
    cable = Cable.plug(tool, LINUX_SUBNET);
    vlanDevice = vlan == 0 ? null : vlanDevice(vlan);
    arguments.addAll(command);
    arguments.addAll(List.of("--ip", STACK_SUBNET, "--"));
    arguments.addAll(ealArguments);
    arguments.addAll(Cable.ealArguments(queues));
    server = ServerProcess.start(cable.dpdkSide(), directory, flags, arguments);
  }

  private VlanDevice vlanDevice(final int vlan) throws CommandFailure {
    try {
      return new VlanDevice(cable.linuxSide(), Cable.LINUX_END, vlan, LINUX_SUBNET, directory);
    } catch (final IOException e) {
      throw new CommandFailure("no VLAN device", e);
    }
  }

  /** Starts {@code ustack COMMAND...} and waits until it answers a ping. */
  static LiveScene start(final Path directory, final String... command) throws CommandFailure {
    return startOn(1, directory, command);
  }

  /** The same on a port of so many queue pairs. */
  static LiveScene startOn(final int queues, final Path directory, final String... command)
      throws CommandFailure {
    final LiveScene scene = new LiveScene(directory, queues, 0, HEAP, List.of(), List.of(command));
    scene.awaitAnswer();
    return scene;
  }

  /** The same with more arguments for the EAL. */
  static LiveScene startWith(
      final List<String> ealArguments, final Path directory, final String... command)
      throws CommandFailure {
    final LiveScene scene = new LiveScene(directory, 1, 0, HEAP, ealArguments, List.of(command));
    scene.awaitAnswer();
    return scene;
  }

  /** The same with both ends in a VLAN. */
  static LiveScene startInVlan(final int vlan, final Path directory, final List<String> command)
      throws CommandFailure {
    final List<String> all = new ArrayList<>(command);
    all.addAll(List.of("--vlan", String.valueOf(vlan)));
    final LiveScene scene = new LiveScene(directory, 1, vlan, HEAP, List.of(), all);
    scene.awaitAnswer();
    return scene;
  }

  /** The same in a JVM with these flags. */
  static LiveScene startIn(final List<String> flags, final Path directory, final String... command)
      throws CommandFailure {
    final LiveScene scene = new LiveScene(directory, 1, 0, flags, List.of(), List.of(command));
    scene.awaitAnswer();
    return scene;
  }

  private void awaitAnswer() throws CommandFailure {
    final String[] ping = {"ping", "-n", "-c", "1", "-W", "1", STACK};
    final long deadlineNs = System.nanoTime() + START_SECONDS * 1_000_000_000L;
    while (!tool.run(START_SECONDS, cable.linuxSide().inside(ping)).ok() || !server.isServing()) {
      assertTrue(server.isAlive(), () -> "it has ended: " + server.output());
      assertTrue(System.nanoTime() - deadlineNs < 0, server::output);
    }
  }

  /** Kills the command, if it still runs, and starts it again; waits until it answers. */
  void restart() throws CommandFailure {
    server.close();
    server.awaitEnd();
    server = ServerProcess.start(cable.dpdkSide(), directory, flags, arguments);
    awaitAnswer();
  }

  /** Asks the command to end. */
  void requestStop() {
    server.requestStop();
  }

  /** Runs another command of ustack beside it, on a port of its own. */
  Tool.Outcome beside(final String... command) throws CommandFailure {
    final List<String> all = OwnJvm.command(Main.class, "-XX:+UseSerialGC", "-XX:-UsePerfData");
    all.addAll(List.of(command));
    return tool.run(TOOL_SECONDS, cable.dpdkSide().inside(all.toArray(String[]::new)));
  }

  /** Runs a program of the Linux side, which must succeed; gives what it said. */
  String linux(final String... command) throws CommandFailure {
    final Tool.Outcome outcome = tool.run(TOOL_SECONDS, cable.linuxSide().inside(command));
    assertEquals(0, outcome.exitCode(), () -> String.join(" ", command) + ": " + outcome.output());
    return outcome.output();
  }

  /**
   * Starts a server on the Linux side and waits until it listens. It ends with the scene, however
   * that ends.
   */
  void serve(final int port, final String... command) throws CommandFailure, IOException {
    final Path log = scratch().resolve(port + ".log");
    final Process process =
        new ProcessBuilder(cable.linuxSide().inside(command))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    servers.add(process);
    final String[] probe = {"nc", "-z", "-w", "1", LINUX, String.valueOf(port)};
    final long deadlineNs = System.nanoTime() + START_SECONDS * 1_000_000_000L;
    while (!tool.run(START_SECONDS, cable.linuxSide().inside(probe)).ok()) {
      assertTrue(process.isAlive(), Files.readString(log));
      assertTrue(System.nanoTime() - deadlineNs < 0, Files.readString(log));
    }
  }

  /**
   * Starts a Python script of the test's resources on the Linux side and waits for its first line.
   * It ends with the scene at the latest.
   */
  Process beginPython(final String script, final String... more) throws IOException {
    final List<String> command =
        cable.linuxSide().inside("python3", LiveScript.unpack(script, directory), STACK);
    command.addAll(List.of(more));
    final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    servers.add(process);
    assertEquals("begun", process.inputReader(StandardCharsets.UTF_8).readLine());
    return process;
  }

  /** Closes the input of what {@link #beginPython} has started; it ends with {@code ok} then. */
  static void finish(final Process script) throws IOException {
    script.getOutputStream().close();
    final String said = script.inputReader(StandardCharsets.UTF_8).lines().collect(joining("\n"));
    assertTrue(said.endsWith("ok"), said);
  }

  /** The CPU time that the command has used. */
  Duration cpuTime() {
    return server.cpuTime();
  }

  /** How often its threads have gone to sleep. */
  long wakeUps() throws IOException {
    long sum = 0;
    for (final ProcessHandle process : server.processes()) {
      try (Stream<Path> threads = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
        for (final Path thread : threads.toList()) {
          sum += sleeps(thread.resolve("status"));
        }
      }
    }
    return sum;
  }

  private static long sleeps(final Path status) throws IOException {
    for (final String line : Files.readAllLines(status)) {
      if (line.startsWith("voluntary_ctxt_switches:")) {
        return Long.parseLong(line.split("\\s+", -1)[1]);
      }
    }
    return 0;
  }

  /** Waits until the command has said so. */
  void awaitSaid(final String text) {
    final long deadlineNs = System.nanoTime() + START_SECONDS * 1_000_000_000L;
    while (!said().contains(text)) {
      assertTrue(System.nanoTime() - deadlineNs < 0, this::said);
      LockSupport.parkNanos(LOOK_NS);
    }
  }

  /**
   * Waits for the end of a command that ends by itself, and ends everything else.
   *
   * @return its exit code
   */
  int awaitEnd() throws CommandFailure {
    ended = true;
    try {
      return server.awaitEnd();
    } finally {
      tidy();
    }
  }

  /** A directory for files of the Linux side, which goes with it. */
  Path scratch() {
    return cable.linuxSide().scratch();
  }

  /** What the command has printed so far. */
  String said() {
    return server.output();
  }

  /**
   * Runs a Python script of the test's resources on the Linux side; it ends with {@code ok} or
   * fails.
   */
  void python(final String script, final String... arguments) throws CommandFailure, IOException {
    final String file = LiveScript.unpack(script, directory);
    final List<String> command = new ArrayList<>(List.of("python3", file, STACK));
    command.addAll(List.of(arguments));
    final String said = linux(command.toArray(String[]::new));
    assertTrue(said.endsWith("ok"), said);
  }

  /** Runs a Python script of the test's resources that asks the system, and not the command. */
  String pythonAlone(final String script, final String... arguments)
      throws CommandFailure, IOException {
    final List<String> command =
        new ArrayList<>(List.of("python3", LiveScript.unpack(script, directory)));
    command.addAll(List.of(arguments));
    return linux(command.toArray(String[]::new));
  }

  /** Starts a Python script of the test's resources as {@link #serve} starts a server. */
  void servePython(final String script, final int port) throws CommandFailure, IOException {
    serve(port, "python3", LiveScript.unpack(script, directory), LINUX, String.valueOf(port));
  }

  @Override
  public void close() throws CommandFailure {
    end();
  }

  /** Ends the command and everything else; gives what the command has said. Idempotent. */
  String end() throws CommandFailure {
    if (ended) {
      return server.output();
    }
    ended = true;
    try {
      assertEquals(0, server.stop(), server::output);
      final String last = server.output().lines().reduce("", (before, line) -> line);
      assertTrue(last.contains("packets in use: 0"), server::output);
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

  private void tidy() {
    server.close();
    if (vlanDevice != null) {
      vlanDevice.close();
    }
    for (final Process other : servers) {
      other.descendants().forEach(ProcessHandle::destroyForcibly);
      other.destroyForcibly();
    }
    cable.close();
  }
}
