package io.ustack.apps.bench;

import io.ustack.apps.CommandFailure;
import io.ustack.apps.OwnJvm;
import io.ustack.apps.StopSignal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Client and server in two processes over {@code net_memif}: the server on the first core, the load
 * generator on the second, where the machine has two and taskset.
 */
final class MemifBench {
  /** A process that a signal ended has this and the signal's number for an exit code. */
  private static final int SIGNALLED = 128;

  private MemifBench() {}

  /**
   * Runs the cells and prints a line for each.
   *
   * @return the exit code: 0 also when {@code stop} has ended it
   * @throws CommandFailure one of the processes was killed
   */
  static int run(
      final List<Cell> cells,
      final int seconds,
      final boolean json,
      final PrintWriter out,
      final StopSignal stop)
      throws IOException, InterruptedException, CommandFailure {
    final String socket = "ustack-bench-" + ProcessHandle.current().pid();
    final Process server = start(0, BenchServer.class, List.of(socket));
    final Thread stopper = new Thread(() -> endWith(stop, server), "bench-stop");
    stopper.setDaemon(true);
    stopper.start();
    try {
      if (!"ready".equals(reader(server).readLine())) {
        return outcome("server", server.waitFor(), stop);
      }
      final List<String> arguments = new ArrayList<>();
      arguments.add(socket);
      arguments.add(Integer.toString(seconds));
      arguments.add(json ? "json" : "text");
      for (final Cell cell : cells) {
        arguments.add(cell.name());
      }
      return drive(start(1, BenchClient.class, arguments), server, out, stop);
    } finally {
      stopper.interrupt();
      server.destroyForcibly().waitFor();
    }
  }

  private static int drive(
      final Process client, final Process server, final PrintWriter out, final StopSignal stop)
      throws InterruptedException, CommandFailure {
    // Nobody would answer it.
    final CompletableFuture<?> follower = server.onExit().thenRun(client::destroyForcibly);
    try {
      reader(client).lines().forEach(out::println);
      out.flush();
      final int code = client.waitFor();
      return server.isAlive()
          ? outcome("load generator", code, stop)
          : outcome("server", server.exitValue(), stop);
    } finally {
      follower.cancel(false);
      client.destroyForcibly();
    }
  }

  private static void endWith(final StopSignal stop, final Process server) {
    try {
      while (!stop.isRequested()) {
        TimeUnit.MILLISECONDS.sleep(100);
      }
      server.destroyForcibly();
    } catch (final InterruptedException e) {
      // The bench has ended by itself.
    }
  }

  private static int outcome(final String who, final int code, final StopSignal stop)
      throws CommandFailure {
    if (stop.isRequested()) {
      return 0;
    }
    if (code > SIGNALLED) {
      throw new CommandFailure("the " + who + " was killed by signal " + (code - SIGNALLED));
    }
    return code; // not 0: the process has said why
  }

  private static BufferedReader reader(final Process process) {
    return new BufferedReader(
        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  private static Process start(final int core, final Class<?> main, final List<String> arguments)
      throws IOException {
    final List<String> command = new ArrayList<>();
    if (Runtime.getRuntime().availableProcessors() > 1
        && Files.exists(Path.of("/usr/bin/taskset"))) {
      command.addAll(List.of("/usr/bin/taskset", "-c", Integer.toString(core)));
    }
    command.addAll(OwnJvm.command(main, "-XX:+UseSerialGC", "-Xms512m", "-Xmx512m"));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }
}
